// Our own event loop stalls, the machine sleeps, the clock steps: the peer must not pay for it.

import { describe, expect, test } from "vitest";
import { LATE_WAKE_UP, READ_PASS } from "../../packages/protocol/src/liveness/deadline.ts";
import { closedIn, drain, framesIn, open, passTime, receive, takeEffects } from "../support/endpoint.ts";
import { hex } from "../support/hex.ts";
import { Peer } from "../support/peer.ts";

const server = new Peer("server");
const keepalive = { pingInterval: 1_000, pingTimeout: 400 } as const;

describe("a late wake-up for a missing Pong", () => {
  test("gives one read pass, in which the Pong that lay unread is found", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    const [ping] = framesIn(takeEffects(connection));
    connection.handleTimeout(9_000); // the loop stalled; its timers run before its sockets
    expect(connection.state).toBe("open");
    expect(connection.deadline).toBe(9_000 + READ_PASS);
    receive(connection, 9_000, server.pong(ping!.payload));
    connection.handleTimeout(9_000 + READ_PASS);
    expect(connection.state).toBe("open");
    expect(connection.latency).toBe(8_000);
  });

  test("ends the connection after that read pass, if there was no Pong, and says how late it was", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    connection.handleTimeout(9_000);
    connection.handleTimeout(9_000 + READ_PASS);
    expect(connection.state).toBe("closing");
    expect(closedIn(...passTime(connection, 100_000))).toMatchObject({
      cause: { kind: "ping-timeout" },
      diagnosis: { age: 9_000 + READ_PASS, wokenLateBy: 7_600 },
    });
  });

  test("is not given a second read pass, however late the first one ends", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    connection.handleTimeout(9_000);
    connection.handleTimeout(20_000);
    expect(connection.state).toBe("closing");
  });

  test("is on time up to the grace, which is what timers and scheduling need", () => {
    const punctual = open("server", keepalive);
    punctual.handleTimeout(1_000);
    punctual.handleTimeout(1_400 + LATE_WAKE_UP);
    expect(punctual.state).toBe("closing");
    const late = open("server", keepalive);
    late.handleTimeout(1_000);
    late.handleTimeout(1_400 + LATE_WAKE_UP + 0.001);
    expect(late.state).toBe("open");
  });

  test("punctual but with received bytes that nobody has parsed, gives a read pass, too", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    const [ping] = framesIn(takeEffects(connection));
    connection.receive(1_390, server.pong(ping!.payload));
    connection.handleTimeout(1_400);
    expect(connection.deadline).toBe(1_400 + READ_PASS);
    drain(connection);
    expect(connection.latency).toBe(390);
    connection.handleTimeout(1_401);
    expect(connection.state).toBe("open");
  });

  test("is judged although unparsed bytes keep waiting: they cannot hold the verdict up for ever", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    takeEffects(connection);
    for (let now = 1_390; now < 1_500 && connection.state === "open"; now += 0.5) {
      connection.receive(now, server.text("a message that nobody asks for"));
      connection.handleTimeout(now);
    }
    expect(connection.state).toBe("closing");
  });

  test("with other signs of life, bytes that came in the read pass move the deadline", () => {
    const connection = open("server", { ...keepalive, liveness: "inbound" });
    connection.handleTimeout(1_000);
    connection.handleTimeout(9_000);
    receive(connection, 9_000.5, server.text("alive"));
    connection.handleTimeout(9_001);
    expect(connection.state).toBe("open");
    expect(connection.deadline).toBe(9_400.5);
  });

  test("for a Ping is no fault of anybody: the Ping goes out, and its Pong has the whole timeout", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(50_000);
    expect(framesIn(takeEffects(connection))).toHaveLength(1);
    expect(connection.deadline).toBe(50_400);
  });
});

describe("a late wake-up for the closing handshake", () => {
  test("gives one read pass, in which the Close that lay unread is found", () => {
    const connection = open("server", { closeTimeout: 500 });
    connection.close(0);
    takeEffects(connection);
    connection.handleTimeout(3_000);
    expect(connection.deadline).toBe(3_000 + READ_PASS);
    receive(connection, 3_000, server.close(1000));
    connection.handleTransportClosed(3_000);
    expect(closedIn(drain(connection))).toMatchObject({ cause: { kind: "handshake" }, clean: true });
  });

  test("gives one when the Close was received, but not parsed yet", () => {
    const connection = open("server", { closeTimeout: 500 });
    connection.close(0);
    connection.receive(499, server.close(1000));
    connection.handleTimeout(500);
    expect(connection.deadline).toBe(501);
    const { events } = drain(connection);
    expect(events).toEqual([{ kind: "closing", code: 1000, reason: "" }]);
  });
});

describe("a clock that steps backwards stands still", () => {
  test("a Pong is never settled with a negative round trip", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    const [ping] = framesIn(takeEffects(connection));
    const { events } = receive(connection, 10, server.pong(ping!.payload));
    expect(events).toMatchObject([{ acknowledged: [{ roundTrip: 0 }] }]);
    expect(connection.latency).toBe(0);
  });

  test("nothing fires early, and no deadline moves", () => {
    const connection = open("server", keepalive);
    receive(connection, 900, server.text("a"));
    connection.handleTimeout(-1e9);
    receive(connection, -5, server.text("b"));
    expect(connection.deadline).toBe(1_000);
    expect(connection.diagnose(-7)).toMatchObject({ age: 900, sinceReceived: 0 });
    connection.handleTimeout(1_000);
    expect(connection.deadline).toBe(1_400);
    connection.ping(3, hex`01`);
    connection.close(4);
    expect(connection.deadline).toBe(11_000);
  });

  test("a jump of a year fires each deadline once", () => {
    const year = 365 * 86_400_000;
    const connection = open("server", keepalive);
    connection.handleTimeout(year);
    expect(framesIn(takeEffects(connection))).toHaveLength(1);
    connection.handleTimeout(year);
    expect(takeEffects(connection).effects).toEqual([]);
    expect(connection.deadline).toBe(year + 400);
  });
});

describe("a deadline without a clock that one could believe", () => {
  test("an instant that is no number is taken for the last one", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(Number.NaN);
    expect(connection.deadline).toBe(1_000);
    connection.close(Number.NaN);
    expect(connection.deadline).toBe(10_000);
  });
});
