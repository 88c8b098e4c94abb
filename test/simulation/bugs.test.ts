// The simulation is only worth what it finds: each planted bug is found within 10 000 seeds.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { plant, readBugs } from "./bugs.ts";
import type { Campaign } from "./campaign.ts";

const SEEDS = 10_000;
/** So many at a time, each time in a new process, so that a hang is noticed. */
const SLICE = 500;
const HANGS_AFTER_MS = 60_000;

const directory = mkdtempSync(join(tmpdir(), "planted-bugs-"));
afterAll(() => rmSync(directory, { recursive: true }));
const bugs = readBugs();

test("there are twenty bugs", () => {
  expect(bugs).toHaveLength(20);
});

describe("the simulation finds the bug", () => {
  for (const bug of bugs) {
    test(`${bug.name}: ${bug.what}`, { timeout: 10 * HANGS_AFTER_MS }, async ({ annotate }) => {
      const outfile = join(directory, `${bug.name}.mjs`);
      await build({
        entryPoints: [fileURLToPath(new URL("./campaign-process.ts", import.meta.url))],
        bundle: true,
        format: "esm",
        platform: "node",
        conditions: ["@sansock/source"],
        outfile,
        plugins: [plant(bug)],
      });
      const seed = await firstFailure(outfile);
      expect(seed).toBeLessThanOrEqual(SEEDS);
      await annotate(`found at seed ${seed}`);
    });
  }
});

/** The first seed that fails, or of the slice that hangs, which is a way of being found too. `Infinity`: none. */
async function firstFailure(bundle: string): Promise<number> {
  for (let first = 1; first <= SEEDS; first += SLICE) {
    const { stdout, killed } = await play([bundle, `${first}`, `${SLICE}`, "1"]);
    if (killed) return first;
    const { failures } = JSON.parse(stdout) as Campaign;
    if (failures[0] !== undefined) return failures[0].seed;
  }
  return Number.POSITIVE_INFINITY;
}

function play(arguments_: readonly string[]): Promise<{ readonly stdout: string; readonly killed: boolean }> {
  return new Promise((resolve) => {
    execFile(process.execPath, arguments_, { timeout: HANGS_AFTER_MS }, (error, stdout) =>
      resolve({ stdout, killed: error?.killed === true }),
    );
  });
}
