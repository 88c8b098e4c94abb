// Mutation testing of the engine with Stryker:
//
//     npm run mutation -- liveness                 one floor of packages/protocol/src
//     npm run mutation -- frame/frame-decoder.ts   one file
//     npm run mutation -- liveness --tests liveness,rfc6455/5.5.2-ping.test.ts
//     npm run mutation -- liveness --concurrency 2
//
// Without a name it mutates all floors, and asks the tests of all. The score and every mutant that survived are printed,
// and written to reports/mutation. docs/mutation.md lists those that are equivalent, with the reason.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, run } from "./setup.mjs";

const source = join("packages", "protocol", "src");
/**
 * The tests that are asked: of each floor its own, which are quick. The exhaustive tables, the reference engine and the
 * simulations would kill little more, and take days.
 */
const testsOf = {
  bytes: "bytes,handshake/codecs.test.ts,laws/codec.test.ts,rfc6455",
  connection: "connection,laws,liveness,rfc6455,rfc7692/6-frames.test.ts,rfc7692/7.2-messages.test.ts",
  deflate: ["1951-differential", "1951-huffman", "1951-invalid", "1951-output", "1951-state", "hybrid-deflate"]
    .map((name) => `rfc7692/${name}.test.ts`)
    .join(","),
  driver: "driver,liveness",
  extensions: "handshake/extension-header.test.ts,rfc7692",
  frame: "connection/arguments.test.ts,laws/codec.test.ts,rfc6455",
  handshake: "handshake",
  liveness: "driver/liveness.test.ts,liveness,rfc6455",
  message: "connection,laws/connection.test.ts,rfc6455,rfc7692",
  vocabulary: "connection/options.test.ts,connection/yielding.test.ts,handshake/violations.test.ts,rfc6455",
};
const floors = Object.keys(testsOf);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: "string" },
    concurrency: { type: "string", default: "1" },
  },
});
const names = positionals.length > 0 ? positionals : floors;
const files = names.map((name) => {
  const path = join(source, name);
  if (!existsSync(join(root, path))) {
    console.error(`There is no ${path}.`);
    process.exit(2);
  }
  return statSync(join(root, path)).isDirectory() ? `${path.replace(/\/$/, "")}/**/*.ts` : path;
});

const tests = values.tests ?? names.map((name) => testsOf[name.split("/")[0]]).join(",");

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
      MUTATION_TESTS: [...new Set(tests.split(",").flatMap(testFiles))].join(","),
      MUTATION_CONCURRENCY: values.concurrency,
    },
  },
);
if (signal !== null) console.error(`Stryker was ended by ${signal}.`);
process.exit(status ?? 1);

/** The test files in a folder below "test"; of a file, itself. */
function testFiles(name) {
  const path = `test/${name}`;
  if (!statSync(join(root, path)).isDirectory()) return [path];
  const files = readdirSync(join(root, path)).filter((file) => file.endsWith(".test.ts"));
  return files.sort().map((file) => `${path}/${file}`);
}
