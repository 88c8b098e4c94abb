// What is sent later: messages that are too long to be compressed in one go, and whatever is queued behind them.

import { Queue } from "../bytes/queue.ts";

/** Something to be sent, in pieces. */
export interface Job {
  /** Bytes, or UTF-16 units of text, that are still to be dealt with. */
  readonly remaining: number;
  /** Queues the next piece of it, and returns whether that was the last. */
  step(): boolean;
}

/** Jobs in the order in which they were given. */
export class Backlog {
  readonly #jobs = new Queue<Job>();
  #current: Job | undefined = undefined;
  #remaining = 0;

  /** Of all jobs: bytes, or UTF-16 units of text, that are still to be dealt with. */
  get remaining(): number {
    return this.#remaining;
  }

  add(job: Job): void {
    this.#jobs.push(job);
    this.#remaining += job.remaining;
  }

  /** Does one job after another until `enough` was dealt with, and returns whether all are done. */
  work(enough: number): boolean {
    for (let done = 0; done < enough; ) {
      const job = (this.#current ??= this.#jobs.shift());
      if (job === undefined) return true;
      const before = job.remaining;
      if (job.step()) this.#current = undefined;
      const dealtWith = before - job.remaining;
      this.#remaining -= dealtWith;
      done += dealtWith;
    }
    return this.#current === undefined && this.#jobs.length === 0;
  }
}

/** One frame, or anything else that goes as a whole. */
export class WholeJob implements Job {
  remaining: number;
  readonly #queue: () => void;

  constructor(length: number, queue: () => void) {
    this.remaining = length;
    this.#queue = queue;
  }

  step(): boolean {
    this.remaining = 0;
    this.#queue();
    return true;
  }
}
