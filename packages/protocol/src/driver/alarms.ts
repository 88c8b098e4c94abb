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
  inHeap: boolean;
}

/** Alarms in a binary heap over one host timer, which is set only when the earliest alarm moves earlier. */
export class Alarms {
  readonly #host: HostTimer;
  #heap: Alarm[] = [];
  #cancelled = 0;
  #created = 0;
  /** What the host timer is set for. */
  #setFor: Instant | undefined = undefined;
  readonly #fire = (): void => this.#ring();

  constructor(host: HostTimer) {
    this.#host = host;
  }

  /** How many alarms are set. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Calls `wake` once, at or after `at`, never during this call. Returns how to cancel it. */
  set(at: Instant, wake: () => void): () => void {
    const alarm: Alarm = { at, order: this.#created++, wake, inHeap: true };
    this.#push(alarm);
    this.#setHost();
    return () => this.#cancel(alarm);
  }

  #cancel(alarm: Alarm): void {
    if (alarm.wake === undefined) return;
    alarm.wake = undefined;
    if (!alarm.inHeap) return;
    // Cancelled alarms stay until they come up, or until they are the majority: no search, no rearranging.
    if (++this.#cancelled * 2 <= this.#heap.length) return;
    this.#heap = this.#heap.filter((kept) => kept.wake !== undefined).sort(byTime);
    this.#cancelled = 0;
    if (this.#heap.length === 0) {
      this.#host.clear();
      this.#setFor = undefined;
    }
  }

  #ring(): void {
    this.#setFor = undefined;
    const now = this.#host.now();
    // An alarm that is set meanwhile for a time that has come waits for the next round, so that input gets its turn.
    const due: Alarm[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#pop();
      first.inHeap = false;
      if (first.wake === undefined) this.#cancelled--;
      else due.push(first);
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
    alarm.inHeap = true;
    const heap = this.#heap;
    let index = heap.length;
    heap.push(alarm);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (byTime(heap[parent]!, alarm) <= 0) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = alarm;
  }

  /** Removes the first. */
  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && byTime(heap[child + 1]!, heap[child]!) < 0) child++;
      if (byTime(last, heap[child]!) <= 0) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function byTime(a: Alarm, b: Alarm): number {
  return a.at - b.at || a.order - b.order;
}
