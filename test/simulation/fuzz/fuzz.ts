// A fuzzing campaign: chance after chance for each target, and a search of the states of a connection.

import { SeededRandom } from "@sansock/protocol/testing";
import { searchStates } from "../state-space.ts";
import { TARGETS } from "./targets.ts";

export interface FuzzReport {
  readonly minutes: number;
  readonly firstSeed: number;
  /** How often each target was run. */
  readonly executions: Readonly<Record<string, number>>;
  /** What the search for states came to, for each role. */
  readonly states: readonly {
    readonly role: string;
    readonly states: number;
    readonly steps: number;
    readonly depth: number;
  }[];
  readonly failures: readonly { readonly target: string; readonly seed: number; readonly message: string }[];
}

/** So many executions, before the clock is looked at again. */
const ROUND = 200;
/** The share of the time that the search for states gets. */
const SEARCH_SHARE = 0.3;
/** The search remembers every state; this many fit into memory with ease. */
const MOST_STATES = 2_000_000;

/** Runs one seed on a target. Throws what is wrong. */
export function runOnce(target: string, seed: number): void {
  const run = TARGETS[target];
  if (run === undefined) throw new Error(`no target ${target}; there are ${Object.keys(TARGETS).join(", ")}`);
  run(new SeededRandom(seed));
}

export function runFuzz(
  minutes: number,
  firstSeed: number,
  onFailure: (target: string, seed: number, error: Error) => void,
): FuzzReport {
  const milliseconds = minutes * 60_000;
  const names = Object.keys(TARGETS);
  const executions: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  const failures: { target: string; seed: number; message: string }[] = [];
  const failed = (target: string, seed: number, error: unknown): void => {
    failures.push({ target, seed, message: (error as Error).message });
    onFailure(target, seed, error as Error);
  };

  const states: FuzzReport["states"][number][] = [];
  for (const role of ["server", "client"] as const) {
    const end = performance.now() + (milliseconds * SEARCH_SHARE) / 2;
    try {
      const { states: count, steps, depth } = searchStates(role, MOST_STATES, () => performance.now() > end);
      states.push({ role, states: count, steps, depth });
    } catch (error) {
      failed(`states of a ${role}`, 0, error);
    }
  }

  const end = performance.now() + milliseconds * (1 - SEARCH_SHARE);
  for (let seed = firstSeed; performance.now() < end && failures.length < 100; seed += ROUND) {
    for (const name of names) {
      for (let offset = 0; offset < ROUND; offset++) {
        try {
          runOnce(name, seed + offset);
        } catch (error) {
          failed(name, seed + offset, error);
        }
      }
      executions[name]! += ROUND;
    }
  }
  return { minutes, firstSeed, executions, states, failures };
}
