import type { Clock } from "../driver/ports.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";
import type { VirtualClock } from "./virtual-clock.ts";

interface LocalAlarm {
  readonly at: Instant;
  wake: (() => void) | undefined;
  cancel: (() => void) | undefined;
}

/**
 * The clock of one computer, which may go wrong as clocks do, while the `VirtualClock` behind it keeps the true time. It
 * keeps the contract of `Clock` towards its user in all of it: never earlier than asked, by its own reading.
 */
export class LocalClock implements Clock {
  readonly #world: VirtualClock;
  /** How far its reading is ahead of the true time. */
  #offset: Duration = 0;
  #frozenAt: Instant | undefined = undefined;
  #oversleep: Duration = 0;
  #suspended = false;
  /** What should have run while the process was suspended. */
  #overdue: (() => void)[] = [];

  constructor(world: VirtualClock) {
    this.#world = world;
  }

  now(): Instant {
    return this.#frozenAt ?? this.#world.now() + this.#offset;
  }

  alarm(at: Instant, wake: () => void): () => void {
    const alarm: LocalAlarm = { at, wake, cancel: undefined };
    this.#set(alarm, 0);
    return () => {
      alarm.wake = undefined;
      alarm.cancel?.();
    };
  }

  defer(task: () => void): void {
    this.#world.defer(() => this.#runWhenAwake(task));
  }

  /** From now on alarms are set to ring this much too late, as on a busy machine; 0: in time. */
  oversleep(by: Duration): void {
    this.#oversleep = by;
  }

  /** The reading jumps by `by` ms, forwards or (negative) backwards. Alarms that are set stay where they are. */
  step(by: Duration): void {
    this.#offset += by;
    if (this.#frozenAt !== undefined) this.#frozenAt += by;
  }

  /** The reading stands still from now on. */
  freeze(): void {
    this.#frozenAt ??= this.now();
  }

  /** The reading goes on, with the true time, and has missed what passed. */
  thaw(): void {
    if (this.#frozenAt === undefined) return;
    this.#offset = this.#frozenAt - this.#world.now();
    this.#frozenAt = undefined;
  }

  /** Nothing runs from now on, as when a process is stopped or a laptop sleeps; the reading goes on. */
  suspend(): void {
    this.#suspended = true;
  }

  /** What should have run meanwhile runs now, at the next step of the true time. */
  resume(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    const overdue = this.#overdue;
    this.#overdue = [];
    for (const task of overdue) this.#world.arrival(this.#world.now(), () => this.#runWhenAwake(task));
  }

  #set(alarm: LocalAlarm, least: Duration): void {
    const delay = Math.max(least, alarm.at - this.now()) + this.#oversleep;
    alarm.cancel = this.#world.alarm(this.#world.now() + delay, () => this.#runWhenAwake(() => this.#ring(alarm)));
  }

  #ring(alarm: LocalAlarm): void {
    // The reading may have stepped back, or stand still: timers of runtimes then look again a little later.
    if (alarm.wake !== undefined && this.now() < alarm.at) this.#set(alarm, 1);
    else alarm.wake?.();
  }

  #runWhenAwake(task: () => void): void {
    if (this.#suspended) this.#overdue.push(task);
    else task();
  }
}
