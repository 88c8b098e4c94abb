// What can be read off a connection at any time, without taking anything out.

import { describe, expect, test } from "vitest";
import { closedIn, drain, open, receive } from "../support/endpoint.ts";
import { hex } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

describe("ending: how it ends, as far as it can be told", () => {
  for (const role of ROLES) {
    const peer = new Peer(role);

    test(`${role}: nothing while open`, () => {
      expect(open(role).ending).toBeUndefined();
    });

    test(`${role}: a closing handshake under way is the cause already, but not clean yet`, () => {
      const ours = open(role);
      ours.close(0, 4000, "bye");
      expect(ours.ending).toMatchObject({
        code: 1006,
        cause: { kind: "handshake", initiator: "local" },
        sent: { code: 4000, reason: "bye" },
        clean: false,
      });
      const theirs = open(role);
      receive(theirs, 0, peer.close(4001));
      expect(theirs.ending).toMatchObject({
        code: 4001,
        cause: { kind: "handshake", initiator: "remote" },
        clean: false,
      });
    });

    test(`${role}: a violation and a lost transport are what they are`, () => {
      const violated = open(role);
      receive(violated, 0, hex`ff`);
      expect(violated.ending).toMatchObject({ cause: { kind: "violation" }, clean: false });
      const lost = open(role);
      lost.handleTransportClosed(0);
      expect(lost.ending).toMatchObject({ cause: { kind: "transport-lost" } });
    });

    test(`${role}: at last it is the closed event itself`, () => {
      const connection = open(role);
      receive(connection, 0, peer.close(1000));
      connection.handleTransportClosed(0);
      const closed = closedIn(drain(connection));
      expect(connection.ending).toBe(closed);
      expect(closed.clean).toBe(true);
    });
  }
});

describe("discardsInput: whether what arrives is dropped unseen", () => {
  test("from the peer's Close, a violation and the end on; not after our own Close", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const connection = open(role);
      expect(connection.discardsInput).toBe(false);
      connection.close(0);
      expect(connection.discardsInput).toBe(false);
      receive(connection, 0, peer.close(1000));
      expect(connection.discardsInput).toBe(true);
      for (const end of [
        (failing: typeof connection) => void receive(failing, 0, hex`ff`),
        (failing: typeof connection) => failing.abort(0),
      ]) {
        const failing = open(role);
        end(failing);
        expect(failing.discardsInput).toBe(true);
      }
    }
  });
});
