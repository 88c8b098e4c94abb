import { VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";

/** A clock, and a list of what has happened on it. */
function setUp(start?: number): { clock: VirtualClock; log: string[]; note: (what: string) => () => void } {
  const clock = new VirtualClock({ start });
  const log: string[] = [];
  return { clock, log, note: (what) => () => void log.push(`${what} at ${clock.now()}`) };
}

describe("alarms", () => {
  test("ring in the order of their instants, those of one instant in the order in which they were set", () => {
    const { clock, log, note } = setUp();
    clock.alarm(30, note("c"));
    clock.alarm(10, note("a"));
    clock.alarm(30, note("d"));
    clock.alarm(20, note("b"));
    clock.advance(100);
    expect(log).toEqual(["a at 10", "b at 20", "c at 30", "d at 30"]);
    expect(clock.now()).toBe(100);
  });

  test("ring exactly at their instant, and not one ms earlier", () => {
    const { clock, log, note } = setUp(1000);
    clock.alarm(1050, note("alarm"));
    clock.advance(49);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(["alarm at 1050"]);
  });

  test("of one instant come after what arrives, although it was set later", () => {
    const { clock, log, note } = setUp();
    clock.alarm(10, note("alarm"));
    clock.arrival(10, note("bytes"));
    clock.advance(10);
    expect(log).toEqual(["bytes at 10", "alarm at 10"]);
  });

  test("never ring when cancelled, not even by one of the same instant", () => {
    const { clock, log, note } = setUp();
    const cancel = clock.alarm(10, note("cancelled"));
    clock.alarm(10, note("other"));
    clock.arrival(10, cancel);
    clock.advance(20);
    cancel();
    expect(log).toEqual(["other at 10"]);
    expect(clock.pending).toBe(0);
  });

  test("that are overdue ring at the next step, without turning the clock back", () => {
    const { clock, log, note } = setUp(100);
    clock.alarm(5, note("overdue"));
    expect(log).toEqual([]);
    clock.advance(0);
    expect(log).toEqual(["overdue at 100"]);
  });

  test("may set others, also for the present instant", () => {
    const { clock, log, note } = setUp();
    clock.alarm(10, () => {
      note("first")();
      clock.alarm(10, note("second"));
      clock.alarm(25, note("third"));
    });
    clock.advance(20);
    expect(log).toEqual(["first at 10", "second at 10"]);
    expect([clock.next, clock.pending]).toEqual([25, 1]);
  });

  test("may not be cancelled twice into cancelling another one", () => {
    const { clock, log, note } = setUp();
    const cancel = clock.alarm(10, note("a"));
    cancel();
    clock.alarm(10, note("b"));
    cancel();
    clock.advance(10);
    expect(log).toEqual(["b at 10"]);
  });
});

test("deferred tasks run after the wake-up that deferred them, before the next one of the same instant", () => {
  const { clock, log, note } = setUp();
  clock.alarm(10, () => {
    clock.defer(() => {
      note("task")();
      clock.defer(note("task of the task"));
    });
    note("wake-up")();
  });
  clock.alarm(10, note("next wake-up"));
  clock.advance(10);
  expect(log).toEqual(["wake-up at 10", "task at 10", "task of the task at 10", "next wake-up at 10"]);
});

test("tasks that were deferred before the clock moves run first", () => {
  const { clock, log, note } = setUp();
  clock.alarm(0, note("wake-up"));
  clock.defer(note("task"));
  clock.advance(0);
  expect(log).toEqual(["task at 0", "wake-up at 0"]);
});

describe("what a wake-up throws", () => {
  test("is thrown by advance, and the clock can go on from there", () => {
    const { clock, log, note } = setUp();
    clock.alarm(10, () => {
      throw new Error("broken");
    });
    clock.alarm(10, note("other"));
    expect(() => clock.advance(50)).toThrow("broken");
    expect(clock.now()).toBe(10);
    clock.advance(50);
    expect(log).toEqual(["other at 10"]);
    expect(clock.now()).toBe(60);
  });

  test("rejects run", async () => {
    const { clock } = setUp();
    clock.alarm(10, () => {
      throw new Error("broken");
    });
    await expect(clock.run(50)).rejects.toThrow("broken");
    await clock.run(5);
    expect(clock.now()).toBe(15);
  });

  test("does not lose the tasks behind it", () => {
    const { clock, log, note } = setUp();
    clock.defer(() => {
      clock.defer(note("third"));
      throw new Error("broken");
    });
    clock.defer(note("second"));
    expect(() => clock.advance(0)).toThrow("broken");
    clock.advance(0);
    expect(log).toEqual(["second at 0", "third at 0"]);
  });
});

describe("run", () => {
  test("lets promise reactions settle between the steps", async () => {
    const { clock, log, note } = setUp();
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.alarm(clock.now() + ms, resolve));
    const application = (async () => {
      for (let round = 0; round < 3; round++) {
        await sleep(10);
        note(`round ${round}`)();
      }
    })();
    await clock.run(25);
    expect(log).toEqual(["round 0 at 10", "round 1 at 20"]);
    await clock.run(5);
    await application;
    expect(log.at(-1)).toBe("round 2 at 30");
  });

  test("takes long chains of promises and tasks to their end before time goes on", async () => {
    const { clock, log, note } = setUp();
    clock.alarm(10, async () => {
      for (let link = 0; link < 1000; link++) {
        await undefined;
        if (link % 50 === 0) clock.defer(() => {});
      }
      note("end of the chain")();
    });
    clock.alarm(11, note("next"));
    await clock.run(20);
    expect(log).toEqual(["end of the chain at 10", "next at 11"]);
  });

  test("can be told how to wait for code that uses more than promises", async () => {
    const clock = new VirtualClock({ settle: () => new Promise((resolve) => void setImmediate(resolve)) });
    const log: string[] = [];
    clock.alarm(10, () => {
      process.nextTick(async () => {
        for (let link = 0; link < 1000; link++) await undefined;
        log.push(`done at ${clock.now()}`);
      });
    });
    await clock.run(20);
    expect(log).toEqual(["done at 10"]);
  });
});

describe("until", () => {
  test("stops when the promise settles, and returns what it resolved to", async () => {
    const { clock } = setUp();
    const promise = new Promise<string>((resolve) => void clock.alarm(40, () => resolve("done")));
    expect(await clock.until(promise)).toBe("done");
    expect(clock.now()).toBe(40);
  });

  test("throws what the promise rejects with", async () => {
    const { clock } = setUp();
    const promise = new Promise<void>((_, reject) => void clock.alarm(40, () => reject(new Error("broken"))));
    await expect(clock.until(promise)).rejects.toThrow("broken");
  });

  test("says when nothing is left that could settle the promise", async () => {
    const { clock, note } = setUp();
    clock.alarm(40, note("last"));
    await expect(clock.until(new Promise(() => {}))).rejects.toThrow("nothing is left to happen at 40 ms");
  });

  test("waits no longer than it was told", async () => {
    const { clock, note } = setUp();
    clock.alarm(40, note("a"));
    clock.alarm(60, note("b"));
    await expect(clock.until(new Promise(() => {}), 50)).rejects.toThrow("has not settled within 50 ms");
    expect(clock.now()).toBe(40);
  });
});

test("an hour with few alarms is a handful of steps", () => {
  const { clock } = setUp();
  let rung = 0;
  const set = (): void => {
    clock.alarm(clock.now() + 20_000, () => {
      rung++;
      set();
    });
  };
  set();
  clock.advance(3_600_000);
  expect(rung).toBe(180);
});

describe("mistakes are told:", () => {
  test("a clock does not move backwards", () => {
    expect(() => setUp().clock.advance(-1)).toThrow(RangeError);
    expect(() => setUp().clock.advance(Number.NaN)).toThrow(RangeError);
  });

  test("a clock is not moved by what happens on it", async () => {
    const { clock } = setUp();
    clock.alarm(10, () => clock.advance(1));
    expect(() => clock.advance(20)).toThrow("moving already");
    const running = clock.run(20);
    await expect(clock.run(1)).rejects.toThrow("moving already");
    await running;
    expect(clock.now()).toBe(30);
  });

  test("an alarm that sets itself for now, over and over", () => {
    const { clock } = setUp();
    const again = (): void => void clock.alarm(10, again);
    again();
    expect(() => clock.advance(20)).toThrow("time does not move on from 10 ms");
  });

  test("a task that defers itself, over and over", () => {
    const { clock } = setUp();
    const again = (): void => clock.defer(again);
    again();
    expect(() => clock.advance(0)).toThrow("over and over");
  });
});
