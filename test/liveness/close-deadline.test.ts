// One deadline from the first sign of closing to the transport being gone, whatever the sign was.

import { describe, expect, test } from "vitest";
import type { CloseCause, Connection } from "../../packages/protocol/src/index.ts";
import { closedIn, drain, open, passTime, receive, takeEffects } from "../support/endpoint.ts";
import { hex } from "../support/hex.ts";
import { Peer, ROLES, type Role } from "../support/peer.ts";

interface Beginning {
  readonly begin: (connection: Connection, peer: Peer) => void;
  /** The cause, if the transport then never goes away. */
  readonly cause: (role: Role) => CloseCause;
}

const local: CloseCause = { kind: "handshake", initiator: "local" };
const remote: CloseCause = { kind: "handshake", initiator: "remote" };

/** All of them begin at 1000. */
const beginnings: Readonly<Record<string, Beginning>> = {
  "our Close, never answered": {
    begin: (connection) => connection.close(1_000),
    cause: () => ({ kind: "close-timeout" }),
  },
  "our Close, answered, but the transport stays (a peer that never sends FIN)": {
    begin: (connection, peer) => {
      connection.close(1_000);
      receive(connection, 1_200, peer.close(1000));
    },
    cause: () => local,
  },
  "our Close, and the peer sends data for ever": {
    begin: (connection, peer) => {
      connection.close(1_000);
      for (let now = 1_000; now < 1_500; now += 50) receive(connection, now, peer.text("more"), peer.ping());
    },
    cause: () => ({ kind: "close-timeout" }),
  },
  "our Close, answered by a FIN": {
    begin: (connection) => {
      connection.close(1_000);
      connection.receiveEnd(1_100);
      drain(connection);
    },
    cause: () => ({ kind: "close-timeout" }),
  },
  "our Close, answered by a violation": {
    begin: (connection) => {
      connection.close(1_000);
      receive(connection, 1_100, hex`ff ff`);
    },
    cause: () => ({ kind: "violation", violation: "reserved-bits" }),
  },
  "the peer's Close": {
    begin: (connection, peer) => void receive(connection, 1_000, peer.close(1001)),
    cause: () => remote,
  },
  "the peer's Close and its FIN": {
    begin: (connection, peer) => {
      receive(connection, 1_000, peer.close(1001));
      connection.receiveEnd(1_200);
      drain(connection);
    },
    cause: () => remote,
  },
  "both at once": {
    begin: (connection, peer) => {
      connection.close(1_000);
      receive(connection, 1_000, peer.close(1000));
    },
    cause: () => local,
  },
  "the peer's FIN without a Close": {
    begin: (connection) => {
      connection.receiveEnd(1_000);
      drain(connection);
    },
    cause: () => ({ kind: "transport-lost" }),
  },
  "a violation": {
    begin: (connection) => void receive(connection, 1_000, hex`ff ff`),
    cause: () => ({ kind: "violation", violation: "reserved-bits" }),
  },
  "a Close that breaks the rules": {
    begin: (connection, peer) => void receive(connection, 1_000, peer.close(1005)),
    cause: () => ({ kind: "violation", violation: "close-code-invalid" }),
  },
  "a missing Pong": {
    begin: (connection) => {
      passTime(connection, 1_000);
    },
    cause: () => ({ kind: "ping-timeout" }),
  },
};

const options = { closeTimeout: 700, pingInterval: 600, pingTimeout: 400 } as const;

describe("sec/close-timeout", () => {
  for (const role of ROLES) {
    for (const [name, { begin, cause }] of Object.entries(beginnings)) {
      test(`${role}: ${name}: the transport is dropped one closeTimeout after the first sign`, () => {
        const connection = open(role, options);
        begin(connection, new Peer(role));
        drain(connection);
        expect(connection.state).toBe("closing");
        expect(connection.deadline).toBe(1_700);
        expect(connection.deadlineName).toBe("close");
        connection.handleTimeout(1_699);
        expect(drain(connection)).toMatchObject({ events: [], effects: [] });

        const [moment] = passTime(connection, 1_700);
        expect(moment?.effects).toEqual([{ kind: "destroy" }]);
        expect(closedIn(moment!)).toMatchObject({ cause: cause(role), clean: false });
        expect(connection.state).toBe("closed");
        expect(connection.deadline).toBeUndefined();
        expect(connection.deadlineName).toBeUndefined();

        // What the driver tells afterwards, in whatever order, changes nothing.
        connection.receiveEnd(1_800);
        connection.handleTransportClosed(1_800);
        connection.handleTransportQueue(1_800, 0);
        connection.receivePaused(1_800);
        connection.receiveResumed(1_800);
        connection.handleTimeout(9_999);
        expect(receive(connection, 9_999, new Peer(role).ping())).toMatchObject({ events: [], effects: [] });
        expect(connection.deadline).toBeUndefined();
      });

      test(`${role}: ${name}: with the transport gone in time there is no deadline, and no effect`, () => {
        const connection = open(role, options);
        begin(connection, new Peer(role));
        drain(connection);
        connection.handleTransportClosed(1_650);
        expect(connection.deadline).toBeUndefined();
        const rest = drain(connection);
        expect(rest.effects).toEqual([]);
        expect(rest.events.map((event) => event.kind)).toEqual(["closed"]);
        connection.handleTimeout(1_700);
        expect(drain(connection)).toMatchObject({ events: [], effects: [] });
      });

      test(`${role}: ${name}: with closeTimeout null nothing is dropped`, () => {
        const connection = open(role, { ...options, closeTimeout: null });
        begin(connection, new Peer(role));
        drain(connection);
        expect(connection.deadline).toBeUndefined();
        connection.handleTimeout(1e9);
        expect(drain(connection)).toMatchObject({ events: [], effects: [] });
        expect(connection.state).toBe("closing");
      });
    }
  }

  test("the default is 10 s", () => {
    const connection = open("server");
    connection.close(500);
    expect(connection.deadline).toBe(10_500);
  });

  test("what waits to be written is dropped with the transport", () => {
    const connection = open("server", options);
    connection.sendBinary(new Uint8Array(100_000));
    connection.close(0);
    connection.handleTimeout(700);
    expect(connection.queuedBytes).toBe(0);
    expect(takeEffects(connection).effects).toEqual([{ kind: "destroy" }]);
  });
});
