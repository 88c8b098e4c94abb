// Every hostile vector against an open connection, in both roles, and what must never come of it.

import { describe, expect, test } from "vitest";
import type { Connection } from "../../packages/protocol/src/index.ts";
import { isSendableCloseCode, UsageError } from "../../packages/protocol/src/index.ts";
import { type DecodedFrame, decodeFrames } from "../reference/frames.ts";
import { closedIn, drain, framesIn, open, passTime, receive, takeEffects } from "../support/endpoint.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES, type Role } from "../support/peer.ts";
import { frameVectors } from "./vectors.ts";

/** What was written, and how the connection ended, once the peer has sent the vector and gone. */
function outcome(role: Role, chunks: readonly Uint8Array[]) {
  const connection = open(role, { pingInterval: null });
  const received = chunks.map((chunk) => receive(connection, 0, chunk));
  connection.receiveEnd(0);
  const rest = drain(connection);
  connection.handleTransportClosed(0);
  const end = drain(connection);
  const all = [...received, rest, end];
  return {
    connection,
    closed: closedIn(...all),
    frames: framesIn({ bytes: concat(...all.map(({ bytes }) => bytes)) }),
  };
}

function closesIn(frames: readonly DecodedFrame[]): readonly DecodedFrame[] {
  return frames.filter(({ opcode }) => opcode === 8);
}

describe.each(ROLES)("against a %s", (role) => {
  const vectors = frameVectors(role);

  test("sec/no-throw: no vector throws, whole or byte by byte, and each ends in one closed, the same in both ways", () => {
    expect(vectors.length).toBeGreaterThan(250);
    for (const { name, bytes } of vectors) {
      // Long ones are cut in few places only.
      const size = bytes.length > 10_000 ? 9_973 : 1;
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.slice(index * size, (index + 1) * size),
      );
      const [whole, cut] = [outcome(role, [bytes]), outcome(role, pieces)];
      expect([name, whole.closed.code, whole.closed.cause]).toEqual([name, cut.closed.code, cut.closed.cause]);
      expect(whole.connection.retainedBytes).toBe(0);
    }
  });

  test("sec/own-close-is-valid: whatever it answers is legal for its role, with a Close that the RFC allows", () => {
    for (const { name, bytes } of vectors) {
      const { frames } = outcome(role, [bytes]);
      for (const frame of frames) {
        expect([name, frame.masked, frame.rsv, frame.fin]).toEqual([name, role === "client", 0, true]);
        expect([8, 9, 10]).toContain(frame.opcode);
        expect(frame.payload.length).toBeLessThanOrEqual(125);
      }
      for (const { payload } of closesIn(frames)) {
        expect(payload.length).toBeGreaterThanOrEqual(2);
        expect(isSendableCloseCode(payload[0]! * 256 + payload[1]!)).toBe(true);
        expect(() => new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(2))).not.toThrow();
      }
      // An engine in the other role takes it for what it is.
      const other = open(role === "client" ? "server" : "client", { pingInterval: null });
      other.receive(0, concat(takeEffects(replay(role, bytes)).bytes));
      for (const event of drain(other).events) {
        if (event.kind === "closed") expect([name, event.cause.kind]).not.toEqual([name, "violation"]);
      }
    }
  });

  test("sec/exactly-one-close-frame: whoever closes, however often, and whatever comes, one Close goes out at most", () => {
    for (const { name, bytes } of vectors) {
      for (const first of ["ours", "theirs"] as const) {
        const connection = open(role, { pingInterval: null });
        const written: Uint8Array[] = [];
        const take = (): void => void written.push(drain(connection).bytes);
        if (first === "ours") connection.close(0, 4000, "first");
        connection.receive(0, bytes.slice());
        take();
        connection.close(0, 4001, "second");
        take();
        connection.receive(0, concat(bytes, new Peer(role).close(1000)));
        take();
        connection.failOverflow(0);
        connection.close(0);
        passTime(connection, 1e6);
        take();
        const frames = decodeFrames(concat(...written)).frames;
        expect([name, first, closesIn(frames).length]).toEqual([name, first, 1]);
        // Behind it Pings may still be answered, until the peer's Close has come; nothing else.
        const behind = frames.slice(frames.findIndex(({ opcode }) => opcode === 8) + 1);
        expect(behind.filter(({ opcode }) => opcode !== 10)).toEqual([]);
      }
    }
  });

  test("sec/nothing-after-close: behind the end there are no events, no effects and no deadline, whatever is called", () => {
    for (const { bytes } of vectors) {
      const { connection } = outcome(role, [bytes]);
      connection.receive(1, bytes.slice());
      connection.receiveEnd(1);
      connection.handleTransportClosed(1);
      connection.handleTransportQueue(1, 0);
      connection.receivePaused(1);
      connection.receiveResumed(1);
      connection.handleTimeout(1e9);
      connection.close(1);
      connection.abort(1);
      connection.failOverflow(1);
      for (const send of [
        () => connection.sendText("late"),
        () => connection.sendBinary(hex`00`),
        () => connection.ping(1),
        () => connection.pong(hex``),
      ]) {
        expect(send).toThrow(UsageError);
      }
      expect(drain(connection)).toMatchObject({ events: [], effects: [] });
      expect([connection.deadline, connection.state, connection.retainedBytes]).toEqual([undefined, "closed", 0]);
    }
  });

  test("sec/no-input-mutation: no vector makes it touch memory outside the chunk", () => {
    for (const { name, bytes } of vectors) {
      const whole = concat(new Uint8Array(16).fill(0xaa), bytes, new Uint8Array(16).fill(0x55));
      const connection = open(role, { pingInterval: null });
      connection.receive(0, whole.subarray(16, -16));
      drain(connection);
      connection.receive(0, hex`00`);
      drain(connection);
      expect([name, whole.subarray(0, 16), whole.subarray(-16)]).toEqual([
        name,
        new Uint8Array(16).fill(0xaa),
        new Uint8Array(16).fill(0x55),
      ]);
    }
  });

  test("sec/reentrancy: every method may be called between any two events", () => {
    const peer = new Peer(role);
    const bytes = concat(
      peer.text("one"),
      peer.ping(hex`01`),
      peer.fragment(1, utf8("tw")),
      peer.pong(hex`02`),
      peer.fragment(0, utf8("o"), true),
      peer.binary(hex`03`),
      peer.close(1000),
    );
    const calls: Record<string, (connection: Connection) => unknown> = {
      sendText: (connection) => connection.sendText("from inside"),
      sendFragment: (connection) => connection.sendFragment("from inside", true),
      ping: (connection) => connection.ping(0),
      pong: (connection) => connection.pong(hex`07`),
      close: (connection) => connection.close(0),
      abort: (connection) => connection.abort(0),
      failOverflow: (connection) => connection.failOverflow(0),
      receive: (connection) => connection.receive(0, peer.text("more")),
      receiveEnd: (connection) => connection.receiveEnd(0),
      handleTransportClosed: (connection) => connection.handleTransportClosed(0),
      nextEffect: (connection) => connection.nextEffect(),
      handleTimeout: (connection) => connection.handleTimeout(100_000),
      receivePaused: (connection) => connection.receivePaused(0),
    };
    for (const [name, call] of Object.entries(calls)) {
      for (let at = 0; at < 8; at++) {
        const connection = open(role);
        connection.receive(0, bytes.slice());
        const events: string[] = [];
        for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
          events.push(event.kind);
          if (events.length !== at + 1) continue;
          try {
            call(connection);
          } catch (error) {
            // What cannot be sent any more says so, and no other way.
            expect([name, error]).toEqual([name, expect.any(UsageError)]);
          }
        }
        connection.handleTransportClosed(100_000);
        events.push(...drain(connection).events.map((event) => event.kind));
        expect([name, events.filter((kind) => kind === "closed"), events.at(-1)]).toEqual([name, ["closed"], "closed"]);
      }
    }
  });

  test("sec/half-open: a peer whose end came, or whose bytes never arrive again, holds nothing for ever", () => {
    for (const before of [hex``, hex`81`, new Peer(role).fragment(1, utf8("a"))]) {
      const ended = open(role);
      const first = receive(ended, 0, before);
      ended.receiveEnd(0);
      const second = drain(ended);
      const moments = passTime(ended, 60_000);
      ended.handleTransportClosed(60_000);
      expect(closedIn(first, second, ...moments, drain(ended))).toMatchObject({ code: 1006, clean: false });

      const silent = open(role);
      const heard = receive(silent, 0, before);
      const waited = passTime(silent, 60_000);
      silent.handleTransportClosed(60_000);
      expect(closedIn(heard, ...waited, drain(silent)).cause).toEqual({ kind: "ping-timeout" });
      expect([ended.deadline, silent.deadline]).toEqual([undefined, undefined]);
    }
  });
});

/** A connection that was sent the bytes, with what it answers still in it. */
function replay(role: Role, bytes: Uint8Array): Connection {
  const connection = open(role, { pingInterval: null });
  connection.receive(0, bytes.slice());
  while (connection.nextEvent() !== undefined);
  return connection;
}
