// Seed after seed, in a process of its own, and what came of it as JSON. Bundled and started by `scripts/simulate.mjs`
// and by the tests of planted bugs.

import { setImmediate as macrotask } from "node:timers/promises";
import { simulate } from "./world.ts";

export interface Campaign {
  /** The first seed that was played, and how many were. */
  readonly first: number;
  readonly worlds: number;
  readonly failures: readonly { readonly seed: number; readonly message: string }[];
  /** How the ends of all worlds came about, by cause. */
  readonly ends: Readonly<Record<string, number>>;
  readonly messages: number;
  readonly bytes: number;
  readonly frames: number;
  readonly steps: number;
  /** Simulated time, in hours. */
  readonly virtualHours: number;
  readonly seconds: number;
}

export interface CampaignOptions {
  readonly first: number;
  readonly seeds: number;
  /** Stops after so many failures. */
  readonly failures: number;
  /** Called with each failure as it comes. */
  readonly onFailure?: (seed: number, error: Error) => void;
}

/** Plays `seeds` seeds from `first` on. */
export async function runCampaign({ first, seeds, failures: most, onFailure }: CampaignOptions): Promise<Campaign> {
  const began = performance.now();
  const failures: { seed: number; message: string }[] = [];
  const ends: Record<string, number> = {};
  const sums = { messages: 0, bytes: 0, frames: 0, steps: 0, virtualMs: 0 };
  let unhandled: unknown;
  process.on("unhandledRejection", (reason) => (unhandled ??= reason));
  let worlds = 0;
  for (let seed = first; seed < first + seeds && failures.length < most; seed++) {
    worlds++;
    try {
      const outcome = await simulate(seed);
      if (worlds % 16 === 0) await macrotask(); // unhandled rejections are reported between macrotasks
      if (unhandled !== undefined) throw new Error(`unhandled rejection, at this seed or shortly before: ${unhandled}`);
      for (const end of Object.values(outcome.ends)) ends[end] = (ends[end] ?? 0) + 1;
      for (const sum of Object.keys(sums) as (keyof typeof sums)[]) sums[sum] += outcome[sum];
    } catch (error) {
      unhandled = undefined;
      failures.push({ seed, message: (error as Error).message.split("\n")[0]! });
      onFailure?.(seed, error as Error);
    }
  }
  const { virtualMs, ...rest } = sums;
  const seconds = Math.round(performance.now() - began) / 1000;
  return { first, worlds, failures, ends, ...rest, virtualHours: Math.round(virtualMs / 3_600_000), seconds };
}
