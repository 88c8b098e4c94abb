/*
 * Where the property tests take their randomness from. The same seed gives the same run:
 *
 *     SEED=42 npx vitest run test/reference            another run
 *     SEED=42:17:0:1 npx vitest run test/reference     the very case that a failure printed as seed and path
 *     RUNS=100 npx vitest run test/reference --testTimeout 0   a hundred times as many cases
 */
import type { Parameters } from "fast-check";

const [seed = "", ...path] = (process.env.SEED ?? "6455").split(":");
const factor = Number(process.env.RUNS ?? "1");

/** Parameters for `fc.assert`; a failure prints the seed and the path with which it can be replayed. */
export function seeded<T>(numRuns: number): Parameters<T> {
  return {
    seed: Number(seed),
    numRuns: Math.ceil(numRuns * factor),
    ...(path.length > 0 ? { path: path.join(":"), endOnFailure: true } : {}),
  };
}
