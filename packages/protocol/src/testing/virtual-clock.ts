import type { Clock } from "../driver/ports.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";

/** Something that happens at an instant. Of one instant, what arrives comes first, then alarms, each in their order. */
interface WakeUp {
  readonly at: Instant;
  readonly isAlarm: boolean;
  readonly order: number;
  readonly wake: () => void;
}

/** What a virtual clock begins with, and how it waits for the code under test. */
export interface VirtualClockOptions {
  /** The first reading. Default: 0. */
  readonly start?: Instant | undefined;
  /**
   * Resolves when the promise reactions that the code under test has caused have run. The default waits for a good
   * number of microtasks, which is enough for promises alone; code that does real input or output, or uses timers of the
   * runtime, needs more, such as `() => new Promise((resolve) => setImmediate(resolve))`.
   */
  readonly settle?: (() => Promise<void>) | undefined;
}

/** What `until` waits for at most, unless told otherwise: an hour. */
const LONGEST_WAIT: Duration = 3_600_000;
/** The default `settle` takes this many microtasks without a new `defer` to mean that nothing goes on. */
const QUIET_MICROTASKS = 100;
/** So many wake-ups at one instant are no coincidence: something sets an alarm for now, over and over. */
const MOST_WAKE_UPS_AT_ONCE = 1_000_000;

/**
 * A clock that moves when it is told to, from wake-up to wake-up, so that an hour with few alarms takes milliseconds.
 *
 * ```ts
 * const clock = new VirtualClock();
 * clock.alarm(20_000, () => console.log("ping"));
 * clock.advance(60_000); // calls back at 20 000, and returns at 60 000
 * await clock.run(60_000); // the same, and promise reactions have their turn after each step
 * ```
 */
export class VirtualClock implements Clock {
  #now: Instant;
  /** The next one is the last, so that it is cheap to take. */
  readonly #waiting: WakeUp[] = [];
  #tasks: (() => void)[] = [];
  #order = 0;
  #moving = false;
  #wakeUpsAtOnce = 0;
  readonly #settle: () => Promise<void>;

  constructor(options: VirtualClockOptions = {}) {
    this.#now = options.start ?? 0;
    this.#settle = options.settle ?? settleMicrotasks;
  }

  now(): Instant {
    return this.#now;
  }

  alarm(at: Instant, wake: () => void): () => void {
    return this.#wait(at, true, wake);
  }

  /**
   * Calls `arrive` at `at`, before the alarms of that instant: what has arrived is received before the clock is judged.
   * For simulated input; otherwise like `alarm`.
   */
  arrival(at: Instant, arrive: () => void): () => void {
    return this.#wait(at, false, arrive);
  }

  defer(task: () => void): void {
    this.#tasks.push(task);
  }

  /** How many alarms and arrivals are set. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** When the next thing happens; `undefined` if nothing will. */
  get next(): Instant | undefined {
    return this.#waiting.at(-1)?.at;
  }

  /**
   * Moves the clock by `duration` ms and makes everything happen on the way, synchronously: promise reactions have to
   * wait. What a wake-up throws is thrown here; the clock then stands where it was thrown, and can go on.
   */
  advance(duration: Duration): void {
    this.#move(duration, (end) => {
      this.#runTasks();
      while (this.#wakeNext(end)) this.#runTasks();
      this.#now = end;
    });
  }

  /** Like `advance`, and lets promise reactions settle after each step, for code that awaits. */
  async run(duration: Duration): Promise<void> {
    await this.#moveAsync(duration, async (end) => {
      await this.#settleTasks();
      while (this.#wakeNext(end)) await this.#settleTasks();
      this.#now = end;
    });
  }

  /**
   * Runs until `promise` settles, and returns what it resolves to, or throws what it rejects with. Throws an error if
   * that takes more than `within` ms (default: an hour), or if nothing is left that could happen.
   */
  async until<T>(promise: Promise<T>, within: Duration = LONGEST_WAIT): Promise<T> {
    let settled = false;
    const onSettled = (): void => {
      settled = true;
    };
    promise.then(onSettled, onSettled);
    await this.#moveAsync(within, async (end) => {
      await this.#settleTasks();
      while (!settled && this.#wakeNext(end)) await this.#settleTasks();
    });
    if (settled) return promise;
    throw new Error(
      this.next === undefined
        ? `nothing is left to happen at ${this.#now} ms, and the promise has not settled`
        : `the promise has not settled within ${within} ms`,
    );
  }

  #wait(at: Instant, isAlarm: boolean, wake: () => void): () => void {
    // What is due happens at the next step, and does not turn the clock back.
    const wakeUp: WakeUp = { at: Math.max(at, this.#now), isAlarm, order: this.#order++, wake };
    this.#waiting.splice(this.#placeOf(wakeUp), 0, wakeUp);
    return () => {
      const place = this.#placeOf(wakeUp);
      if (this.#waiting[place] === wakeUp) this.#waiting.splice(place, 1);
    };
  }

  /** The index of the first one that does not come after `wakeUp`. */
  #placeOf(wakeUp: WakeUp): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comesBefore(wakeUp, this.#waiting[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves to the next wake-up until `end` and calls it. Returns `false` if there is none. */
  #wakeNext(end: Instant): boolean {
    const next = this.#waiting.at(-1);
    if (next === undefined || next.at > end) return false;
    this.#waiting.pop();
    if (next.at > this.#now) this.#wakeUpsAtOnce = 0;
    else if (++this.#wakeUpsAtOnce > MOST_WAKE_UPS_AT_ONCE) {
      throw new Error(`time does not move on from ${this.#now} ms: an alarm is set for now, over and over`);
    }
    this.#now = next.at;
    next.wake();
    return true;
  }

  #runTasks(): void {
    for (let rounds = 0; this.#tasks.length > 0; rounds++) {
      if (rounds > MOST_WAKE_UPS_AT_ONCE) throw new Error("a deferred task defers another one, over and over");
      const tasks = this.#tasks;
      this.#tasks = [];
      for (const [index, task] of tasks.entries()) {
        try {
          task();
        } catch (error) {
          this.#tasks.unshift(...tasks.slice(index + 1));
          throw error;
        }
      }
    }
  }

  async #settleTasks(): Promise<void> {
    for (;;) {
      await this.#settle();
      if (this.#tasks.length === 0) return;
      this.#runTasks();
    }
  }

  #move(duration: Duration, steps: (end: Instant) => void): void {
    const end = this.#begin(duration);
    try {
      steps(end);
    } finally {
      this.#moving = false;
    }
  }

  async #moveAsync(duration: Duration, steps: (end: Instant) => Promise<void>): Promise<void> {
    const end = this.#begin(duration);
    try {
      await steps(end);
    } finally {
      this.#moving = false;
    }
  }

  #begin(duration: Duration): Instant {
    if (!(duration >= 0)) throw new RangeError("a clock moves by a number of milliseconds, 0 or more");
    if (this.#moving) throw new Error("the clock is moving already");
    this.#moving = true;
    return this.#now + duration;
  }
}

function comesBefore(a: WakeUp, b: WakeUp): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.isAlarm !== b.isAlarm) return b.isAlarm;
  return a.order < b.order;
}

async function settleMicrotasks(): Promise<void> {
  for (let count = 0; count < QUIET_MICROTASKS; count++) await undefined;
}
