// Bundles a program of the tests, TypeScript and all, and runs it: for campaigns that go on for longer than a test may.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./setup.mjs";

/** Runs `entry`, a path below `test/`, and ends this process as it does. */
export async function runBundled(entry, args) {
  const folder = join(root, "node_modules", ".sansock", "campaigns");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${entry.replaceAll("/", "-").replace(/\.ts$/, "")}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [join("test", entry)],
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["@sansock/source"],
    outfile,
    sourcemap: "inline",
    logLevel: "warning",
  });
  const { status, error } = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...args], {
    stdio: "inherit",
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
}
