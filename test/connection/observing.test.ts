// What can be read off a connection at any time, without taking anything out.

import { describe, expect, test } from "vitest";
import { Connection } from "../../packages/protocol/src/index.ts";
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

describe("one look takes all that there is", () => {
  test("the end of the transport behind a Close that is invalid", () => {
    for (const role of ROLES) {
      const connection = open(role);
      connection.receive(0, new Peer(role).close(999));
      connection.handleTransportClosed(0);
      expect(closedIn(drain(connection)).cause).toEqual({ kind: "violation", violation: "close-code-invalid" });
    }
  });

  test("that the transport is to be dropped, although its end was told meanwhile", () => {
    const connection = open("server");
    connection.abort(0);
    connection.handleTransportClosed(0);
    expect(drain(connection).effects).toEqual([{ kind: "destroy" }]);
  });
});

describe("diagnose", () => {
  test("says how old the connection is, whatever the clock began with", () => {
    const connection = new Connection(500, { role: "server", random: () => {} });
    expect(connection.diagnose(800).age).toBe(300);
  });

  test("says whether reading is paused now, not whether it ever was", () => {
    const connection = open("server");
    connection.receivePaused(1);
    expect(connection.diagnose(1).readingPaused).toBe(true);
    connection.receiveResumed(2);
    expect(connection.diagnose(2).readingPaused).toBe(false);
  });
});

describe("retainedBytes", () => {
  test("counts half a message and half a control frame between its fragments together", () => {
    const peer = new Peer("server");
    const connection = open("server");
    receive(connection, 0, peer.fragment(2, new Uint8Array(100)));
    const ofMessage = connection.retainedBytes;
    expect(ofMessage).toBeGreaterThanOrEqual(100);
    receive(connection, 0, peer.ping(new Uint8Array(50)).subarray(0, 20));
    expect(connection.retainedBytes).toBe(ofMessage + 50);
  });
});
