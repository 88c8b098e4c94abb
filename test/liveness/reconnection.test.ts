// When to connect again, and when to give up.

import { describe, expect, test } from "vitest";
import {
  isFinalLoss,
  type Loss,
  Reconnection,
  type ReconnectionOptions,
  ReconnectionSettings,
} from "../../packages/protocol/src/liveness/index.ts";
import { SeededRandom, scriptedRandom } from "../../packages/protocol/src/testing/index.ts";

/** Draws 0: each delay is its bound. */
const longest = scriptedRandom([0]);

function start(options: Partial<ReconnectionOptions> = {}, isOnline = true): Reconnection {
  return new Reconnection(0, { random: longest, ...options }, isOnline);
}

/** One that is open since 0. */
function open(options: Partial<ReconnectionOptions> = {}): Reconnection {
  const reconnection = start(options);
  reconnection.nextAction();
  reconnection.opened(0);
  return reconnection;
}

function actions(reconnection: Reconnection): string[] {
  const taken: string[] = [];
  for (let action = reconnection.nextAction(); action !== undefined; action = reconnection.nextAction()) {
    taken.push(action.kind === "connect" ? `connect ${action.attempt}` : `abandon: ${action.because}`);
  }
  return taken;
}

/** Fails the attempt that is under way, and returns how long the delay before the next one is. */
function delayAfterFailure(reconnection: Reconnection, now: number): number {
  reconnection.closed(now, 1006, "");
  return reconnection.deadline! - now;
}

/** Goes on to the next attempt. */
function retry(reconnection: Reconnection): number {
  const now = reconnection.deadline!;
  reconnection.handleTimeout(now);
  expect(actions(reconnection)).toHaveLength(1);
  return now;
}

describe("the first attempt", () => {
  test("is made at once", () => {
    const reconnection = start();
    expect(reconnection.state).toBe("connecting");
    expect(actions(reconnection)).toEqual(["connect 1"]);
    expect(actions(reconnection)).toEqual([]);
  });

  test("waits for a network, if there is none", () => {
    const reconnection = start({}, false);
    expect(reconnection.state).toBe("paused");
    expect(actions(reconnection)).toEqual([]);
    expect(reconnection.deadline).toBeUndefined();
    reconnection.online(5_000);
    expect(actions(reconnection)).toEqual(["connect 1"]);
  });
});

describe("the delay", () => {
  test("is bounded by a second after the first failure, twice as much after each further one, and half a minute", () => {
    const reconnection = start();
    actions(reconnection);
    const delays: number[] = [];
    for (let now = 0; delays.length < 8; now = retry(reconnection)) delays.push(delayAfterFailure(reconnection, now));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("stays at its bound after any number of failures", () => {
    const reconnection = start({ factor: 1e300, maxDelay: 5_000 });
    actions(reconnection);
    for (let now = 0, count = 0; count < 5; count++, now = retry(reconnection)) reconnection.closed(now, 1006, "");
    expect(delayAfterFailure(reconnection, 100_000)).toBe(5_000);
  });

  test("is drawn from the whole of it, never nothing, and the same randomness draws the same", () => {
    const draw = (seed: number): number[] => {
      const reconnection = start({ random: new SeededRandom(seed).fill, minDelay: 1_000, maxDelay: 1_000 });
      actions(reconnection);
      const delays: number[] = [];
      for (let now = 0; delays.length < 400; now = retry(reconnection)) {
        delays.push(delayAfterFailure(reconnection, now));
      }
      return delays;
    };
    const delays = draw(1);
    expect(draw(1)).toEqual(delays);
    expect(Math.min(...delays)).toBeGreaterThan(0);
    expect(Math.min(...delays)).toBeLessThan(20);
    expect(Math.max(...delays)).toBeGreaterThan(980);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
  });

  test("is the longest where randomness fails, so that nobody hammers a server", () => {
    const reconnection = start({ random: scriptedRandom(new Error("no entropy")) });
    actions(reconnection);
    expect(delayAfterFailure(reconnection, 0)).toBe(1_000);
  });

  test("ends exactly when it is over, and can be seen", () => {
    const reconnection = start();
    actions(reconnection);
    expect(reconnection.retryAt).toBeUndefined();
    reconnection.closed(100, 1006, "");
    expect(reconnection.state).toBe("waiting");
    expect(reconnection.retryAt).toBe(1_100);
    reconnection.handleTimeout(1_099);
    expect(actions(reconnection)).toEqual([]);
    reconnection.handleTimeout(1_100);
    expect(actions(reconnection)).toEqual(["connect 2"]);
    expect(reconnection.retryAt).toBeUndefined();
    reconnection.opened(1_200);
    expect(reconnection.retryAt).toBeUndefined(); // although it waits, to prove stable
  });

  test("can be cut short", () => {
    const reconnection = start();
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    reconnection.retryNow(1);
    expect(actions(reconnection)).toEqual(["connect 2"]);
    reconnection.retryNow(2);
    expect(actions(reconnection)).toEqual([]);
  });
});

describe("stability", () => {
  test("a connection that merely opened does not start the delays anew", () => {
    const reconnection = start();
    let now = 0;
    const delays: number[] = [];
    for (let count = 0; count < 4; count++) {
      actions(reconnection);
      reconnection.opened(now);
      now += 9_999;
      delays.push(delayAfterFailure(reconnection, now));
      now = reconnection.deadline!;
      reconnection.handleTimeout(now);
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(reconnection.failures).toBe(4);
  });

  test.each([
    ["when it is woken for it", true],
    ["also when it was never woken", false],
  ])("one that was open for ten seconds does, %s", (_when, woken) => {
    const reconnection = start();
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    retry(reconnection);
    reconnection.closed(1_000, 1006, "");
    retry(reconnection);
    reconnection.opened(5_000);
    expect(reconnection.deadline).toBe(15_000);
    if (woken) {
      reconnection.handleTimeout(14_999);
      expect(reconnection.failures).toBe(2);
      reconnection.handleTimeout(15_000);
      expect(reconnection.failures).toBe(0);
      expect(reconnection.deadline).toBeUndefined();
      reconnection.handleTimeout(15_001);
    }
    expect(delayAfterFailure(reconnection, 15_001)).toBe(1_000);
    retry(reconnection);
    expect(delayAfterFailure(reconnection, 20_000)).toBe(1_000);
    retry(reconnection);
    expect(delayAfterFailure(reconnection, 30_000)).toBe(2_000);
  });
});

describe("the network", () => {
  test("there is no attempt while it is away; the moment it is back, there is one", () => {
    const reconnection = start();
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    reconnection.offline(500);
    expect(reconnection.state).toBe("paused");
    expect(reconnection.deadline).toBeUndefined();
    reconnection.handleTimeout(1e6);
    reconnection.retryNow(1e6);
    expect(actions(reconnection)).toEqual([]);
    reconnection.online(1e6 + 1);
    expect(actions(reconnection)).toEqual(["connect 2"]);
  });

  test("its return ends a delay, also if nobody saw it go", () => {
    const reconnection = start();
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    reconnection.online(10);
    expect(actions(reconnection)).toEqual(["connect 2"]);
  });

  test("what is open, or on its way, is left alone when it goes and when it returns", () => {
    const connecting = start();
    actions(connecting);
    const opened = open();
    for (const reconnection of [connecting, opened]) {
      const { state } = reconnection;
      reconnection.offline(10);
      reconnection.online(20);
      expect(reconnection.state).toBe(state);
      expect(actions(reconnection)).toEqual([]);
    }
  });

  test("a connection that is lost while it is away waits for it, and goes on counting failures", () => {
    const reconnection = open();
    reconnection.offline(10);
    reconnection.closed(20, 1006, "");
    expect(reconnection.state).toBe("paused");
    expect(actions(reconnection)).toEqual([]);
    reconnection.online(30);
    expect(actions(reconnection)).toEqual(["connect 2"]);
    expect(delayAfterFailure(reconnection, 40)).toBe(2_000);
  });
});

describe("a page that is put away", () => {
  test("has no connection, and gets one at once when it is shown again", () => {
    const reconnection = open();
    reconnection.suspend(100);
    expect(actions(reconnection)).toEqual(["abandon: suspended"]);
    expect(reconnection.state).toBe("paused");
    reconnection.online(200);
    expect(actions(reconnection)).toEqual([]);
    reconnection.resume(300);
    expect(actions(reconnection)).toEqual(["connect 1"]);
  });

  test("it counts as no failure, and as stability if there was any", () => {
    const reconnection = start();
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    retry(reconnection);
    reconnection.opened(2_000);
    reconnection.suspend(2_500);
    expect(reconnection.failures).toBe(1);
    reconnection.resume(3_000);
    reconnection.opened(3_000);
    reconnection.suspend(20_000);
    expect(reconnection.failures).toBe(0);
  });

  test("a delay that is over, and was not noticed, is no stability", () => {
    const reconnection = start();
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    reconnection.suspend(60_000);
    expect(reconnection.failures).toBe(1);
  });

  test("also ends an attempt, one that nobody has begun yet, and a delay", () => {
    const begun = start();
    actions(begun);
    begun.suspend(1);
    expect(actions(begun)).toEqual(["abandon: suspended"]);
    const wanted = start();
    wanted.suspend(1);
    expect(actions(wanted)).toEqual([]);
    const waiting = start();
    actions(waiting);
    waiting.closed(0, 1006, "");
    waiting.suspend(1);
    for (const reconnection of [begun, wanted, waiting]) {
      expect(reconnection.state).toBe("paused");
      expect(reconnection.deadline).toBeUndefined();
    }
  });

  test("a closing handshake is not waited for", () => {
    const reconnection = open();
    reconnection.close(10);
    reconnection.suspend(20);
    expect(actions(reconnection)).toEqual(["abandon: suspended"]);
    expect(reconnection.stopReason).toBe("closed");
  });

  test("needs a network when it is shown again", () => {
    const reconnection = open();
    reconnection.suspend(10);
    reconnection.offline(20);
    reconnection.resume(30);
    expect(actions(reconnection)).toEqual(["abandon: suspended"]);
    reconnection.online(40);
    expect(actions(reconnection)).toEqual(["connect 1"]);
  });

  test("a page that is put away and shown before anybody looked abandons first, and then connects", () => {
    const reconnection = open();
    reconnection.suspend(10);
    reconnection.resume(10);
    expect(actions(reconnection)).toEqual(["abandon: suspended", "connect 1"]);
  });

  test("being shown without having been put away changes nothing", () => {
    const reconnection = open();
    reconnection.resume(10);
    expect(actions(reconnection)).toEqual([]);
  });
});

describe("an attempt that leads to nothing", () => {
  test("is abandoned after `openTimeout`, and has failed", () => {
    const reconnection = start({ openTimeout: 3_000 });
    actions(reconnection);
    expect(reconnection.deadline).toBe(3_000);
    reconnection.handleTimeout(2_999);
    expect(reconnection.state).toBe("connecting");
    reconnection.handleTimeout(3_000);
    expect(actions(reconnection)).toEqual(["abandon: open-timeout"]);
    expect(reconnection.retryAt).toBe(4_000);
    expect(reconnection.failures).toBe(1);
  });

  test("is given a moment to be heard, when the wake-up comes late", () => {
    const reconnection = start({ grace: 500 });
    actions(reconnection);
    reconnection.handleTimeout(60_000);
    expect(actions(reconnection)).toEqual([]);
    expect(reconnection.deadline).toBe(60_500);
    reconnection.opened(60_010);
    expect(reconnection.state).toBe("open");
    expect(reconnection.deadline).toBe(70_010);
  });

  test("may take for ever with `openTimeout: null`", () => {
    const reconnection = start({ openTimeout: null });
    expect(reconnection.deadline).toBeUndefined();
  });
});

describe("giving up", () => {
  test.each([1000, 1010, 3000, 3003])("by default a Close with %d is final", (code) => {
    const reconnection = open();
    reconnection.closed(10, code, "");
    expect(reconnection.state).toBe("stopped");
    expect(reconnection.stopReason).toBe("given-up");
    expect(reconnection.deadline).toBeUndefined();
    expect(actions(reconnection)).toEqual([]);
  });

  test("by default nothing else is", () => {
    for (const code of [1001, 1002, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 1015, 3001, 4000, 4999]) {
      expect(isFinalLoss({ code, reason: "", opened: true })).toBe(false);
    }
  });

  test("the predicate sees the code, the reason, and whether it was open", () => {
    const losses: Loss[] = [];
    const giveUp = (loss: Loss): boolean => {
      losses.push(loss);
      return loss.code === 4001;
    };
    const reconnection = start({ giveUp, openTimeout: 500 });
    actions(reconnection);
    reconnection.handleTimeout(500);
    expect(actions(reconnection)).toEqual(["abandon: open-timeout"]);
    retry(reconnection);
    reconnection.opened(2_000);
    reconnection.closed(3_000, 1008, "who are you?");
    expect(reconnection.state).toBe("waiting");
    retry(reconnection);
    reconnection.opened(6_000);
    reconnection.closed(7_000, 4001, "never come back");
    expect(reconnection.stopReason).toBe("given-up");
    expect(losses).toEqual([
      { code: 1006, reason: "", opened: false },
      { code: 1008, reason: "who are you?", opened: true },
      { code: 4001, reason: "never come back", opened: true },
    ]);
  });

  test("after `maxAttempts` failures in a row there is no further attempt; a stable connection starts anew", () => {
    const reconnection = start({ maxAttempts: 3 });
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    retry(reconnection);
    reconnection.closed(1_000, 1006, "");
    const now = retry(reconnection);
    reconnection.opened(now);
    reconnection.closed(now + 10_000, 1006, "");
    for (let failed = 1; failed <= 3; failed++) {
      expect(reconnection.state).toBe("waiting");
      reconnection.closed(retry(reconnection), 1006, "");
    }
    expect(reconnection.state).toBe("stopped");
    expect(reconnection.stopReason).toBe("too-many-attempts");
  });
});

describe("closing", () => {
  test("an open connection ends with its closing handshake, and no other follows", () => {
    const reconnection = open();
    reconnection.close(100);
    expect(reconnection.state).toBe("closing");
    expect(reconnection.deadline).toBe(10_100);
    reconnection.close(200);
    expect(reconnection.deadline).toBe(10_100);
    reconnection.closed(300, 1001, "");
    expect(reconnection.state).toBe("stopped");
    expect(reconnection.stopReason).toBe("closed");
    expect(actions(reconnection)).toEqual([]);
  });

  test("is waited for until `closeTimeout`, and then abandoned; a late wake-up first gives a moment", () => {
    const reconnection = open({ closeTimeout: 500 });
    reconnection.close(0);
    reconnection.handleTimeout(499);
    reconnection.handleTimeout(9_000);
    expect(actions(reconnection)).toEqual([]);
    reconnection.handleTimeout(9_001);
    expect(actions(reconnection)).toEqual(["abandon: close-timeout"]);
    expect(reconnection.stopReason).toBe("closed");
  });

  test("is abandoned exactly then, if the wake-up comes in time", () => {
    const reconnection = open({ closeTimeout: 500 });
    reconnection.close(0);
    reconnection.handleTimeout(500);
    expect(actions(reconnection)).toEqual(["abandon: close-timeout"]);
  });

  test("may take for ever with `closeTimeout: null`", () => {
    const reconnection = open({ closeTimeout: null });
    reconnection.close(0);
    expect(reconnection.deadline).toBeUndefined();
  });

  test("without an open connection there is nothing to wait for", () => {
    const connecting = start();
    actions(connecting);
    const waiting = start();
    actions(waiting);
    waiting.closed(0, 1006, "");
    const paused = start({}, false);
    const taken = [connecting, waiting, paused].map((reconnection) => {
      reconnection.close(10);
      expect(reconnection.state).toBe("stopped");
      return actions(reconnection);
    });
    expect(taken).toEqual([["abandon: stopped"], [], []]);
  });

  test("stopping drops what there is", () => {
    const opened = open();
    opened.stop();
    const closing = open();
    closing.close(0);
    closing.stop();
    for (const reconnection of [opened, closing]) {
      expect(actions(reconnection)).toEqual(["abandon: stopped"]);
      expect(reconnection.stopReason).toBe("closed");
    }
  });

  test("what has stopped stays so, whatever happens", () => {
    const reconnection = open();
    reconnection.closed(1, 1000, "");
    reconnection.opened(2);
    reconnection.closed(3, 1006, "");
    reconnection.online(4);
    reconnection.offline(5);
    reconnection.suspend(6);
    reconnection.resume(7);
    reconnection.retryNow(8);
    reconnection.close(9);
    reconnection.stop();
    reconnection.handleTimeout(1e9);
    expect(reconnection.state).toBe("stopped");
    expect(reconnection.stopReason).toBe("given-up");
    expect(reconnection.deadline).toBeUndefined();
    expect(actions(reconnection)).toEqual([]);
  });
});

describe("what comes out of order", () => {
  test("an opening that nobody waits for changes nothing", () => {
    const reconnection = start();
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    reconnection.opened(1);
    expect(reconnection.state).toBe("waiting");
  });

  test("a loss of nothing changes nothing", () => {
    const reconnection = start();
    actions(reconnection);
    reconnection.closed(0, 1006, "");
    reconnection.closed(500, 1006, "");
    expect(reconnection.retryAt).toBe(1_000);
    expect(reconnection.failures).toBe(1);
  });

  test("an attempt that was reported as failed before it was taken is not made", () => {
    const reconnection = start();
    reconnection.closed(0, 1006, "");
    expect(actions(reconnection)).toEqual([]);
  });

  test("a clock that steps backwards stands still", () => {
    const reconnection = open();
    reconnection.closed(5_000, 1006, "");
    reconnection.handleTimeout(-1e9);
    reconnection.handleTimeout(Number.NaN);
    expect(reconnection.deadline).toBe(6_000);
    reconnection.online(10);
    expect(reconnection.deadline).toBe(15_000);
  });

  test("a deadline that was missed is not in the past", () => {
    const reconnection = open();
    reconnection.offline(50_000);
    expect(reconnection.deadline).toBe(50_000);
  });
});

describe("options", () => {
  test.each<[name: string, options: object]>([
    ["a delay of nothing", { minDelay: 0 }],
    ["a longest delay that is shorter than the shortest", { minDelay: 2_000, maxDelay: 1_000 }],
    ["an endless delay", { maxDelay: Number.POSITIVE_INFINITY }],
    ["a factor below 1", { factor: 0.5 }],
    ["no attempt", { maxAttempts: 0 }],
    ["stability at once", { stableAfter: 0 }],
    ["a timeout of nothing", { openTimeout: 0 }],
    ["a closing timeout of nothing", { closeTimeout: 0 }],
    ["grace of nothing", { grace: 0 }],
    ["no randomness", { random: undefined }],
  ])("%s is refused", (_name, options) => {
    expect(() => start(options)).toThrow(expect.objectContaining({ name: "UsageError", code: "bad-option" }));
  });

  test("may be checked once; a long first delay is a long longest one", () => {
    const settings = new ReconnectionSettings({ random: longest, minDelay: 60_000 });
    const reconnection = new Reconnection(0, settings);
    actions(reconnection);
    expect(delayAfterFailure(reconnection, 0)).toBe(60_000);
    retry(reconnection);
    expect(delayAfterFailure(reconnection, 60_000)).toBe(60_000);
  });
});
