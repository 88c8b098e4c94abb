/** What went wrong in a simulated world, and how to see it again. */
export class SimulationFailure extends Error {
  override readonly name = "SimulationFailure";
  readonly seed: number;

  constructor(seed: number, message: string, journal: readonly string[], cause?: unknown) {
    const last = journal.slice(-80).join("\n  ");
    super(`${message}\n(replay with SEED=${seed})\n  ${last}`, cause === undefined ? undefined : { cause });
    this.seed = seed;
  }
}

/** What happened in a world, for people; and the place where everything that must not happen ends up. */
export class Journal {
  readonly seed: number;
  readonly lines: string[] = [];
  readonly #now: () => number;
  failure: SimulationFailure | undefined = undefined;

  constructor(seed: number, now: () => number) {
    this.seed = seed;
    this.#now = now;
  }

  note(who: string, what: string): void {
    this.lines.push(`${this.#now()} ${who}: ${what}`);
  }

  /** Something that must not happen has happened. The first one counts; it is thrown at the next step. */
  fail(who: string, what: string, cause?: unknown): void {
    this.note(who, `FAILED: ${what}`);
    this.failure ??= new SimulationFailure(this.seed, `${this.#now()} ms, ${who}: ${what}`, this.lines, cause);
  }
}
