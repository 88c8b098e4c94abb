// RFC 6455 §5.5: what holds for all control frames.

import { describe, expect, test } from "vitest";
import { framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { concat, hex } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

const CONTROL = [0x8, 0x9, 0xa];

describe('§5.5: "All control frames MUST have a payload length of 125 bytes or less"', () => {
  for (const role of ROLES) {
    const maskBit = role === "server" ? 0x80 : 0;

    test(`${role}: 126 and more fail at the second byte, before a length is read`, () => {
      for (const opcode of CONTROL) {
        for (const marker of [126, 127]) {
          const connection = open(role);
          receive(connection, 0, Uint8Array.of(0x80 | opcode));
          const drained = receive(connection, 0, Uint8Array.of(maskBit | marker));
          expectViolation(connection, role, drained, "control-too-long");
        }
      }
    });

    test(`${role}: 125 bytes are legal`, () => {
      const peer = new Peer(role);
      const payload = new Uint8Array(125).fill(0x61);
      const { events } = receive(open(role), 0, peer.ping(payload), peer.pong(payload));
      expect(events).toMatchObject([
        { kind: "ping", payload },
        { kind: "pong", payload },
      ]);
      const reason = "r".repeat(123);
      expect(receive(open(role), 0, peer.close(1000, reason)).events).toMatchObject([{ code: 1000, reason }]);
    });
  }

  test("a longer one of ours is refused", () => {
    const connection = open("server");
    for (const act of [
      () => connection.ping(0, new Uint8Array(126)),
      () => connection.pong(new Uint8Array(126)),
      () => connection.pong(new Uint8Array(1e6)),
    ]) {
      expect(act).toThrow(expect.objectContaining({ code: "control-too-long" }));
    }
    expect(() => connection.close(0, 1000, "r".repeat(124))).toThrow(
      expect.objectContaining({ code: "bad-close-reason" }),
    );
    expect(() => connection.close(0, 1000, "é".repeat(62))).toThrow(
      expect.objectContaining({ code: "bad-close-reason" }),
    );
    expect(takeEffects(connection).effects).toEqual([]);
    connection.pong(new Uint8Array(125));
    connection.close(0, 1000, `${"é".repeat(61)}x`);
    expect(framesIn(takeEffects(connection)).map(({ payload }) => payload.length)).toEqual([125, 125]);
  });
});

describe('§5.5: control frames "MUST NOT be fragmented"', () => {
  test("one without FIN fails at the first byte, inside a fragmented message, too", () => {
    for (const role of ROLES) {
      for (const opcode of CONTROL) {
        const connection = open(role);
        expectViolation(connection, role, receive(connection, 0, Uint8Array.of(opcode)), "control-fragmented");
        const inside = open(role);
        receive(inside, 0, new Peer(role).fragment(2, hex`01`));
        expectViolation(inside, role, receive(inside, 0, Uint8Array.of(opcode)), "control-fragmented");
      }
    }
  });
});

describe("control frames that arrive in pieces", () => {
  test("each cut gives the same, and two of them in a row do not mix", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const bytes = concat(peer.ping(hex`01 02 03 04 05`), peer.pong(hex`06 07`), peer.ping(), peer.ping(hex`08`));
      for (let cut = 0; cut <= bytes.length; cut++) {
        const connection = open(role);
        const first = receive(connection, 0, bytes.slice(0, cut));
        const second = receive(connection, 0, bytes.slice(cut));
        expect([...first.events, ...second.events]).toEqual([
          { kind: "ping", payload: hex`01 02 03 04 05` },
          { kind: "pong", payload: hex`06 07`, acknowledged: [] },
          { kind: "ping", payload: hex`` },
          { kind: "ping", payload: hex`08` },
        ]);
        const pongs = [...framesIn(first), ...framesIn(second)].map(({ payload }) => payload);
        expect(pongs).toEqual([hex`01 02 03 04 05`, hex``, hex`08`]);
      }
    }
  });
});
