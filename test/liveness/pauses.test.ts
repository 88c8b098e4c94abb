// Pauses of reading at odd moments: without a Ping, during one, told twice.

import { describe, expect, test } from "vitest";
import type { Connection } from "../../packages/protocol/src/index.ts";
import { closedIn, drain, open, passTime, pingsIn, receive } from "../support/endpoint.ts";
import { Peer, ROLES } from "../support/peer.ts";

const KEEPALIVE = { pingInterval: 1_000, pingTimeout: 400 } as const;

describe.each(ROLES)("a %s that stops reading", (role) => {
  const peer = new Peer(role);

  test('before a Ping is sent: with "count", its timeout runs all the same', () => {
    const connection = open(role, { ...KEEPALIVE, pausedReading: "count" });
    connection.receivePaused(500);
    connection.handleTimeout(1_000);
    expect(pingsIn([{ now: 1_000, ...drain(connection) }])).toHaveLength(1);
    expect([connection.deadline, connection.deadlineName]).toEqual([1_400, "pong"]);
    const moments = passTime(connection, 1_400);
    connection.handleTransportClosed(1_400);
    expect(closedIn(...moments, drain(connection)).cause).toEqual({ kind: "ping-timeout" });
  });

  test('while no Ping is outstanding: with "suspend", there is nothing to suspend, and none of it is judged', () => {
    const connection = open(role, { ...KEEPALIVE, pausedReading: "suspend" });
    connection.receivePaused(300);
    connection.receiveResumed(700);
    expect([connection.deadline, connection.deadlineName]).toEqual([1_000, "ping"]);
    expect(pingsIn(passTime(connection, 1_000)).map(({ now }) => now)).toEqual([1_000]);
    expect([connection.deadline, connection.deadlineName]).toEqual([1_400, "pong"]);
  });

  test("and says so twice: the pause began the first time", () => {
    const deadlineAfter = (pauses: readonly number[]): Connection => {
      const connection = open(role, { ...KEEPALIVE, liveness: "inbound", pausedReading: "suspend" });
      connection.handleTimeout(1_000);
      receive(connection, 1_350, peer.text("alive"));
      for (const pausedAt of pauses) connection.receivePaused(pausedAt);
      connection.receiveResumed(9_000);
      return connection;
    };
    for (const connection of [deadlineAfter([1_360]), deadlineAfter([1_360, 5_000])]) {
      // 10 ms of silence before the pause, 390 are left.
      passTime(connection, 9_389);
      expect(connection.state).toBe("open");
      passTime(connection, 9_390);
      expect(connection.state).toBe("closing");
    }
  });
});
