import { Alarms, type Clock } from "@sansock/protocol/driver";

/** The monotonic clock of the process, with one timer for all alarms. It keeps no process alive: open sockets do. */
class NodeClock implements Clock {
  readonly #alarms: Alarms;
  #turn: (() => void)[] = [];

  constructor() {
    let timer: NodeJS.Timeout | undefined;
    const clear = (): void => {
      clearTimeout(timer);
      timer = undefined;
    };
    this.#alarms = new Alarms({
      now: this.now,
      set(delay, wake) {
        clear();
        timer = setTimeout(wake, delay).unref();
      },
      clear,
    });
  }

  now(): number {
    return performance.now();
  }

  alarm(at: number, wake: () => void): () => void {
    return this.#alarms.set(at, wake);
  }

  defer(task: () => void): void {
    // Ticks come before promise reactions; a tick that a promise reaction asks for comes after all of them.
    if (this.#turn.push(task) === 1) queueMicrotask(this.#afterReactions);
  }

  readonly #afterReactions = (): void => process.nextTick(this.#endTurn);

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

export const nodeClock: Clock = new NodeClock();
