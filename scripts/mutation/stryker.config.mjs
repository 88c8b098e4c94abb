// How Stryker mutates the engine. What it mutates and which tests it asks is told by ../mutation.mjs.

import { join } from "node:path";

const { MUTATION_FILES, MUTATION_FORCE } = process.env;

export default {
  mutate: MUTATION_FILES.split(","),
  testRunner: "vitest",
  plugins: [join(import.meta.dirname, "node_modules/@stryker-mutator/vitest-runner/dist/src/index.js")],
  vitest: { configFile: "scripts/mutation/vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  // Sources are copied, since the tests run on mutated ones; nothing else is needed.
  ignorePatterns: ["/bench", "/docs", "/coverage", "/packages/demo", "/packages/*/dist", "/test/interop", "/test/demo"],
  tsconfigFile: "none",
  // Types are stripped, not checked: what the compiler would have refused counts as a mutant that the tests must kill.
  checkers: [],
  concurrency: 1,
  timeoutMS: 10_000,
  dryRunTimeoutMinutes: 10,
  tempDirName: ".stryker-tmp",
  reporters: ["clear-text", "json"],
  jsonReporter: { fileName: "reports/mutation/mutation.json" },
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false, skipFull: true },
  // The sentences of errors are for people, and tested by their names and codes.
  mutator: { excludedMutations: ["StringLiteral"] },
  incremental: true,
  incrementalFile: "reports/mutation/incremental.json",
  force: MUTATION_FORCE === "1",
};
