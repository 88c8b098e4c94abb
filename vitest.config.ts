import { defineConfig } from "vitest/config";

export default defineConfig({
  // Tests run the sources, not the build: each package's "@sansock/source" export condition names them.
  resolve: { conditions: ["@sansock/source"] },
  ssr: { resolve: { conditions: ["@sansock/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["packages/protocol/src/**/*.ts"],
      thresholds: { branches: 100 },
    },
  },
});
