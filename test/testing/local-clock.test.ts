import { LocalClock, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";

function setUp(): { world: VirtualClock; clock: LocalClock; log: string[]; note: (what: string) => () => void } {
  const world = new VirtualClock({ start: 1000 });
  const clock = new LocalClock(world);
  const log: string[] = [];
  return {
    world,
    clock,
    log,
    note: (what) => () => void log.push(`${what} at ${world.now()}, reading ${clock.now()}`),
  };
}

test("a clock that nothing was done to is the true time", () => {
  const { world, clock, log, note } = setUp();
  clock.alarm(1020, note("alarm"));
  clock.alarm(1010, note("cancelled"))();
  clock.defer(note("task"));
  world.advance(50);
  expect(log).toEqual(["task at 1000, reading 1000", "alarm at 1020, reading 1020"]);
});

describe("a clock that oversleeps", () => {
  test("rings too late by that much, until it is told to be in time again", () => {
    const { world, clock, log, note } = setUp();
    clock.oversleep(7);
    clock.alarm(1010, note("late"));
    clock.oversleep(0);
    clock.alarm(1012, note("in time"));
    world.advance(50);
    expect(log).toEqual(["in time at 1012, reading 1012", "late at 1017, reading 1017"]);
  });
});

describe("a clock that steps", () => {
  test("backwards rings later, never early by its own reading", () => {
    const { world, clock, log, note } = setUp();
    clock.alarm(1010, note("alarm"));
    clock.step(-100);
    expect(clock.now()).toBe(900);
    world.advance(200);
    expect(log).toEqual(["alarm at 1110, reading 1010"]);
  });

  test("forwards rings when it was set to, as timers do that were set to a delay", () => {
    const { world, clock, log, note } = setUp();
    clock.alarm(1010, note("alarm"));
    clock.step(500);
    world.advance(200);
    expect(log).toEqual(["alarm at 1010, reading 1510"]);
  });
});

describe("a clock that is frozen", () => {
  test("reads the same, rings nothing, and goes on where it stood", () => {
    const { world, clock, log, note } = setUp();
    clock.freeze();
    clock.freeze();
    clock.alarm(1010, note("alarm"));
    world.advance(100);
    expect(clock.now()).toBe(1000);
    clock.step(-5);
    expect(clock.now()).toBe(995);
    clock.thaw();
    clock.thaw();
    expect(clock.now()).toBe(995);
    world.advance(100);
    expect(log).toEqual(["alarm at 1115, reading 1010"]);
  });

  test("does not keep time from passing: whoever waits looks again", () => {
    const { world, clock, note, log } = setUp();
    clock.freeze();
    clock.alarm(1000.5, note("alarm"));
    world.advance(1000);
    expect(log).toEqual([]);
    expect(world.pending).toBe(1);
  });
});

describe("a suspended computer", () => {
  test("runs its alarms and tasks when it goes on, in their order, and its clock has not stopped", () => {
    const { world, clock, log, note } = setUp();
    clock.alarm(1020, note("second"));
    clock.alarm(1010, note("first"));
    clock.alarm(1015, note("cancelled"));
    const cancel = clock.alarm(1016, note("cancelled later"));
    clock.defer(note("task"));
    clock.suspend();
    world.advance(100);
    expect(log).toEqual([]);
    clock.resume();
    clock.resume();
    cancel();
    expect(log).toEqual([]);
    world.advance(0);
    expect(log).toEqual([
      "task at 1100, reading 1100",
      "first at 1100, reading 1100",
      "cancelled at 1100, reading 1100",
      "second at 1100, reading 1100",
    ]);
  });

  test("that is suspended again at once runs nothing", () => {
    const { world, clock, log, note } = setUp();
    clock.alarm(1010, note("alarm"));
    clock.suspend();
    world.advance(100);
    clock.resume();
    clock.suspend();
    world.advance(100);
    expect(log).toEqual([]);
    clock.resume();
    world.advance(0);
    expect(log).toEqual(["alarm at 1200, reading 1200"]);
  });
});
