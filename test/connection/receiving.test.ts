import { describe, expect, test } from "vitest";
import { drain, framesIn, open, receive, takeEvents } from "../support/endpoint.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

const long = utf8("a payload that is long enough to be unmasked a word at a time, not a byte at a time. ".repeat(4));

describe("draining late only delays", () => {
  test("a chunk may arrive before the events of the last one were asked for to the end", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const connection = open(role);
      connection.receive(0, peer.binary(long));
      expect(connection.nextEvent()).toEqual({ kind: "binary", bytes: long });
      connection.receive(0, peer.binary(long));
      expect(connection.nextEvent()).toEqual({ kind: "binary", bytes: long });
      expect(connection.nextEvent()).toBeUndefined();
    }
  });

  test("a chunk may arrive in the middle of every frame while earlier ones wait", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const bytes = concat(peer.text("one"), peer.ping(hex`aa`), peer.binary(long), peer.text("two"));
      const connection = open(role);
      for (const byte of bytes) connection.receive(0, Uint8Array.of(byte));
      expect(takeEvents(connection)).toEqual([
        { kind: "text", text: "one" },
        { kind: "ping", payload: hex`aa` },
        { kind: "binary", bytes: long },
        { kind: "text", text: "two" },
      ]);
    }
  });

  test("taking 200 000 chunks that waited costs a constant time for each", () => {
    // With an array's shift() this would take minutes.
    const peer = new Peer("client");
    const connection = open("client");
    for (let count = 0; count < 200_000; count++) connection.receive(0, peer.pong());
    let events = 0;
    while (connection.nextEvent() !== undefined) events++;
    expect(events).toBe(200_000);
    expect(connection.retainedBytes).toBe(0);
  });
});

describe("what a transport may hand over", () => {
  test("Node's Buffer, whose slice() is a view, gives plain arrays and no aliases", () => {
    const peer = new Peer("client");
    const connection = open("client");
    const chunk = Buffer.from(
      concat(peer.binary(hex`01 02 03`), peer.ping(hex`04 05`), peer.binary(new Uint8Array(3000))),
    );
    connection.receive(0, chunk);
    const events = takeEvents(connection);
    for (const event of events) {
      const bytes = event.kind === "binary" ? event.bytes : event.kind === "ping" ? event.payload : undefined;
      expect(Buffer.isBuffer(bytes)).toBe(false);
    }
    expect(events[0]).toEqual({ kind: "binary", bytes: hex`01 02 03` });
    expect(events[1]).toEqual({ kind: "ping", payload: hex`04 05` });
    const [small, ping] = events;
    if (small?.kind !== "binary" || ping?.kind !== "ping") throw new Error("unexpected events");
    expect(small.bytes.buffer.byteLength).toBe(3);
    chunk.fill(0xff);
    ping.payload.fill(0xee);
    expect(small.bytes).toEqual(hex`01 02 03`);
    expect(framesIn(drain(connection))[0]?.payload).toEqual(hex`04 05`);
  });

  test("an empty chunk is nothing", () => {
    const connection = open("server", { liveness: "inbound", pingInterval: 1000, pingTimeout: 1000 });
    connection.handleTimeout(1000);
    connection.receive(1500, new Uint8Array(0));
    expect(connection.diagnose(1500).sinceReceived).toBeUndefined();
    connection.handleTimeout(2000);
    expect(connection.state).toBe("closing");
  });

  test("bytes after the peer's FIN cannot exist, and are ignored", () => {
    const peer = new Peer("client");
    const connection = open("client");
    connection.receiveEnd(0);
    drain(connection);
    const { events, effects } = receive(connection, 0, peer.ping(), peer.text("late"));
    expect(events).toEqual([]);
    expect(effects).toEqual([]);
  });
});
