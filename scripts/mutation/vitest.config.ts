// The tests that Stryker runs against each mutant: those of the engine that are quick. In its copy of the sources the
// packages must find each other, not those of the workspace.

import { join } from "node:path";
import { defineConfig } from "vitest/config";

const packages = join(import.meta.dirname, "../../packages");
const tests = process.env["MUTATION_TESTS"]?.split(",") ?? [];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@sansock\/protocol$/, replacement: join(packages, "protocol/src/index.ts") },
      {
        find: /^@sansock\/protocol\/testing\/arbitraries$/,
        replacement: join(packages, "protocol/src/testing/arbitraries.ts"),
      },
      { find: /^@sansock\/protocol\/(driver|testing)$/, replacement: join(packages, "protocol/src/$1/index.ts") },
    ],
  },
  test: { root: join(import.meta.dirname, "../.."), include: tests, testTimeout: 30_000, pool: "threads" },
});
