// A deadline whose passing ends something, judged fairly: our own event loop may have been late, not the peer.

import type { Duration, Instant } from "../vocabulary/time.ts";

/**
 * A wake-up later than this was late by our own fault: the event loop stalled, or the machine slept. What the peer sent
 * in time may then lie unread in the operating system. Timers round up by at most 1 ms; one more is scheduling.
 */
export const LATE_WAKE_UP: Duration = 2;

/** How long a late or unread input gets: enough for an event loop to read its sockets once before its next timer. */
export const READ_PASS: Duration = 1;

/** One deadline, `undefined` while there is none. */
export class Deadline {
  readonly #readPass: Duration;
  #at: Instant | undefined = undefined;
  #readPassGiven = false;
  /** How late the first wake-up for it came; means nothing before that. */
  lateBy: Duration = 0;

  /** `readPass`: how long a late or unread input gets. */
  constructor(readPass: Duration = READ_PASS) {
    this.#readPass = readPass;
  }

  /** When to wake up for it. */
  get at(): Instant | undefined {
    return this.#at;
  }

  /** Sets it, or moves it. */
  set(at: Instant): void {
    this.#at = at;
    this.#readPassGiven = false;
  }

  clear(): void {
    this.#at = undefined;
  }

  /**
   * Whether it has passed. A wake-up that comes late, or while received bytes have not been parsed yet
   * (`inputWaiting`), first grants one read pass: input wins over the clock.
   */
  hasPassed(now: Instant, inputWaiting: boolean): boolean {
    if (this.#at === undefined || now < this.#at) return false;
    if (!this.#readPassGiven) this.lateBy = now - this.#at;
    if (!this.#readPassGiven && (inputWaiting || this.lateBy > LATE_WAKE_UP)) {
      this.#readPassGiven = true;
      this.#at = now + this.#readPass;
      return false;
    }
    return true;
  }
}
