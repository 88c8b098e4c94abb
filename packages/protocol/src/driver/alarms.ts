// Any number of alarms on one timer of the host: 10 000 connections must not mean 10 000 timers.

import type { Duration, Instant } from "../vocabulary/time.ts";

/** What a runtime has: a monotonic clock and one timer. */
export interface HostTimer {
  now(): Instant;
  /**
   * Calls `wake` once after `delay` ms or a little more; replaces what was set before. 0 to 2^31 - 1; 0 means as soon as
   * the host has looked for input, never during this call.
   */
  set(delay: Duration, wake: () => void): void;
  clear(): void;
}

/** `setTimeout` fires at once above 2^31 - 1 ms (24.8 days). */
const LONGEST_DELAY = 2 ** 31 - 1;

interface Alarm {
  readonly at: Instant;
  /** Its place among those of the same instant. */
  readonly order: number;
  /** `undefined` once cancelled. */
  wake: (() => void) | undefined;
  /** Where it is in the heap; -1 when it is not. */
  index: number;
}

/** Alarms in a binary heap over one host timer, which is set only when the earliest alarm moves earlier. */
export class Alarms {
  readonly #host: HostTimer;
  readonly #heap: Alarm[] = [];
  #created = 0;
  /** What the host timer is set for. */
  #setFor: Instant | undefined = undefined;
  readonly #fire = (): void => this.#ring();

  constructor(host: HostTimer) {
    this.#host = host;
  }

  /** How many alarms are set. */
  get size(): number {
    return this.#heap.length;
  }

  /** Calls `wake` once, at or after `at`, never during this call. Returns how to cancel it. */
  set(at: Instant, wake: () => void): () => void {
    const alarm: Alarm = { at, order: this.#created++, wake, index: -1 };
    this.#push(alarm);
    this.#setHost();
    return () => this.#cancel(alarm);
  }

  #cancel(alarm: Alarm): void {
    alarm.wake = undefined; // it may be about to ring
    if (alarm.index < 0) return;
    this.#remove(alarm);
    if (this.#heap.length > 0) return;
    this.#host.clear();
    this.#setFor = undefined;
  }

  #ring(): void {
    this.#setFor = undefined;
    const now = this.#host.now();
    // An alarm that is set meanwhile for a time that has come waits for the next round, so that input gets its turn.
    const due: Alarm[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      due.push(first);
    }
    let rung = 0;
    try {
      while (rung < due.length) due[rung++]!.wake?.();
    } finally {
      // If one throws, the others ring in the next round.
      for (const alarm of due.slice(rung)) if (alarm.wake !== undefined) this.#push(alarm);
      this.#setHost();
    }
  }

  #setHost(): void {
    const first = this.#heap[0];
    if (first === undefined || (this.#setFor !== undefined && this.#setFor <= first.at)) return;
    this.#setFor = first.at;
    const delay = Math.ceil(first.at - this.#host.now());
    this.#host.set(Math.min(LONGEST_DELAY, Math.max(0, delay)), this.#fire);
  }

  #push(alarm: Alarm): void {
    this.#heap.push(alarm);
    this.#rise(alarm, this.#heap.length - 1);
  }

  /** The last one takes its place, and goes from there to where it belongs. */
  #remove(alarm: Alarm): void {
    const last = this.#heap.pop()!;
    if (last !== alarm) {
      if (byTime(last, alarm) < 0) this.#rise(last, alarm.index);
      else this.#sink(last, alarm.index);
    }
    alarm.index = -1;
  }

  /** Puts an alarm where no earlier one is below it, `from` or nearer to the top. */
  #rise(alarm: Alarm, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (byTime(this.#heap[parent]!, alarm) < 0) break;
      this.#place(this.#heap[parent]!, index);
      index = parent;
    }
    this.#place(alarm, index);
  }

  /** Puts an alarm where no later one is above it, `from` or further from the top. */
  #sink(alarm: Alarm, from: number): void {
    const heap = this.#heap;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && byTime(heap[child + 1]!, heap[child]!) < 0) child++;
      if (byTime(alarm, heap[child]!) < 0) break;
      this.#place(heap[child]!, index);
      index = child;
    }
    this.#place(alarm, index);
  }

  #place(alarm: Alarm, index: number): void {
    this.#heap[index] = alarm;
    alarm.index = index;
  }
}

/** Never 0 for two alarms: they differ in their order. */
function byTime(a: Alarm, b: Alarm): number {
  return a.at - b.at || a.order - b.order;
}
