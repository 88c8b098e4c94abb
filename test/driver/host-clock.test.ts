import { HostClock, type HostTime } from "@sansock/protocol/driver";
import { describe, expect, test, vi } from "vitest";

/** A runtime whose time and turns are in the hands of the test. */
class FakeHost implements HostTime {
  time = 0;
  timer: { readonly at: number; readonly wake: () => void } | undefined = undefined;
  turns: (() => void)[] = [];

  now(): number {
    return this.time;
  }
  set(delay: number, wake: () => void): void {
    this.timer = { at: this.time + delay, wake };
  }
  clear(): void {
    this.timer = undefined;
  }
  afterReactions(task: () => void): void {
    this.turns.push(task);
  }

  endTurn(): void {
    for (const task of this.turns.splice(0)) task();
  }
}

describe("the clock of a process", () => {
  test("reads the host's time, and rings all alarms by one timer", () => {
    const host = new FakeHost();
    const clock = new HostClock(host);
    const rung: string[] = [];
    clock.alarm(20, () => rung.push("late"));
    const cancel = clock.alarm(10, () => rung.push("cancelled"));
    clock.alarm(10, () => rung.push("early"));
    cancel();
    expect(host.timer?.at).toBe(10);
    host.time = 10;
    host.timer!.wake();
    expect(clock.now()).toBe(10);
    expect(rung).toEqual(["early"]);
    expect(host.timer?.at).toBe(20);
  });

  test("asks the host once for all tasks of a turn, and leaves those that they defer to the next", () => {
    const host = new FakeHost();
    const clock = new HostClock(host);
    const done: number[] = [];
    clock.defer(() => {
      done.push(1);
      clock.defer(() => done.push(3));
    });
    clock.defer(() => done.push(2));
    expect(host.turns).toHaveLength(1);
    host.endTurn();
    expect(done).toEqual([1, 2]);
    host.endTurn();
    expect(done).toEqual([1, 2, 3]);
  });

  test("still does the tasks behind one that throws", () => {
    const host = new FakeHost();
    const clock = new HostClock(host);
    const task = vi.fn();
    const failure = new Error("on purpose");
    clock.defer(() => {
      throw failure;
    });
    clock.defer(task);
    expect(() => host.endTurn()).toThrow(failure);
    expect(task).not.toHaveBeenCalled();
    host.endTurn();
    expect(task).toHaveBeenCalledOnce();
  });
});
