// The schedule of Pings and the deadline for their Pongs, in virtual time. Instants are in ms; connections open at 0.

import { describe, expect, test } from "vitest";
import { Connection } from "../../packages/protocol/src/index.ts";
import { closedIn, drain, framesIn, open, passTime, pingsIn, receive, takeEffects } from "../support/endpoint.ts";
import { hex, utf8 } from "../support/hex.ts";
import { closePayload, Peer, ROLES } from "../support/peer.ts";
import { countingRandom, scriptedRandom } from "../support/random.ts";

const server = new Peer("server");

/** The payload of the only frame that waits to be written, which must be a Ping. */
function takePing(connection: Connection): Uint8Array {
  const frames = framesIn(takeEffects(connection));
  expect(frames.map((frame) => frame.opcode)).toEqual([9]);
  return frames[0]!.payload;
}

/** Wakes the connection for a Ping and answers it after `roundTrip`. */
function answerPing(connection: Connection, roundTrip: number): void {
  const now = connection.deadline!;
  connection.handleTimeout(now);
  receive(connection, now + roundTrip, server.pong(takePing(connection)));
}

describe("the schedule", () => {
  test("the first Ping goes out exactly at open + interval, none 1 ms earlier", () => {
    for (const role of ROLES) {
      const connection = new Connection(5_000, { role, random: countingRandom(), pingInterval: 20_000 });
      expect(connection.deadline).toBe(25_000);
      expect(connection.deadlineName).toBe("ping");
      connection.handleTimeout(24_999);
      expect(takeEffects(connection).effects).toEqual([]);
      expect(connection.deadline).toBe(25_000);
      connection.handleTimeout(25_000);
      expect(takePing(connection)).toHaveLength(4);
    }
  });

  test("the defaults are 20 s and 20 s", () => {
    const connection = open("server");
    expect(pingsIn(passTime(connection, 39_999)).map(({ now }) => now)).toEqual([20_000]);
    expect(connection.deadline).toBe(40_000);
    expect(connection.deadlineName).toBe("pong");
  });

  test("the period is independent of the round trip", () => {
    for (const roundTrip of [0, 1, 40, 999, 1_000]) {
      const connection = open("server", { pingInterval: 1_000, pingTimeout: 5_000 });
      for (const expected of [1_000, 2_000, 3_000, 4_000]) {
        expect(connection.deadline).toBe(expected);
        answerPing(connection, roundTrip);
      }
    }
  });

  test("a round trip longer than the interval makes the Pings go back-to-back", () => {
    const connection = open("server", { pingInterval: 1_000, pingTimeout: 5_000 });
    connection.handleTimeout(1_000);
    const first = takePing(connection);
    receive(connection, 3_500, server.pong(first));
    expect(connection.deadline).toBeLessThanOrEqual(3_500);
    expect(connection.deadlineName).toBe("ping");
    connection.handleTimeout(3_500);
    const second = takePing(connection);
    expect(second).not.toEqual(first);
    receive(connection, 3_600, server.pong(second));
    // And from there on by the interval again.
    expect(connection.deadline).toBe(4_500);
  });

  test("at most one keepalive Ping is outstanding", () => {
    const connection = open("server", { pingInterval: 1_000, pingTimeout: 60_000 });
    expect(pingsIn(passTime(connection, 60_999)).map(({ now }) => now)).toEqual([1_000]);
  });

  test("data in either direction does not postpone the Pings", () => {
    const connection = open("server", { pingInterval: 1_000, pingTimeout: 5_000 });
    receive(connection, 500, server.text("busy"));
    connection.sendText("busy, too");
    takeEffects(connection);
    expect(connection.deadline).toBe(1_000);
    connection.handleTimeout(1_000);
    receive(connection, 1_100, server.text("still busy"));
    expect(connection.deadline).toBe(6_000);
  });

  test("Pings go out between the fragments of a message, never inside a frame", () => {
    const connection = open("server", { pingInterval: 1_000 });
    connection.sendFragment("one", false);
    connection.handleTimeout(1_000);
    connection.sendFragment("two", true);
    const frames = framesIn(takeEffects(connection));
    expect(frames.map(({ opcode, fin }) => [opcode, fin])).toEqual([
      [1, false],
      [9, true],
      [0, true],
    ]);
  });

  test("no Ping goes out once closing has begun, whoever began it", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const begin: Record<string, (connection: Connection) => void> = {
        "our close": (connection) => connection.close(500),
        "the peer's Close": (connection) => void receive(connection, 500, peer.close(1000)),
        "the peer's FIN": (connection) => {
          connection.receiveEnd(500);
          drain(connection);
        },
        "a violation": (connection) => void receive(connection, 500, hex`ff ff`),
        "the loss of the transport": (connection) => connection.handleTransportClosed(500),
        "our abort": (connection) => connection.abort(500),
      };
      for (const [name, act] of Object.entries(begin)) {
        const connection = open(role, { pingInterval: 1_000, closeTimeout: null });
        act(connection);
        drain(connection);
        expect(connection.deadline, name).toBeUndefined();
        connection.handleTimeout(1_000);
        expect(() => connection.ping(1_000), name).toThrow(expect.objectContaining({ code: "not-open" }));
        expect(takeEffects(connection).effects, name).toEqual([]);
      }
    }
  });

  test("a Ping that is answered at once, in the middle of a wake-up's instant, does not bring another", () => {
    const connection = open("server", { pingInterval: 1_000, pingTimeout: 1_000 });
    connection.handleTimeout(1_000);
    receive(connection, 1_000, server.pong(takePing(connection)));
    connection.handleTimeout(1_000);
    expect(takeEffects(connection).effects).toEqual([]);
    expect(connection.deadline).toBe(2_000);
  });
});

describe("giving up", () => {
  const keepalive = { pingInterval: 1_000, pingTimeout: 400 };

  test("a Pong at timeout - 1 keeps the connection", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    const payload = takePing(connection);
    receive(connection, 1_399, server.pong(payload));
    expect(connection.state).toBe("open");
    expect(connection.deadline).toBe(2_000);
    expect(connection.latency).toBe(399);
  });

  test("a Pong at the timeout wins over the clock, in whichever order the two are told", () => {
    for (const drained of [true, false]) {
      const connection = open("server", keepalive);
      connection.handleTimeout(1_000);
      const payload = takePing(connection);
      connection.receive(1_400, server.pong(payload));
      if (drained) drain(connection);
      connection.handleTimeout(1_400);
      drain(connection);
      expect(connection.state).toBe("open");
      expect(connection.latency).toBe(400);
      passTime(connection, 1_999);
      expect(connection.state).toBe("open");
    }
  });

  test("without a Pong the connection fails at the timeout: 1011, keepalive ping timeout", () => {
    for (const role of ROLES) {
      const connection = open(role, keepalive);
      connection.handleTimeout(1_000);
      takeEffects(connection);
      expect(connection.deadline).toBe(1_400);
      expect(connection.deadlineName).toBe("pong");
      connection.handleTimeout(1_399);
      expect(connection.state).toBe("open");
      connection.handleTimeout(1_400);
      expect(connection.state).toBe("closing");
      const failing = drain(connection);
      expect(framesIn(failing).map(({ opcode, payload }) => [opcode, payload])).toEqual([
        [8, closePayload(1011, "keepalive ping timeout")],
      ]);
      // §7.1.1: a server ends the transport, a client waits for the server to do it.
      expect(failing.effects.at(-1)?.kind).toBe(role === "server" ? "end" : "write");

      // What comes now is not read, be it the Pong.
      const late = receive(connection, 1_500, new Peer(role).pong(hex`00 01 02 03`), new Peer(role).text("late"));
      expect(late.events).toEqual([]);

      expect(connection.deadline).toBe(11_400);
      expect(connection.deadlineName).toBe("close");
      const [moment] = passTime(connection, 11_400);
      expect(moment?.effects).toEqual([{ kind: "destroy" }]);
      expect(closedIn(moment!)).toMatchObject({
        code: 1006,
        cause: { kind: "ping-timeout" },
        sent: { code: 1011, reason: "keepalive ping timeout" },
        received: undefined,
        clean: false,
        diagnosis: { age: 1_400, unansweredPings: 1, sinceReceived: undefined, sincePong: undefined, wokenLateBy: 0 },
      });
    }
  });

  test('with onPingTimeout: "abort" the transport is dropped at once, without a Close', () => {
    for (const role of ROLES) {
      const connection = open(role, { ...keepalive, onPingTimeout: "abort" });
      const moments = passTime(connection, 1_400);
      expect(moments.at(-1)).toMatchObject({ now: 1_400, effects: [{ kind: "destroy" }] });
      expect(closedIn(moments.at(-1)!)).toMatchObject({ cause: { kind: "ping-timeout" }, sent: undefined });
      expect(connection.state).toBe("closed");
      expect(connection.deadline).toBeUndefined();
    }
  });

  test("a peer that stopped reading is given up: the deadline runs from queueing, not from transmission", () => {
    const connection = open("server", keepalive);
    connection.sendBinary(new Uint8Array(1_000_000));
    const { bytes } = takeEffects(connection);
    connection.handleTransportQueue(10, bytes.length);
    const moments = passTime(connection, 1_400);
    expect(moments.at(-1)?.now).toBe(1_400);
    expect(connection.state).toBe("closing");
    connection.handleTransportQueue(1_400, bytes.length + 6);
    expect(closedIn(...passTime(connection, 20_000))).toMatchObject({
      cause: { kind: "ping-timeout" },
      diagnosis: { queuedBytes: bytes.length, sinceTransmitted: undefined },
    });
  });

  test("a Ping whose effect was never taken still has its deadline", () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    connection.handleTimeout(1_400);
    expect(connection.state).toBe("closing");
  });

  test("the event says when the last signs of life were", () => {
    const connection = open("server", { pingInterval: 1_000, pingTimeout: 500 });
    connection.handleTimeout(1_000);
    receive(connection, 1_050, server.pong(takePing(connection)));
    receive(connection, 1_700, server.text("alive"));
    connection.handleTransportQueue(1_800, 0);
    passTime(connection, 2_500);
    connection.handleTransportClosed(2_600);
    expect(closedIn(drain(connection)).diagnosis).toEqual({
      age: 2_500,
      sinceReceived: 800,
      sinceTransmitted: 700,
      sincePong: 1_450,
      unansweredPings: 1,
      latency: 50,
      queuedBytes: 0,
      readingPaused: false,
      wokenLateBy: 0,
    });
  });
});

describe("what a Pong settles", () => {
  const options = { pingInterval: 1_000, pingTimeout: 400 };

  test("an unknown Pong changes nothing, and is reported", () => {
    const connection = open("server", options);
    connection.handleTimeout(1_000);
    takeEffects(connection);
    const { events } = receive(connection, 1_100, server.pong(hex`de ad be ef`), server.pong());
    expect(events).toEqual([
      { kind: "pong", payload: hex`de ad be ef`, acknowledged: [] },
      { kind: "pong", payload: hex``, acknowledged: [] },
    ]);
    expect(connection.latency).toBeUndefined();
    expect(connection.deadline).toBe(1_400);
  });

  test("a repeated Pong changes nothing, and is reported", () => {
    const connection = open("server", options);
    connection.handleTimeout(1_000);
    const payload = takePing(connection);
    receive(connection, 1_100, server.pong(payload));
    const { events } = receive(connection, 1_200, server.pong(payload));
    expect(events).toEqual([{ kind: "pong", payload, acknowledged: [] }]);
    expect(connection.latency).toBe(100);
    expect(connection.rtt?.samples).toBe(1);
  });

  test("a thousand Pongs for one Ping settle it once (sec/pong-storm)", () => {
    const connection = open("server", options);
    connection.handleTimeout(1_000);
    const payload = takePing(connection);
    const pongs = Array.from({ length: 1_000 }, () => server.pong(payload));
    const { events } = receive(connection, 1_100, ...pongs);
    expect(events).toHaveLength(1_000);
    expect(events.filter((event) => event.kind === "pong" && event.acknowledged.length > 0)).toHaveLength(1);
    expect(connection.rtt?.samples).toBe(1);
  });

  test("the Pong of a later Ping of the caller settles keepalive's, too", () => {
    const connection = open("server", options);
    connection.handleTimeout(1_000);
    connection.ping(1_200, utf8("later"));
    receive(connection, 1_300, server.pong(utf8("later")));
    expect(connection.deadline).toBe(2_000);
    expect(connection.deadlineName).toBe("ping");
  });

  test("the Pong of an earlier Ping of the caller leaves keepalive's outstanding", () => {
    const connection = open("server", options);
    connection.ping(900, utf8("earlier"));
    connection.handleTimeout(1_000);
    receive(connection, 1_300, server.pong(utf8("earlier")));
    expect(connection.latency).toBe(400);
    expect(connection.deadline).toBe(1_400);
    connection.handleTimeout(1_400);
    expect(connection.state).toBe("closing");
  });

  test("only keepalive's own Pings end a connection", () => {
    const connection = open("server", { pingInterval: null });
    connection.ping(0);
    expect(connection.deadline).toBeUndefined();
    connection.handleTimeout(1e9);
    expect(connection.state).toBe("open");
  });
});

describe("switched off", () => {
  test("pingInterval: null means no deadline at all while open", () => {
    const connection = open("server", { pingInterval: null, pingTimeout: 1 });
    expect(connection.deadline).toBeUndefined();
    expect(connection.deadlineName).toBeUndefined();
    receive(connection, 10, server.text("hello"), server.ping());
    connection.receivePaused(20);
    connection.receiveResumed(30);
    connection.handleTransportQueue(40, 0);
    connection.handleTimeout(1e9);
    expect(connection.deadline).toBeUndefined();
    expect(connection.state).toBe("open");
  });

  test("pingTimeout: null never ends it, and still keeps one Ping outstanding", () => {
    const connection = open("server", { pingInterval: 1_000, pingTimeout: null });
    expect(pingsIn(passTime(connection, 1e6)).map(({ now }) => now)).toEqual([1_000]);
    expect(connection.deadline).toBeUndefined();
    connection.receivePaused(1e6);
    connection.receiveResumed(2e6);
    connection.handleTimeout(1e9);
    expect(connection.state).toBe("open");
    receive(connection, 1e9, server.pong(hex`00 01 02 03`));
    expect(connection.latency).toBe(1e9 - 1_000);
    expect(pingsIn(passTime(connection, 2e9))).toHaveLength(1);
  });
});

describe("the payload of keepalive's Pings", () => {
  test("it is four random bytes", () => {
    const random = scriptedRandom(hex`01 02 03 04 f1 f2 f3 f4`);
    const connection = open("server", { random, pingInterval: 1_000, pingTimeout: 1_000 });
    answerPing(connection, 10);
    connection.handleTimeout(2_000);
    expect(takePing(connection)).toEqual(hex`f1 f2 f3 f4`);
  });

  test("it is drawn again on a collision with a waiting one", () => {
    const random = scriptedRandom(hex`01 02 03 04 01 02 03 04 aa bb cc dd`);
    const connection = open("server", { random, pingInterval: 1_000 });
    connection.ping(0, hex`01 02 03 04`);
    takeEffects(connection);
    connection.handleTimeout(1_000);
    expect(takePing(connection)).toEqual(hex`aa bb cc dd`);
  });

  test("it may be drawn again once it is settled", () => {
    const random = scriptedRandom(hex`01 02 03 04 01 02 03 04`);
    const connection = open("server", { random, pingInterval: 1_000 });
    answerPing(connection, 5);
    answerPing(connection, 6);
    expect(connection.latency).toBe(6);
  });

  test("randomness that repeats itself, or fails, is replaced by counting: each Ping is still told apart", () => {
    for (const random of [(target: Uint8Array) => void target.fill(0xff), scriptedRandom()]) {
      const connection = open("server", { random, pingInterval: null });
      for (let count = 0; count < 256; count++) connection.ping(count);
      const payloads = framesIn(takeEffects(connection)).map(({ payload }) => payload.join(" "));
      expect(new Set(payloads).size).toBe(256);
      expect(connection.state).toBe("open");
    }
  });
});

describe("jitter", () => {
  test("each interval is shortened by up to its share, never lengthened", () => {
    for (const [word, expected] of [
      [hex`00 00 00 00`, 1_000],
      [hex`80 00 00 00`, 850],
      [hex`ff ff ff ff`, 700],
    ] as const) {
      const connection = open("server", { random: scriptedRandom(word), pingInterval: 1_000, pingJitter: 0.3 });
      expect(connection.deadline).toBeCloseTo(expected, 3);
      expect(connection.deadline).toBeGreaterThan(700);
      expect(connection.deadline).toBeLessThanOrEqual(1_000);
    }
  });

  test("it stays in its range, differs from Ping to Ping, and is the same for the same randomness", () => {
    const run = (): number[] => {
      const connection = open("server", { pingInterval: 1_000, pingTimeout: 1_000, pingJitter: 0.5 });
      const instants = [0];
      for (let count = 0; count < 100; count++) {
        instants.push(connection.deadline!);
        answerPing(connection, 10);
      }
      return instants;
    };
    const instants = run();
    const intervals = instants.slice(1).map((instant, index) => instant - instants[index]!);
    for (const interval of intervals) {
      expect(interval).toBeGreaterThan(500);
      expect(interval).toBeLessThanOrEqual(1_000);
    }
    expect(new Set(intervals).size).toBeGreaterThan(20);
    expect(run()).toEqual(instants);
  });

  test("a jitter of 1 spreads over the whole interval and still makes progress", () => {
    const connection = open("server", {
      random: (target) => void target.fill(0xff),
      pingInterval: 1_000,
      pingTimeout: 1_000,
      pingJitter: 1,
    });
    expect(connection.deadline).toBeGreaterThan(0);
    const moments = passTime(connection, 500);
    expect(pingsIn(moments)).toHaveLength(1);
  });

  test("randomness that fails costs the jitter, nothing else", () => {
    const connection = open("server", { random: scriptedRandom(), pingInterval: 1_000, pingJitter: 1 });
    expect(connection.deadline).toBe(1_000);
  });
});

describe("what counts as life", () => {
  const keepalive = { pingInterval: 1_000, pingTimeout: 400 } as const;

  test('"pong": other bytes do not count', () => {
    const connection = open("server", { ...keepalive, liveness: "pong" });
    connection.handleTimeout(1_000);
    receive(connection, 1_399, server.text("alive"));
    connection.handleTransportQueue(1_399, 0);
    connection.handleTimeout(1_400);
    expect(connection.state).toBe("closing");
  });

  test('"inbound": every byte moves the deadline, part of a frame too; the transport taking ours does not', () => {
    const connection = open("server", { ...keepalive, liveness: "inbound" });
    connection.handleTimeout(1_000);
    takeEffects(connection);
    const slow = server.binary(new Uint8Array(3));
    for (const [index, byte] of slow.entries()) {
      const now = 1_300 + index * 300;
      receive(connection, now, Uint8Array.of(byte));
      passTime(connection, now + 299);
      expect(connection.state).toBe("open");
    }
    const last = 1_300 + (slow.length - 1) * 300;
    connection.handleTransportQueue(last + 100, 0);
    const moments = passTime(connection, last + 400);
    expect(moments.at(-1)?.now).toBe(last + 400);
    expect(connection.state).toBe("closing");
  });

  test('"inbound": bytes from before the Ping do not count', () => {
    const connection = open("server", { ...keepalive, liveness: "inbound" });
    receive(connection, 999, server.text("alive"));
    connection.handleTimeout(1_000);
    connection.handleTimeout(1_400);
    expect(connection.state).toBe("closing");
  });

  test('"progress": the transport taking our bytes counts, and so does any byte received', () => {
    const connection = open("server", { ...keepalive, liveness: "progress" });
    connection.sendBinary(new Uint8Array(100_000));
    const { bytes } = takeEffects(connection);
    connection.handleTransportQueue(0, bytes.length);
    connection.handleTimeout(1_000);
    takeEffects(connection);
    connection.handleTransportQueue(1_300, 50_000);
    passTime(connection, 1_699);
    expect(connection.state).toBe("open");
    receive(connection, 1_699, server.text("alive"));
    passTime(connection, 2_098);
    expect(connection.state).toBe("open");
    // A queue that does not shrink is no progress.
    connection.handleTransportQueue(2_098, 50_000);
    passTime(connection, 2_099);
    expect(connection.state).toBe("closing");
  });

  test("with each of them a silent peer is given up at the timeout", () => {
    for (const liveness of ["pong", "inbound", "progress"] as const) {
      const connection = open("server", { ...keepalive, liveness });
      const moments = passTime(connection, 1_400);
      expect(moments.at(-1)?.now).toBe(1_400);
      expect(connection.state).toBe("closing");
    }
  });

  test("signs of life keep the connection, but no new Ping goes out until the Pong is there", () => {
    const connection = open("server", { ...keepalive, liveness: "inbound" });
    const pings = [];
    for (let now = 0; now <= 10_000; now += 100) {
      pings.push(...pingsIn(passTime(connection, now)));
      receive(connection, now, server.text("alive"));
    }
    expect(pings.map(({ now }) => now)).toEqual([1_000]);
    expect(connection.state).toBe("open");
  });
});

describe("while we do not read", () => {
  const keepalive = { pingInterval: 1_000, pingTimeout: 400 } as const;

  test('"count": the timeout runs on, and the event says that we had stopped reading', () => {
    const connection = open("server", keepalive);
    connection.handleTimeout(1_000);
    connection.receivePaused(1_100);
    connection.handleTimeout(1_400);
    connection.handleTransportClosed(1_400);
    expect(closedIn(drain(connection))).toMatchObject({
      cause: { kind: "ping-timeout" },
      diagnosis: { readingPaused: true },
    });
  });

  test('"suspend": the clock stands still, and goes on with what was left', () => {
    const connection = open("server", { ...keepalive, pausedReading: "suspend" });
    connection.handleTimeout(1_000);
    connection.receivePaused(1_100);
    connection.receivePaused(1_150);
    expect(connection.deadline).toBeUndefined();
    connection.handleTimeout(50_000);
    expect(connection.state).toBe("open");
    connection.receiveResumed(50_000);
    connection.receiveResumed(50_100);
    expect(connection.deadline).toBe(50_300);
    connection.handleTimeout(50_299);
    expect(connection.state).toBe("open");
    connection.handleTimeout(50_300);
    expect(connection.state).toBe("closing");
  });

  test('"suspend": a Pong that is read after the pause keeps the connection', () => {
    const connection = open("server", { ...keepalive, pausedReading: "suspend" });
    connection.handleTimeout(1_000);
    const payload = takePing(connection);
    connection.receivePaused(1_399);
    connection.receiveResumed(9_000);
    receive(connection, 9_000, server.pong(payload));
    connection.handleTimeout(9_001);
    expect(connection.state).toBe("open");
  });

  test('"suspend": a pause that began when the time was up still gives one read pass after it', () => {
    for (const pausedAt of [1_400, 1_401]) {
      const connection = open("server", { ...keepalive, pausedReading: "suspend" });
      connection.handleTimeout(1_000);
      const payload = takePing(connection);
      connection.receivePaused(pausedAt);
      connection.receiveResumed(9_000);
      connection.handleTimeout(9_000);
      expect(connection.state).toBe("open");
      receive(connection, 9_000, server.pong(payload));
      expect(connection.state).toBe("open");
      expect(connection.latency).toBe(8_000);
    }
  });

  test('"suspend": a Ping sent during the pause has its whole timeout after it', () => {
    const connection = open("server", { ...keepalive, pausedReading: "suspend" });
    connection.receivePaused(500);
    expect(pingsIn(passTime(connection, 30_000)).map(({ now }) => now)).toEqual([1_000]);
    connection.receiveResumed(30_000);
    expect(connection.deadline).toBe(30_400);
    connection.handleTimeout(30_400);
    expect(connection.state).toBe("closing");
  });

  test('"suspend" with other signs of life: those from before the pause count as if it had not been', () => {
    const connection = open("server", { ...keepalive, liveness: "inbound", pausedReading: "suspend" });
    connection.handleTimeout(1_000);
    receive(connection, 1_350, server.text("alive"));
    connection.receivePaused(1_360);
    connection.receiveResumed(9_000);
    // 10 ms of silence before the pause, 390 are left.
    passTime(connection, 9_389);
    expect(connection.state).toBe("open");
    passTime(connection, 9_390);
    expect(connection.state).toBe("closing");
  });

  test('"suspend": what arrived although we had stopped reading counts until the end of the pause', () => {
    const connection = open("server", { ...keepalive, liveness: "inbound", pausedReading: "suspend" });
    connection.handleTimeout(1_000);
    connection.receivePaused(1_100);
    receive(connection, 1_200, server.text("was on its way"));
    connection.receiveResumed(9_000);
    passTime(connection, 9_399);
    expect(connection.state).toBe("open");
    passTime(connection, 9_400);
    expect(connection.state).toBe("closing");
  });

  test('"suspend": a Pong during the pause settles the Ping for good', () => {
    const connection = open("server", { ...keepalive, pausedReading: "suspend" });
    connection.handleTimeout(1_000);
    connection.receivePaused(1_100);
    receive(connection, 1_200, server.pong(takePing(connection)));
    connection.receiveResumed(1_300);
    expect(connection.deadline).toBe(2_000);
  });

  test('"suspend": closing does not wait for us to read again', () => {
    const connection = open("server", { ...keepalive, pausedReading: "suspend", closeTimeout: 700 });
    connection.handleTimeout(1_000);
    connection.receivePaused(1_100);
    connection.close(1_200);
    expect(connection.deadline).toBe(1_900);
    connection.receiveResumed(1_300);
    expect(connection.deadline).toBe(1_900);
    expect(connection.deadlineName).toBe("close");
  });
});

describe("wake-ups", () => {
  test("spurious ones do nothing, in every state", () => {
    const connection = open("server", { pingInterval: 1_000, pingTimeout: 400, closeTimeout: 300 });
    const untouched = (now: number): void => {
      const before = [connection.deadline, connection.deadlineName, connection.state];
      for (let count = 0; count < 3; count++) connection.handleTimeout(now);
      expect(drain(connection)).toMatchObject({ events: [], effects: [] });
      expect([connection.deadline, connection.deadlineName, connection.state]).toEqual(before);
    };
    untouched(0);
    untouched(999);
    connection.handleTimeout(1_000);
    takeEffects(connection);
    untouched(1_399);
    connection.handleTimeout(1_400);
    takeEffects(connection);
    untouched(1_699);
    connection.handleTimeout(1_700);
    drain(connection);
    untouched(1e9);
  });

  test("every wake-up makes progress: afterwards the deadline is later than now, or there is none", () => {
    for (const liveness of ["pong", "inbound", "progress"] as const) {
      for (const late of [0, 1, 2, 3, 100, 1e6]) {
        const connection = open("client", { pingInterval: 1, pingTimeout: 1, closeTimeout: 1, liveness });
        for (let wakeUps = 0; connection.deadline !== undefined; wakeUps++) {
          expect(wakeUps).toBeLessThan(10);
          const now = connection.deadline + late;
          if (wakeUps < 4) connection.receive(now, Uint8Array.of(0x89)); // one sign of life at each of the first ones
          connection.handleTimeout(now);
          if (connection.deadline !== undefined) expect(connection.deadline).toBeGreaterThan(now);
        }
        expect(connection.state).toBe("closed");
      }
    }
  });
});
