// Keepalive by messages of the application, for those who can send no Pings.

import { describe, expect, test } from "vitest";
import { READ_PASS } from "../../packages/protocol/src/liveness/deadline.ts";
import {
  answerKeepalive,
  type KeepaliveFormat,
  MAX_KEEPALIVE_LENGTH,
  MessageKeepalive,
  type MessageKeepaliveOptions,
  MessageKeepaliveSettings,
  textKeepalive,
} from "../../packages/protocol/src/liveness/index.ts";
import { countingRandom, scriptedRandom } from "../../packages/protocol/src/testing/index.ts";

const timings = { interval: 1_000, timeout: 400 } as const;

function open(options: Partial<MessageKeepaliveOptions> = {}, now = 0): MessageKeepalive {
  return new MessageKeepalive(now, { random: countingRandom, ...options });
}

/** Wakes it at its deadlines until `end`, and returns what it wants to send, with the instants. */
function wake(keepalive: MessageKeepalive, end: number): (readonly [now: number, message: unknown])[] {
  const sent: (readonly [number, unknown])[] = [];
  for (let now = keepalive.deadline; now !== undefined && now <= end; now = keepalive.deadline) {
    keepalive.handleTimeout(now);
    const message = keepalive.nextMessage();
    if (message !== undefined) sent.push([now, message]);
    if (keepalive.deadline !== undefined && keepalive.deadline <= now) throw new Error("no progress");
  }
  return sent;
}

/** Asks at 1000, and answers after each of these. */
function answeredAfter(keepalive: MessageKeepalive, roundTrip: number): void {
  const asked = keepalive.deadline!;
  keepalive.handleTimeout(asked);
  keepalive.receive(asked + roundTrip, answerKeepalive(keepalive.nextMessage()!)!);
}

describe("the schedule", () => {
  test("the first message goes out an interval after opening, and no millisecond earlier", () => {
    const keepalive = open(timings, 500);
    expect(keepalive.deadline).toBe(1_500);
    keepalive.handleTimeout(1_499);
    expect(keepalive.nextMessage()).toBeUndefined();
    keepalive.handleTimeout(1_500);
    expect(keepalive.nextMessage()).toBe("sansock:ping 1");
    expect(keepalive.nextMessage()).toBeUndefined();
  });

  test("by default it asks every 20 s and waits 20 s", () => {
    const keepalive = open();
    expect(keepalive.deadline).toBe(20_000);
    keepalive.handleTimeout(20_000);
    expect(keepalive.deadline).toBe(40_000);
  });

  test("the period is the interval, whatever the round trip", () => {
    const keepalive = open(timings);
    for (const roundTrip of [10, 399, 0]) answeredAfter(keepalive, roundTrip);
    expect(keepalive.deadline).toBe(4_000);
  });

  test("while an answer is outstanding nothing else is asked; then at once, if it was due", () => {
    const keepalive = open({ interval: 1_000, timeout: null });
    expect(wake(keepalive, 9_500)).toEqual([[1_000, "sansock:ping 1"]]);
    expect(keepalive.deadline).toBeUndefined();
    keepalive.receive(9_500, "sansock:pong 1");
    expect(keepalive.deadline).toBe(9_500);
    expect(wake(keepalive, 9_500)).toEqual([[9_500, "sansock:ping 2"]]);
  });

  test("messages of the application neither postpone it nor replace it", () => {
    const keepalive = open(timings);
    expect(keepalive.receive(999, "hello")).toBe(false);
    expect(keepalive.deadline).toBe(1_000);
  });

  test("without an interval there is no deadline at all, and nothing is sent", () => {
    const keepalive = open({ interval: null });
    expect(keepalive.deadline).toBeUndefined();
    keepalive.handleTimeout(1e9);
    expect(keepalive.nextMessage()).toBeUndefined();
  });

  test("without an interval a probe asks once, and no more follows", () => {
    const keepalive = open({ interval: null, timeout: 400 });
    keepalive.probe(5);
    keepalive.probe(6);
    expect(keepalive.deadline).toBe(405);
    expect(keepalive.nextMessage()).toBe("sansock:ping 1");
    keepalive.receive(10, "sansock:pong 1");
    expect(wake(keepalive, 300)).toEqual([[10, "sansock:ping 2"]]);
    keepalive.receive(310, "sansock:pong 2");
    expect(keepalive.deadline).toBeUndefined();
  });

  test("jitter shortens each interval by up to its share, reproducibly", () => {
    const shortened = (...answers: number[][]): number =>
      open({ ...timings, jitter: 0.5, random: scriptedRandom(...answers) }).deadline!;
    expect(shortened([0])).toBe(1_000);
    expect(shortened([128, 0, 0, 0])).toBe(750);
    expect(shortened([255])).toBeCloseTo(500, 5);
    expect(shortened([255])).toBeGreaterThan(500);
  });

  test("randomness that fails costs the jitter, and nothing else", () => {
    const random = scriptedRandom(new Error("no entropy"));
    expect(open({ ...timings, jitter: 1, random }).deadline).toBe(1_000);
  });

  test("spurious wake-ups do nothing, and every wake-up makes progress", () => {
    const keepalive = open(timings);
    for (let now = 0; now < 1_000; now += 50) keepalive.handleTimeout(now);
    expect(keepalive.deadline).toBe(1_000);
    for (const now of [1_000, 1_000, 1_100, 1_399]) {
      keepalive.handleTimeout(now);
      expect(keepalive.deadline).toBeGreaterThan(now);
    }
    expect(keepalive.nextMessage()).toBe("sansock:ping 1");
  });
});

describe("answers", () => {
  test("an answer is measured from the queueing of its message to its arrival", () => {
    const keepalive = open(timings);
    expect(keepalive.latency).toBeUndefined();
    expect(keepalive.rtt).toBeUndefined();
    keepalive.handleTimeout(1_000);
    expect(keepalive.receive(1_080, "sansock:pong 1")).toBe(true);
    expect(keepalive.latency).toBe(80);
    answeredAfter(keepalive, 40);
    expect(keepalive.latency).toBe(40);
    expect(keepalive.rtt).toEqual({ latest: 40, min: 40, smoothed: 75, variation: 40, samples: 2 });
  });

  test("one that answers nothing, or comes twice, changes nothing, and is none of the application's business", () => {
    const keepalive = open(timings);
    expect(keepalive.receive(1, "sansock:pong 1")).toBe(true);
    keepalive.handleTimeout(1_000);
    for (const stale of ["sansock:pong 7", "sansock:pong 0", "sansock:pong ", "sansock:pong one"]) {
      expect(keepalive.receive(1_010, stale)).toBe(true);
    }
    expect(keepalive.latency).toBeUndefined();
    expect(keepalive.receive(1_020, "sansock:pong 1")).toBe(true);
    expect(keepalive.receive(1_030, "sansock:pong 1")).toBe(true);
    expect(keepalive.rtt?.samples).toBe(1);
  });

  test("one that arrives a millisecond before the timeout saves the connection, also at the same instant", () => {
    for (const now of [1_399, 1_400]) {
      const keepalive = open(timings);
      keepalive.handleTimeout(1_000);
      keepalive.receive(now, "sansock:pong 1");
      keepalive.handleTimeout(1_400);
      expect(keepalive.hasFailed).toBe(false);
      expect(keepalive.deadline).toBe(2_000);
    }
  });

  test("without one in time the connection is given up, exactly then", () => {
    const keepalive = open(timings);
    keepalive.handleTimeout(1_000);
    keepalive.handleTimeout(1_399);
    expect(keepalive.hasFailed).toBe(false);
    keepalive.handleTimeout(1_400);
    expect(keepalive.hasFailed).toBe(true);
    expect(keepalive.deadline).toBeUndefined();
    expect(keepalive.nextMessage()).toBeUndefined();
  });

  test("with `timeout: null` nothing is ever given up", () => {
    const keepalive = open({ interval: 1_000, timeout: null });
    keepalive.handleTimeout(1_000);
    keepalive.handleTimeout(1e9);
    expect(keepalive.hasFailed).toBe(false);
  });

  test("any message that arrives is a sign of life, if that is what counts", () => {
    const keepalive = open({ ...timings, liveness: "inbound" });
    keepalive.handleTimeout(1_000);
    keepalive.receive(1_300, "busy");
    keepalive.transmitted(1_350);
    keepalive.handleTimeout(1_400);
    expect(keepalive.deadline).toBe(1_700);
    keepalive.handleTimeout(1_700);
    expect(keepalive.hasFailed).toBe(true);
  });

  test("so is something of ours that has left, if progress counts", () => {
    const keepalive = open({ ...timings, liveness: "progress" });
    keepalive.handleTimeout(1_000);
    keepalive.transmitted(1_350);
    keepalive.handleTimeout(1_400);
    expect(keepalive.deadline).toBe(1_750);
  });
});

describe("a late wake-up", () => {
  test("gives what has arrived the time to be delivered, before it judges", () => {
    const keepalive = open({ ...timings, grace: 500 });
    keepalive.handleTimeout(1_000);
    keepalive.handleTimeout(60_000); // the tab was throttled, or the laptop slept
    expect(keepalive.hasFailed).toBe(false);
    expect(keepalive.deadline).toBe(60_500);
    keepalive.receive(60_020, "sansock:pong 1");
    keepalive.handleTimeout(60_500);
    expect(keepalive.hasFailed).toBe(false);
  });

  test("gives it once: then the connection is given up, and it is known how late it was", () => {
    const keepalive = open(timings);
    keepalive.handleTimeout(1_000);
    keepalive.handleTimeout(60_000);
    expect(keepalive.deadline).toBe(60_000 + READ_PASS);
    expect(keepalive.diagnose(60_000).wokenLateBy).toBe(0);
    keepalive.handleTimeout(90_000);
    expect(keepalive.hasFailed).toBe(true);
    expect(keepalive.diagnose(90_000).wokenLateBy).toBe(58_600);
  });

  test("for a message is nobody's fault: it goes out, and its answer has the whole timeout", () => {
    const keepalive = open(timings);
    keepalive.handleTimeout(50_000);
    expect(keepalive.nextMessage()).toBe("sansock:ping 1");
    expect(keepalive.deadline).toBe(50_400);
  });
});

describe("a clock that steps backwards stands still", () => {
  test("no round trip is negative, and no deadline moves", () => {
    const keepalive = open(timings);
    keepalive.handleTimeout(1_000);
    expect(keepalive.receive(10, "sansock:pong 1")).toBe(true);
    expect(keepalive.latency).toBe(0);
    keepalive.handleTimeout(Number.NaN);
    keepalive.handleTimeout(-1e9);
    expect(keepalive.deadline).toBe(2_000);
    expect(keepalive.diagnose(-7).age).toBe(1_000);
  });
});

describe("a probe", () => {
  test("asks at once, and the schedule goes on from there", () => {
    const keepalive = open(timings);
    expect(keepalive.probe(300)).toBe(1);
    expect(keepalive.nextMessage()).toBe("sansock:ping 1");
    keepalive.receive(350, "sansock:pong 1");
    expect(keepalive.answeredId).toBe(1);
    expect(keepalive.deadline).toBe(1_300);
  });

  test("while an answer is outstanding, asks right after it: only that answer proves what was sent before", () => {
    const keepalive = open(timings);
    keepalive.handleTimeout(1_000);
    keepalive.nextMessage();
    expect(keepalive.probe(1_010)).toBe(2);
    expect(keepalive.probe(1_020)).toBe(2);
    expect(keepalive.nextMessage()).toBeUndefined();
    keepalive.receive(1_100, "sansock:pong 1");
    expect(keepalive.answeredId).toBe(1);
    expect(wake(keepalive, 1_100)).toEqual([[1_100, "sansock:ping 2"]]);
    keepalive.receive(1_150, "sansock:pong 2");
    expect(keepalive.answeredId).toBe(2);
    expect(keepalive.deadline).toBe(2_100);
  });

  test("asks nothing once the connection has ended", () => {
    const keepalive = open(timings);
    keepalive.stop();
    expect(keepalive.probe(10)).toBe(1); // which will never be answered
    expect(keepalive.nextMessage()).toBeUndefined();
    expect(keepalive.deadline).toBeUndefined();
  });
});

describe("the end", () => {
  test("after it nothing is asked and nothing given up, and what was not taken is dropped", () => {
    const keepalive = open(timings);
    keepalive.handleTimeout(1_000);
    keepalive.stop();
    keepalive.stop();
    expect(keepalive.nextMessage()).toBeUndefined();
    keepalive.handleTimeout(1e9);
    expect(keepalive.hasFailed).toBe(false);
    expect(keepalive.deadline).toBeUndefined();
  });

  test("a connection that was given up stays so", () => {
    const keepalive = open(timings);
    keepalive.handleTimeout(1_000);
    keepalive.handleTimeout(1_400);
    keepalive.stop();
    expect(keepalive.receive(1_401, "sansock:pong 1")).toBe(true);
    expect(keepalive.hasFailed).toBe(true);
    expect(keepalive.deadline).toBeUndefined();
  });
});

test("the diagnosis tells ages, and what never happened is undefined", () => {
  const keepalive = open(timings, 100);
  expect(keepalive.diagnose(100)).toEqual({
    age: 0,
    sinceReceived: undefined,
    sinceAnswered: undefined,
    sinceAsked: undefined,
    latency: undefined,
    wokenLateBy: 0,
  });
  answeredAfter(keepalive, 80);
  keepalive.receive(1_500, "hello");
  keepalive.handleTimeout(2_100);
  expect(keepalive.diagnose(2_200)).toEqual({
    age: 2_100,
    sinceReceived: 700,
    sinceAnswered: 1_020,
    sinceAsked: 100,
    latency: 80,
    wokenLateBy: 0,
  });
});

describe("formats", () => {
  test("the default one is text, with the id behind a space", () => {
    expect(textKeepalive.ask(17)).toBe("sansock:ping 17");
    expect(textKeepalive.answered?.("sansock:pong 17")).toBe(17);
    for (const other of ["", "sansock:pong", "sansock:ping 17", "hello", Uint8Array.of(1)]) {
      expect(textKeepalive.answered?.(other)).toBeUndefined();
    }
  });

  test("a server's answer to it holds whatever stood behind the space", () => {
    expect(answerKeepalive("sansock:ping 17")).toBe("sansock:pong 17");
    expect(answerKeepalive("sansock:ping \u{1f600}")).toBe("sansock:pong \u{1f600}");
    for (const other of ["", "sansock:ping", "sansock:pong 17", " sansock:ping 1", Uint8Array.of(1)]) {
      expect(answerKeepalive(other)).toBeUndefined();
    }
  });

  test("long messages are never taken for keepalive's, whatever they begin with", () => {
    const filling = "1".repeat(MAX_KEEPALIVE_LENGTH - "sansock:ping ".length);
    expect(answerKeepalive(`sansock:ping ${filling}`)).toBe(`sansock:pong ${filling}`);
    expect(answerKeepalive(`sansock:ping ${filling}1`)).toBeUndefined();
    const looked: number[] = [];
    const format: KeepaliveFormat = {
      ask: () => "",
      answered: (content) => {
        looked.push(content.length);
        return undefined;
      },
    };
    const keepalive = open({ format });
    keepalive.receive(0, "x".repeat(MAX_KEEPALIVE_LENGTH));
    keepalive.receive(0, new Uint8Array(MAX_KEEPALIVE_LENGTH + 1));
    expect(looked).toEqual([MAX_KEEPALIVE_LENGTH]);
  });

  test("an answer without an id answers whatever is outstanding", () => {
    const format: KeepaliveFormat = {
      ask: () => '{"type":"ping"}',
      answered: (content) => (content === '{"type":"pong"}' ? "any" : undefined),
    };
    const keepalive = open({ ...timings, format });
    expect(keepalive.receive(10, '{"type":"pong"}')).toBe(true);
    expect(keepalive.latency).toBeUndefined();
    keepalive.handleTimeout(1_000);
    expect(keepalive.nextMessage()).toBe('{"type":"ping"}');
    expect(keepalive.receive(1_030, '{"type":"pong"}')).toBe(true);
    expect(keepalive.latency).toBe(30);
  });

  test("messages may be bytes", () => {
    const format: KeepaliveFormat = {
      ask: (id) => Uint8Array.of(id),
      answered: (content) => (typeof content === "string" ? undefined : content[0]),
    };
    const keepalive = open({ ...timings, format });
    keepalive.handleTimeout(1_000);
    expect(keepalive.nextMessage()).toEqual(Uint8Array.of(1));
    keepalive.receive(1_007, Uint8Array.of(1));
    expect(keepalive.latency).toBe(7);
  });

  test("where nothing answers, messages go out at intervals, and nothing is measured or given up", () => {
    const keepalive = open({ interval: 1_000, timeout: 1, format: { ask: (id) => `${id}` } });
    expect(wake(keepalive, 3_500)).toEqual([
      [1_000, "1"],
      [2_000, "2"],
      [3_000, "3"],
    ]);
    expect(keepalive.receive(3_500, "1")).toBe(false);
    expect(keepalive.latency).toBeUndefined();
    expect(keepalive.answeredId).toBe(0);
    expect(keepalive.probe(3_500)).toBe(4);
    expect(keepalive.deadline).toBe(4_500);
  });

  test("one that throws is told to the caller, and costs that message only", () => {
    let fails = true;
    const format: KeepaliveFormat = {
      ask(id) {
        if (fails) throw new Error("no idea");
        return `${id}`;
      },
      answered() {
        throw new Error("no idea either");
      },
    };
    const keepalive = open({ ...timings, format });
    expect(() => keepalive.handleTimeout(1_000)).toThrow("no idea");
    expect(keepalive.nextMessage()).toBeUndefined();
    expect(keepalive.deadline).toBe(2_000);
    fails = false;
    keepalive.handleTimeout(2_000);
    expect(keepalive.nextMessage()).toBe("2");
    expect(() => keepalive.receive(2_010, "2")).toThrow("no idea either");
    expect(keepalive.deadline).toBe(2_400);
  });
});

describe("options", () => {
  test.each<[name: string, options: object]>([
    ["an interval of nothing", { interval: 0 }],
    ["an interval that is no number", { interval: Number.NaN }],
    ["an endless timeout", { timeout: Number.POSITIVE_INFINITY }],
    ["jitter above 1", { jitter: 1.1 }],
    ["jitter that is no number", { jitter: "0" }],
    ["grace of nothing", { grace: 0 }],
    ["another kind of life", { liveness: "heartbeat" }],
    ["no randomness", { random: undefined }],
  ])("%s is refused", (_name, options) => {
    expect(() => open(options)).toThrow(expect.objectContaining({ name: "UsageError", code: "bad-option" }));
  });

  test("may be checked once, and serve any number of connections", () => {
    const settings = new MessageKeepaliveSettings({ ...timings, random: countingRandom });
    expect(new MessageKeepalive(0, settings).deadline).toBe(1_000);
    expect(new MessageKeepalive(500, settings).deadline).toBe(1_500);
  });
});
