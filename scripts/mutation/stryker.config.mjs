// How Stryker mutates the engine. What it mutates and which tests it asks is told by ../mutation.mjs.

import { join } from "node:path";

const { MUTATION_FILES, MUTATION_CONCURRENCY } = process.env;

export default {
  mutate: MUTATION_FILES.split(","),
  testRunner: "one-process",
  plugins: [join(import.meta.dirname, "runner.mjs")],
  // Against mutants that fill the memory.
  testRunnerNodeArgs: ["--max-old-space-size=2048"],
  coverageAnalysis: "perTest",
  // Sources are copied, since the tests run on mutated ones; nothing else is needed.
  ignorePatterns: ["/bench", "/docs", "/coverage", "/packages/demo", "/packages/*/dist", "/test/interop", "/test/demo"],
  tsconfigFile: "none",
  // Types are stripped, not checked: what the compiler would have refused counts as a mutant that the tests must kill.
  checkers: [],
  concurrency: Number(MUTATION_CONCURRENCY),
  // Generous: on a busy machine, what is only slow must not pass for killed.
  timeoutMS: 20_000,
  timeoutFactor: 2,
  dryRunTimeoutMinutes: 10,
  tempDirName: ".stryker-tmp",
  reporters: ["clear-text", "json", "progress-append-only"],
  jsonReporter: { fileName: "reports/mutation/mutation.json" },
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false, skipFull: true },
  warnings: { slow: false },
  // The sentences of errors are for people, and tested by their names and codes.
  mutator: { excludedMutations: ["StringLiteral"] },
};
