// Checks of options about time. All throw `UsageError` "bad-option".

import type { FillRandom } from "../vocabulary/machine.ts";
import type { Duration } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";

/** At least 1 ms: much shorter ones could vanish when they are added to an instant, and make no progress. */
export function checkDuration(name: string, value: Duration): Duration {
  if (Number.isFinite(value) && value >= 1) return value;
  throw new UsageError("bad-option", `${name} must be a number of milliseconds of at least 1`);
}

/** At least 1 ms, or `null`: never. */
export function checkTimeout(name: string, value: Duration | null): Duration | null {
  return value === null ? null : checkDuration(name, value);
}

export function checkNumber(name: string, value: number, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new UsageError("bad-option", `${name} must be a number from ${least} to ${most}`);
}

export function checkRandom(random: FillRandom): FillRandom {
  if (typeof random === "function") return random;
  throw new UsageError("bad-option", "random must be a function");
}
