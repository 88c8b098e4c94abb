// Mutation testing of the engine with Stryker:
//
//     npm run mutation -- liveness                 one floor of packages/protocol/src
//     npm run mutation -- frame/frame-decoder.ts   one file
//     npm run mutation -- liveness --tests "liveness/*.test.ts,rfc6455/*.test.ts"
//     npm run mutation -- liveness --force         from the beginning, not from the last results
//
// Without a name it mutates all floors, which takes hours. The score and every mutant that survived are printed, and
// written to reports/mutation. docs/mutation.md lists those that are equivalent, with the reason.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, run } from "./setup.mjs";

const source = join("packages", "protocol", "src");
/** Quick ones; the exhaustive tables and the long simulations would kill little more, and take a day. */
const usualTests = [
  "test/bytes/*.test.ts",
  "test/connection/*.test.ts",
  "test/driver/*.test.ts",
  "test/handshake/*.test.ts",
  "test/laws/codec.test.ts",
  "test/liveness/*.test.ts",
  "test/rfc6455/*.test.ts",
  "test/rfc7692/*.test.ts",
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tests: { type: "string" }, force: { type: "boolean", default: false } },
});
const names = positionals.length > 0 ? positionals : [""];
const files = names.map((name) => {
  const path = join(source, name);
  if (!existsSync(join(root, path))) {
    console.error(`There is no ${path}.`);
    process.exit(2);
  }
  return statSync(join(root, path)).isDirectory() ? `${path.replace(/\/$/, "")}/**/*.ts` : path;
});

const folder = join(root, "scripts", "mutation");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
run(
  "npx",
  [
    "--yes",
    packageManager,
    "install",
    "--frozen-lockfile",
    "--prefer-offline",
    "--reporter=append-only",
    "--loglevel=error",
  ],
  {
    cwd: folder,
    env: { ...process.env, CI: "true" },
  },
);
mkdirSync(join(root, "reports", "mutation"), { recursive: true });
const { status, signal } = spawnSync(
  process.execPath,
  [
    join(folder, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js"),
    "run",
    "scripts/mutation/stryker.config.mjs",
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      MUTATION_FILES: files.join(","),
      MUTATION_TESTS:
        values.tests
          ?.split(",")
          .map((pattern) => `test/${pattern}`)
          .join(",") ?? usualTests.join(","),
      MUTATION_FORCE: values.force ? "1" : "0",
    },
  },
);
if (signal !== null) console.error(`Stryker was ended by ${signal}.`);
process.exit(status ?? 1);
