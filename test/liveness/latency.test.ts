// What a Ping measures, and which Pings a Pong settles (RFC 6455 §5.5.2, §5.5.3).

import { describe, expect, test } from "vitest";
import { MAX_PENDING_PINGS } from "../../packages/protocol/src/index.ts";
import { PingLedger } from "../../packages/protocol/src/liveness/ping-ledger.ts";
import { drain, framesIn, open, receive, takeEffects, takeEvents } from "../support/endpoint.ts";
import { hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

const server = new Peer("server");

describe("latency", () => {
  test("it is undefined before the first Pong, and the last round trip after it", () => {
    const connection = open("server", { pingInterval: 1_000, pingTimeout: 1_000 });
    expect(connection.latency).toBeUndefined();
    expect(connection.rtt).toBeUndefined();
    connection.handleTimeout(1_000);
    expect(connection.latency).toBeUndefined();
    const [ping] = framesIn(takeEffects(connection));
    receive(connection, 1_080, server.pong(ping!.payload));
    expect(connection.latency).toBe(80);
    connection.ping(1_500, utf8("mine"));
    receive(connection, 1_530, server.pong(utf8("mine")));
    expect(connection.latency).toBe(30);
  });

  test("a Ping of the caller feeds it, without keepalive, too", () => {
    for (const role of ROLES) {
      const connection = open(role, { pingInterval: null });
      const id = connection.ping(10);
      const [ping] = framesIn(takeEffects(connection));
      expect(ping?.payload).toHaveLength(4);
      const { events } = receive(connection, 35, new Peer(role).pong(ping!.payload));
      expect(events).toEqual([{ kind: "pong", payload: ping!.payload, acknowledged: [{ id, roundTrip: 25 }] }]);
      expect(connection.latency).toBe(25);
    }
  });

  test("it ends when the bytes of the Pong arrived, not when they were parsed", () => {
    const connection = open("server");
    connection.ping(0, hex`01`);
    connection.receive(30, server.text("in front of it"));
    connection.receive(40, server.pong(hex`01`));
    connection.receive(500, server.text("behind it"));
    connection.handleTimeout(900);
    drain(connection);
    expect(connection.latency).toBe(40);
  });

  test("for a Pong in pieces it ends with the last one", () => {
    const connection = open("server");
    connection.ping(0, hex`01 02`);
    const pong = server.pong(hex`01 02`);
    connection.receive(20, pong.slice(0, 3));
    connection.receive(30, pong.slice(3, 7));
    drain(connection);
    receive(connection, 45, pong.slice(7));
    expect(connection.latency).toBe(45);
  });

  test("it begins when the Ping is queued, not when the transport asks for it", () => {
    const connection = open("server");
    connection.ping(100, hex`01`);
    connection.handleTimeout(150);
    takeEffects(connection);
    receive(connection, 160, server.pong(hex`01`));
    expect(connection.latency).toBe(60);
  });

  test("rtt is smoothed as RFC 6298 and RFC 9002 do it", () => {
    const connection = open("server", { pingInterval: null });
    const trips = [100, 180, 20];
    const seen = trips.map((trip, index) => {
      connection.ping(index * 1_000, Uint8Array.of(index));
      receive(connection, index * 1_000 + trip, server.pong(Uint8Array.of(index)));
      return connection.rtt;
    });
    expect(seen).toEqual([
      { latest: 100, min: 100, smoothed: 100, variation: 50, samples: 1 },
      // variation: 3/4 * 50 + 1/4 * |100 - 180|; smoothed: 7/8 * 100 + 1/8 * 180
      { latest: 180, min: 100, smoothed: 110, variation: 57.5, samples: 2 },
      // variation: 3/4 * 57.5 + 1/4 * |110 - 20|; smoothed: 7/8 * 110 + 1/8 * 20
      { latest: 20, min: 20, smoothed: 98.75, variation: 65.625, samples: 3 },
    ]);
  });
});

describe("which Pings a Pong settles", () => {
  test("the newest settles all of them, oldest first, each with its own round trip", () => {
    const connection = open("server");
    const ids = [0, 10, 25].map((now) => connection.ping(now, Uint8Array.of(now)));
    const { events } = receive(connection, 100, server.pong(Uint8Array.of(25)));
    expect(events).toEqual([
      {
        kind: "pong",
        payload: Uint8Array.of(25),
        acknowledged: [
          { id: ids[0], roundTrip: 100 },
          { id: ids[1], roundTrip: 90 },
          { id: ids[2], roundTrip: 75 },
        ],
      },
    ]);
    // Latency is that of the Ping that the Pong matches.
    expect(connection.latency).toBe(75);
    expect(connection.rtt?.samples).toBe(1);
    expect(connection.diagnose(100).unansweredPings).toBe(0);
  });

  test("an older one leaves the newer ones waiting", () => {
    const connection = open("server");
    const [first, second, third] = [0, 10, 20].map((now) => connection.ping(now, Uint8Array.of(now)));
    const settling = (now: number, payload: number): unknown =>
      receive(connection, now, server.pong(Uint8Array.of(payload))).events;
    expect(settling(50, 10)).toMatchObject([{ acknowledged: [{ id: first }, { id: second }] }]);
    expect(connection.diagnose(50).unansweredPings).toBe(1);
    expect(settling(60, 0)).toMatchObject([{ acknowledged: [] }]);
    expect(settling(70, 20)).toMatchObject([{ acknowledged: [{ id: third, roundTrip: 50 }] }]);
  });

  test("an empty payload matches like any other", () => {
    const connection = open("server");
    const id = connection.ping(0, hex``);
    expect(receive(connection, 5, server.pong(hex`00`)).events).toMatchObject([{ acknowledged: [] }]);
    expect(receive(connection, 7, server.pong()).events).toMatchObject([{ acknowledged: [{ id, roundTrip: 7 }] }]);
  });

  test("a payload that is a beginning of another, or longer, matches nothing", () => {
    const connection = open("server");
    connection.ping(0, hex`01 02`);
    const { events } = receive(
      connection,
      5,
      server.pong(hex`01`),
      server.pong(hex`01 02 03`),
      server.pong(hex`02 01`),
    );
    expect(events).toMatchObject([{ acknowledged: [] }, { acknowledged: [] }, { acknowledged: [] }]);
  });

  test("a Pong that arrived before the Ping was queued is no answer to it", () => {
    const connection = open("server");
    connection.receive(0, server.pong(hex`01`));
    connection.ping(10, hex`01`);
    expect(takeEvents(connection)).toMatchObject([{ acknowledged: [] }]);
    expect(connection.latency).toBeUndefined();
    receive(connection, 30, server.pong(hex`01`));
    expect(connection.latency).toBe(20);
  });

  test("payloads that look like names of properties are payloads (sec/proto-names)", () => {
    const connection = open("server");
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const id = connection.ping(0, utf8(name));
      const { events } = receive(connection, 0, server.pong(utf8(name)));
      expect(events).toMatchObject([{ acknowledged: [{ id }] }]);
    }
  });

  test("ids are never used again, and begin with 1", () => {
    const connection = open("server");
    const ids = [1, 2, 3].map((value) => {
      const id = connection.ping(0, Uint8Array.of(value));
      receive(connection, 0, server.pong(Uint8Array.of(value)));
      return id;
    });
    expect(ids).toEqual([1, 2, 3]);
  });
});

describe("the payload of a Ping of the caller", () => {
  test("it may have 125 bytes; 126 are refused, before anything is registered", () => {
    const connection = open("server", { pingInterval: null });
    expect(() => connection.ping(0, new Uint8Array(126))).toThrow(
      expect.objectContaining({ code: "control-too-long" }),
    );
    expect(connection.diagnose(0).unansweredPings).toBe(0);
    expect(takeEffects(connection).effects).toEqual([]);
    expect(connection.ping(0, new Uint8Array(125).fill(7))).toBe(1);
    receive(connection, 1, server.pong(new Uint8Array(125).fill(7)));
    expect(connection.latency).toBe(1);
  });

  test("one that waits already is refused, and allowed again once it is settled", () => {
    const connection = open("server", { pingInterval: null });
    connection.ping(0, hex`01`);
    takeEffects(connection);
    expect(() => connection.ping(1, hex`01`)).toThrow(
      expect.objectContaining({ code: "duplicate-ping", message: "already waiting for a pong with the same data" }),
    );
    expect(takeEffects(connection).effects).toEqual([]);
    expect(connection.diagnose(0).unansweredPings).toBe(1);
    receive(connection, 2, server.pong(hex`01`));
    expect(connection.ping(3, hex`01`)).toBe(2);
  });

  test("so many may wait, and no more; a Pong makes room again", () => {
    const connection = open("server", { pingInterval: null });
    for (let count = 0; count < MAX_PENDING_PINGS; count++) connection.ping(0, Uint8Array.of(count));
    takeEffects(connection);
    for (const payload of [undefined, hex`01 02`]) {
      expect(() => connection.ping(0, payload)).toThrow(expect.objectContaining({ code: "too-many-pings" }));
    }
    expect(takeEffects(connection).effects).toEqual([]);
    receive(connection, 1, server.pong(hex`00`));
    connection.ping(2, hex`01 02`);
    expect(connection.diagnose(2).unansweredPings).toBe(MAX_PENDING_PINGS);
  });
});

describe("the ledger", () => {
  test("an empty one knows nothing and settles nothing", () => {
    const ledger = new PingLedger();
    expect(ledger.size).toBe(0);
    expect(ledger.has(hex``)).toBe(false);
    expect(ledger.settle(0, hex``)).toEqual([]);
  });
});
