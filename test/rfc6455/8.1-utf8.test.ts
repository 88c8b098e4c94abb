// RFC 6455 §8.1 and §5.6: text that is not UTF-8 fails the connection, at the first byte that makes it so. Which bytes
// are UTF-8: test/bytes/utf8.test.ts.

import { describe, expect, test } from "vitest";
import { open, receive } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

/** Bytes of which the last one makes the text invalid. */
const broken = [
  hex`80`,
  hex`ff`,
  hex`c0`,
  hex`c2 41`,
  hex`e0 9f`,
  hex`ed a0`,
  hex`f0 8f`,
  hex`f4 90`,
  hex`e2 82 28`,
  hex`f0 9f 98 ff`,
  hex`f5`,
];
/** Bytes that are the beginning of a code point. */
const truncated = [hex`c2`, hex`e2`, hex`e2 82`, hex`f0`, hex`f0 9f`, hex`f0 9f 98`];

describe("sec/utf8-failfast", () => {
  for (const role of ROLES) {
    const peer = new Peer(role);

    test(`${role}: a whole message fails`, () => {
      for (const bytes of [...broken, ...truncated]) {
        const connection = open(role);
        const drained = receive(connection, 0, peer.text("before"), peer.frame(1, concat(utf8("text "), bytes)));
        const events = expectViolation(connection, role, drained, "text-invalid-utf8");
        expect(events).toEqual([{ kind: "text", text: "before" }]);
      }
    });

    test(`${role}: a frame that is still arriving fails at the offending byte (Autobahn 6.4.3, 6.4.4)`, () => {
      for (const delivery of ["messages", "fragments"] as const) {
        for (const bytes of broken) {
          const payload = concat(utf8("κόσμε"), bytes, utf8(" and a long rest that never comes"));
          const frame = peer.frame(1, payload);
          const offending = frame.length - (payload.length - 10 - bytes.length) - 1;
          const connection = open(role, { delivery });
          receive(connection, 0, frame.slice(0, 7));
          receive(connection, 0, frame.slice(7, offending));
          expect(connection.state).toBe("open");
          const drained = receive(connection, 0, frame.slice(offending, offending + 1));
          expectViolation(connection, role, drained, "text-invalid-utf8");
        }
      }
    });

    test(`${role}: a fragment that is not the last fails, before the message ends (Autobahn 6.4.1, 6.4.2)`, () => {
      for (const bytes of broken) {
        const connection = open(role);
        receive(connection, 0, peer.fragment(1, bytes.slice(0, -1)));
        expect(connection.state).toBe("open");
        const drained = receive(connection, 0, peer.fragment(0, bytes.slice(-1)));
        expectViolation(connection, role, drained, "text-invalid-utf8");
      }
    });

    test(`${role}: a code point that is not complete at the end of the message fails there`, () => {
      for (const bytes of truncated) {
        const connection = open(role);
        receive(connection, 0, peer.fragment(1, bytes), peer.ping());
        expect(connection.state).toBe("open");
        const drained = receive(connection, 0, peer.fragment(0, hex``, true));
        expectViolation(connection, role, drained, "text-invalid-utf8");
      }
    });

    test(`${role}: binary messages may hold anything`, () => {
      for (const bytes of [...broken, ...truncated]) {
        expect(receive(open(role), 0, peer.binary(bytes)).events).toEqual([{ kind: "binary", bytes }]);
      }
    });
  }
});
