import { Alarms, type HostTimer } from "@sansock/protocol/driver";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../reference/seed.ts";

/** One timer of a host, moved by hand, that writes down what it was asked. */
class FakeHost implements HostTimer {
  readonly log: string[] = [];
  time = 0;
  #timer: { readonly at: number; readonly wake: () => void } | undefined = undefined;

  now(): number {
    return this.time;
  }

  set(delay: number, wake: () => void): void {
    if (!(delay >= 0 && delay <= 2 ** 31 - 1) || !Number.isInteger(delay)) throw new Error(`a delay of ${delay}`);
    this.log.push(`set ${delay}`);
    this.#timer = { at: this.time + delay, wake };
  }

  clear(): void {
    this.log.push("clear");
    this.#timer = undefined;
  }

  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Moves on to `time`, firing the timer on the way as often as it is set. */
  advanceTo(time: number): void {
    for (let timer = this.#timer; timer !== undefined && timer.at <= time; timer = this.#timer) {
      this.time = Math.max(this.time, timer.at);
      this.#timer = undefined;
      timer.wake();
    }
    this.time = time;
  }
}

function setUp(): { host: FakeHost; alarms: Alarms; rung: string[]; note: (what: string) => () => void } {
  const host = new FakeHost();
  const rung: string[] = [];
  return { host, alarms: new Alarms(host), rung, note: (what) => () => void rung.push(`${what} at ${host.time}`) };
}

test("alarms ring in the order of their instants, those of one instant in the order in which they were set", () => {
  const { host, alarms, rung, note } = setUp();
  for (const [what, at] of [
    ["d", 40],
    ["b", 20],
    ["a", 10],
    ["c", 20],
    ["e", 50],
  ] as const)
    alarms.set(at, note(what));
  expect(alarms.size).toBe(5);
  host.advanceTo(100);
  expect(rung).toEqual(["a at 10", "b at 20", "c at 20", "d at 40", "e at 50"]);
  expect(alarms.size).toBe(0);
});

test("the host's timer is set only when the earliest alarm moves earlier", () => {
  const { host, alarms, note } = setUp();
  alarms.set(50, note("a"));
  alarms.set(60, note("b"));
  alarms.set(50, note("c"));
  alarms.set(20, note("d"));
  expect(host.log).toEqual(["set 50", "set 20"]);
  host.advanceTo(20);
  expect(host.log).toEqual(["set 50", "set 20", "set 30"]);
});

test("an alarm never rings early: delays are rounded up", () => {
  const { host, alarms, rung, note } = setUp();
  host.time = 0.5;
  alarms.set(10.25, note("a"));
  expect(host.log).toEqual(["set 10"]);
  host.advanceTo(10.5);
  expect(rung).toEqual(["a at 10.5"]);
});

test("an alarm does not ring early although the host's timer does", () => {
  const { host, alarms, rung, note } = setUp();
  alarms.set(10, note("a"));
  host.time = -3; // the clock stepped back
  host.advanceTo(-3 + 10);
  expect(rung).toEqual([]);
  host.advanceTo(20);
  expect(rung).toEqual(["a at 10"]);
});

test("an alarm for now, or for the past, rings soon, and not within the call", () => {
  const { host, alarms, rung, note } = setUp();
  alarms.set(-5, note("past"));
  alarms.set(0, note("now"));
  expect(rung).toEqual([]);
  expect(host.log).toEqual(["set 0"]);
  host.advanceTo(0);
  expect(rung).toEqual(["past at 0", "now at 0"]);
});

test("an alarm beyond the longest timer of hosts rings when it should", () => {
  const { host, alarms, rung, note } = setUp();
  const month = 31 * 24 * 3_600_000;
  alarms.set(2 * month, note("a"));
  expect(host.log).toEqual([`set ${2 ** 31 - 1}`]);
  host.advanceTo(2 * month - 1);
  expect(rung).toEqual([]);
  host.advanceTo(2 * month);
  expect(rung).toEqual([`a at ${2 * month}`]);
});

describe("cancelling", () => {
  test("keeps an alarm from ringing, at any time before it does, and is harmless afterwards", () => {
    const { host, alarms, rung, note } = setUp();
    const cancelA = alarms.set(10, note("a"));
    const cancelB = alarms.set(20, note("b"));
    alarms.set(30, note("c"));
    cancelA();
    cancelA();
    expect(alarms.size).toBe(2);
    host.advanceTo(25);
    cancelB();
    expect(alarms.size).toBe(1);
    host.advanceTo(40);
    expect(rung).toEqual(["b at 20", "c at 30"]);
  });

  test("the last alarm clears the host's timer", () => {
    const { host, alarms, note } = setUp();
    const cancels = [10, 20, 30].map((at) => alarms.set(at, note("a")));
    for (const cancel of cancels) cancel();
    expect(host.isSet).toBe(false);
    expect(alarms.size).toBe(0);
    alarms.set(5, note("b"));
    expect(host.isSet).toBe(true);
  });

  test("one that is due at the same instant works from inside the other", () => {
    const { host, alarms, rung, note } = setUp();
    let cancel = (): void => {};
    alarms.set(10, () => {
      note("a")();
      cancel();
    });
    cancel = alarms.set(10, note("b"));
    host.advanceTo(20);
    expect(rung).toEqual(["a at 10"]);
    expect(alarms.size).toBe(0);
  });

  test("most of many does not keep the rest waiting", () => {
    const { host, alarms, rung, note } = setUp();
    const cancels = Array.from({ length: 100 }, (_, index) => alarms.set(100 - index, note(`${100 - index}`)));
    for (const [index, cancel] of cancels.entries()) if (index % 10 !== 0) cancel();
    expect(alarms.size).toBe(10);
    host.advanceTo(200);
    expect(rung).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((at) => `${at} at ${at}`));
  });
});

describe("an alarm that throws", () => {
  test("does not keep the others of its instant from ringing", () => {
    const { host, alarms, rung, note } = setUp();
    alarms.set(10, () => {
      throw new Error("broken");
    });
    alarms.set(10, note("b"));
    alarms.set(30, note("c"));
    expect(() => host.advanceTo(10)).toThrow("broken");
    host.advanceTo(50);
    expect(rung).toEqual(["b at 10", "c at 30"]);
    expect(alarms.size).toBe(0);
  });

  test("having cancelled one of its instant, does not confuse the count", () => {
    const { host, alarms, note } = setUp();
    let cancel = (): void => {};
    alarms.set(10, () => {
      cancel();
      throw new Error("broken");
    });
    cancel = alarms.set(10, note("b"));
    expect(() => host.advanceTo(10)).toThrow("broken");
    expect(alarms.size).toBe(0);
    host.advanceTo(50);
    expect(alarms.size).toBe(0);
    alarms.set(60, note("c"));
    expect(alarms.size).toBe(1);
  });
});

test("an alarm that is set while others ring waits for the next round, so that input gets its turn", () => {
  const { host, alarms, rung, note } = setUp();
  alarms.set(10, () => {
    alarms.set(5, note("b"));
    note("a")();
  });
  host.advanceTo(10);
  expect(host.log).toEqual(["set 10", "set 0"]);
  expect(rung).toEqual(["a at 10", "b at 10"]);
});

test("any sequence of setting, cancelling and waiting rings what a list would", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), delay: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(1000) }),
    fc.record({ kind: fc.constant("wait" as const), by: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { host, alarms, rung } = setUp();
      const expected: string[] = [];
      let model: { at: number; name: string; cancel: () => void }[] = [];
      steps.forEach((step, index) => {
        if (step.kind === "set") {
          const at = host.time + step.delay;
          const name = `${index} at ${at}`;
          model.push({ at, name, cancel: alarms.set(at, () => void rung.push(`${index} at ${host.time}`)) });
        } else if (step.kind === "cancel" && model.length > 0) {
          model.splice(step.which % model.length, 1)[0]!.cancel();
        } else if (step.kind === "wait") {
          const until = host.time + step.by;
          const due = model.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
          model = model.filter(({ at }) => at > until);
          expected.push(...due.map(({ name }) => name));
          host.advanceTo(until);
        }
        expect(alarms.size).toBe(model.length);
        expect(rung).toEqual(expected);
      });
    }),
    seeded(300),
  );
});

test("whichever alarm is cancelled, among any others, the rest ring in their order", () => {
  // Wherever the last alarm of the heap goes in place of a cancelled one, up or down.
  for (const instants of [
    [1, 10, 2, 11, 12, 3, 4],
    [1, 20, 2, 30, 25, 3, 4, 40, 35, 36, 37, 5, 6, 7, 8],
    [1, 20, 2, 30, 25, 3, 4, 40, 35, 36, 37, 5],
    [5, 5, 5, 5, 5, 5, 5],
  ]) {
    for (const [one] of instants.entries()) {
      for (const [another] of instants.entries()) {
        const { host, alarms, rung, note } = setUp();
        const cancels = instants.map((at, index) => alarms.set(at, note(`${index}`)));
        cancels[one]!();
        cancels[another]!();
        const expected = instants
          .map((at, index) => ({ at, index }))
          .filter(({ index }) => index !== one && index !== another)
          .sort((left, right) => left.at - right.at || left.index - right.index);
        host.advanceTo(100);
        expect(rung).toEqual(expected.map(({ at, index }) => `${index} at ${at}`));
      }
    }
  }
});
