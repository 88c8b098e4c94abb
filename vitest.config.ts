import { defineConfig } from "vitest/config";

const report = process.env.SANSOCK_TEST_REPORT;

export default defineConfig({
  // Tests run the sources, not the build: each package's "@sansock/source" export condition names them.
  resolve: { conditions: ["@sansock/source"] },
  ssr: { resolve: { conditions: ["@sansock/source"] } },
  test: {
    // The reporter that CI counts with, beside the one for people.
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    include: ["test/**/*.test.ts"],
    // Only against hanging: the exhaustive tests take long on a busy machine.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: ["packages/protocol/src/**/*.ts"],
      thresholds: { branches: 100 },
    },
  },
});
