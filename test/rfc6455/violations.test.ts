// The table of violations: for each row a peer that breaks the rule, and what comes of it.

import { describe, expect, test } from "vitest";
import { type MessageTransform, type Violation, violations } from "../../packages/protocol/src/index.ts";
import { open, receive } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES, type Role } from "../support/peer.ts";
import { InvertingTransform } from "../support/transforms.ts";

interface Case {
  /** What the peer of an endpoint with this role sends. Its last byte breaks the rule. */
  readonly bytes: (peer: Peer) => Uint8Array;
  readonly roles?: readonly Role[];
  readonly transform?: () => MessageTransform;
}

/** One peer for every row: the type demands it. */
const cases: Readonly<Record<Violation, Case>> = {
  "reserved-bits": { bytes: () => hex`c1` },
  "reserved-opcode": { bytes: () => hex`83` },
  "mask-missing": { bytes: () => hex`81 05`, roles: ["server"] },
  "mask-forbidden": { bytes: () => hex`81 85`, roles: ["client"] },
  "length-not-minimal": { bytes: (peer) => concat(hex`82`, peer.masked ? hex`fe` : hex`7e`, hex`00 7d`) },
  "length-top-bit": { bytes: (peer) => concat(hex`82`, peer.masked ? hex`ff` : hex`7f`, hex`80`) },
  "control-fragmented": { bytes: () => hex`09` },
  "control-too-long": { bytes: (peer) => concat(hex`89`, peer.masked ? hex`fe` : hex`7e`) },
  "continuation-unexpected": { bytes: () => hex`80` },
  "continuation-expected": { bytes: (peer) => concat(peer.fragment(1, utf8("a")), hex`81`) },
  "close-payload-truncated": { bytes: (peer) => peer.frame(8, hex`03`) },
  "close-code-invalid": { bytes: (peer) => peer.close(1006) },
  "close-reason-invalid-utf8": { bytes: (peer) => peer.frame(8, hex`03 e8 ff`) },
  "text-invalid-utf8": { bytes: (peer) => peer.frame(1, hex`ff`) },
  "message-too-big": { bytes: (peer) => concat(hex`82`, peer.masked ? hex`fe` : hex`7e`, hex`ff ff`) },
  "compressed-data-invalid": {
    bytes: (peer) => peer.frame(2, hex`00`, { rsv: 4 }),
    transform: () => new InvertingTransform(),
  },
};

describe("every violation", () => {
  for (const violation of Object.keys(violations) as Violation[]) {
    for (const role of cases[violation].roles ?? ROLES) {
      const { bytes, transform } = cases[violation];
      const peer = new Peer(role);

      test(`${violation}: a ${role} answers with its Close code and sentence, after what came before`, () => {
        const connection = open(role, { maxMessageBytes: 1_000 }, transform?.());
        const drained = receive(connection, 0, peer.text("before"), bytes(peer), peer.text("after"));
        const events = expectViolation(connection, role, drained, violation);
        expect(events).toEqual([{ kind: "text", text: "before" }]);
      });

      test(`${violation}: a ${role} notices it at the very byte`, () => {
        const connection = open(role, { maxMessageBytes: 1_000 }, transform?.());
        const sent = bytes(peer);
        for (const byte of sent.slice(0, -1)) receive(connection, 0, Uint8Array.of(byte));
        expect(connection.state).toBe("open");
        expectViolation(connection, role, receive(connection, 0, sent.slice(-1)), violation);
      });
    }
  }
});

describe("the table", () => {
  test("the sentences fit into a Close frame, and are plain ASCII", () => {
    for (const { message } of Object.values(violations)) {
      expect(message.length).toBeLessThanOrEqual(123);
      expect([...message].every((character) => character >= " " && character <= "~")).toBe(true);
    }
  });

  test("the codes are those of §7.4.1 for protocol errors, data and size", () => {
    for (const { closeCode } of Object.values(violations)) expect([1002, 1007, 1009]).toContain(closeCode);
  });

  test("every row names its section", () => {
    for (const { section } of Object.values(violations)) expect(section).toMatch(/^RFC (6455|7692) §\d+(\.\d+)*$/);
  });
});
