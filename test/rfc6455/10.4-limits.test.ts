// RFC 6455 §10.4: "SHOULD impose implementation-specific limits regarding the frame size and total message size".

import { describe, expect, test } from "vitest";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../../packages/protocol/src/index.ts";
import { lengthField } from "../reference/frames.ts";
import { open, receive } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

describe("maxMessageBytes", () => {
  for (const role of ROLES) {
    const peer = new Peer(role);
    /** A header without payload. */
    const header = (opcode: number, length: number | bigint, bits: 7 | 16 | 64, fin = true): Uint8Array =>
      Uint8Array.of((fin ? 0x80 : 0) | opcode, ...lengthField(length, bits, peer.masked));

    test(`${role}: a message of exactly the limit is delivered, one byte more fails`, () => {
      for (const opcode of [1, 2]) {
        for (const delivery of ["messages", "fragments"] as const) {
          const payload = new Uint8Array(1_000).fill(0x61);
          const fits = open(role, { maxMessageBytes: 1_000, delivery });
          expect(receive(fits, 0, peer.frame(opcode, payload)).events).toHaveLength(1);
          expect(receive(fits, 0, peer.frame(opcode, payload)).events).toHaveLength(1);
          const tooBig = open(role, { maxMessageBytes: 999, delivery });
          expectViolation(tooBig, role, receive(tooBig, 0, peer.frame(opcode, payload)), "message-too-big");
        }
      }
    });

    test(`${role}: it is decided on the announced length, before the mask key and the payload`, () => {
      const connection = open(role, { maxMessageBytes: 1_000 });
      expectViolation(connection, role, receive(connection, 0, header(2, 1_001, 16)), "message-too-big");
    });

    test(`${role}: it holds for all fragments together (sec/limit-is-cumulative)`, () => {
      for (const sizes of [
        [600, 600],
        [1_000, 1],
        [0, 0, 999, 0, 2],
      ]) {
        const connection = open(role, { maxMessageBytes: 1_000 });
        sizes.slice(0, -1).forEach((size, index) => {
          receive(
            connection,
            0,
            peer.fragment(index === 0 ? 2 : 0, new Uint8Array(size)),
            peer.pong(new Uint8Array(100)),
          );
        });
        expect(connection.state).toBe("open");
        const last = header(0, sizes.at(-1)!, sizes.at(-1)! > 125 ? 16 : 7);
        expectViolation(connection, role, receive(connection, 0, last), "message-too-big");
      }
    });

    test(`${role}: control frames do not count, and each message begins anew (CVE-2020-27813)`, () => {
      const connection = open(role, { maxMessageBytes: 10 });
      for (let round = 0; round < 3; round++) {
        receive(connection, 0, peer.fragment(2, new Uint8Array(9)), peer.pong(new Uint8Array(125)));
        const { events } = receive(connection, 0, peer.fragment(0, hex`00`, true));
        expect(events).toEqual([{ kind: "binary", bytes: new Uint8Array(10) }]);
      }
    });

    test(`${role}: a limit of 0 allows empty messages`, () => {
      const connection = open(role, { maxMessageBytes: 0 });
      expect(receive(connection, 0, peer.frame(1), peer.frame(2)).events).toHaveLength(2);
      expectViolation(connection, role, receive(connection, 0, header(1, 1, 7)), "message-too-big");
    });

    test(`${role}: the default is 1 MiB (sec/defaults-are-safe)`, () => {
      expect(DEFAULT_MAX_MESSAGE_BYTES).toBe(1_048_576);
      const fits = open(role);
      receive(fits, 0, header(2, 1_048_576, 64));
      expect(fits.state).toBe("open");
      const tooBig = open(role);
      expectViolation(tooBig, role, receive(tooBig, 0, header(2, 1_048_577, 64)), "message-too-big");
    });

    test(`${role}: without one, lengths up to 2^53 - 1 may be announced, and no more (sec/len64-2^53)`, () => {
      for (const options of [{ maxMessageBytes: null }, { delivery: "fragments" }] as const) {
        const open64 = (length: bigint) => {
          const connection = open(role, options);
          return { connection, drained: receive(connection, 0, header(2, length, 64)) };
        };
        expect(open64(2n ** 53n - 1n).connection.state).toBe("open");
        for (const length of [2n ** 53n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n]) {
          const { connection, drained } = open64(length);
          expectViolation(connection, role, drained, "message-too-big");
        }
      }
    });

    test(`${role}: text that no string can hold is too big, not an exception (sec/max-string)`, () => {
      const longest = 2 ** 29 - 24;
      const fits = open(role, { maxMessageBytes: null });
      receive(fits, 0, header(1, longest, 64));
      expect(fits.state).toBe("open");
      const tooLong = open(role, { maxMessageBytes: null });
      expectViolation(tooLong, role, receive(tooLong, 0, header(1, longest + 1, 64)), "message-too-big");
      // In pieces there is no such limit, nor for binary.
      for (const [opcode, delivery] of [
        [1, "fragments"],
        [2, "messages"],
      ] as const) {
        const connection = open(role, { maxMessageBytes: null, delivery });
        receive(connection, 0, header(opcode, longest + 1, 64));
        expect(connection.state).toBe("open");
      }
    });
  }
});

describe("messages completed before the one that is too big", () => {
  test("are delivered", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const connection = open(role, { maxMessageBytes: 10 });
      const drained = receive(connection, 0, peer.text("one"), peer.text("two"), peer.frame(2, utf8("eleven bytes")));
      const events = expectViolation(connection, role, drained, "message-too-big");
      expect(events).toEqual([
        { kind: "text", text: "one" },
        { kind: "text", text: "two" },
      ]);
    }
  });
});
