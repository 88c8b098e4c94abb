import type { Instant } from "../vocabulary/time.ts";
import { Alarms, type HostTimer } from "./alarms.ts";
import type { Clock } from "./ports.ts";

/** What a runtime has: a monotonic clock, one timer, and a way to come after promise reactions. */
export interface HostTime extends HostTimer {
  /** Calls `task` when the promise reactions that wait now, and those that they cause, have run. */
  afterReactions(task: () => void): void;
}

/** The clock of a process: any number of alarms on one timer, any number of deferred tasks in one turn. */
export class HostClock implements Clock {
  readonly #host: HostTime;
  readonly #alarms: Alarms;
  #turn: (() => void)[] = [];

  constructor(host: HostTime) {
    this.#host = host;
    this.#alarms = new Alarms(host);
  }

  now(): Instant {
    return this.#host.now();
  }

  alarm(at: Instant, wake: () => void): () => void {
    return this.#alarms.set(at, wake);
  }

  defer(task: () => void): void {
    if (this.#turn.push(task) === 1) this.#host.afterReactions(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    const tasks = this.#turn;
    this.#turn = [];
    let done = 0;
    try {
      while (done < tasks.length) tasks[done++]!();
    } finally {
      // If one throws, the others still have their turn.
      for (const task of tasks.slice(done)) this.defer(task);
    }
  };
}
