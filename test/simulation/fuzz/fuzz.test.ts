// A short turn of what `npm run fuzz -- --minutes N` does for as long as it is told.

import { expect, test } from "vitest";
import { runFuzz, runOnce } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";

const SEEDS = 500;

for (const target of Object.keys(TARGETS)) {
  test(`fuzzing ${target}: ${SEEDS} inputs find nothing`, () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      try {
        runOnce(target, seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}

test("a campaign reports what it did", () => {
  const report = runFuzz(0.005, 1, () => expect.unreachable());
  expect(Object.values(report.executions).every((count) => count > 0)).toBe(true);
  expect(report.states.map(({ role }) => role)).toEqual(["server", "client"]);
  expect(report.failures).toEqual([]);
});

test("a target that is not there is told", () => {
  expect(() => runOnce("nothing", 1)).toThrow("there are frames, ");
});
