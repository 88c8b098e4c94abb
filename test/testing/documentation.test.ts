// The examples in docs/testing.md are tests, and here they are run.

import { readFileSync } from "node:fs";
import * as browser from "@sansock/browser";
import * as protocol from "@sansock/protocol";
import * as driver from "@sansock/protocol/driver";
import * as testing from "@sansock/protocol/testing";
import * as arbitraries from "@sansock/protocol/testing/arbitraries";
import { transformSync } from "esbuild";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const MODULES: Readonly<Record<string, object>> = {
  "@sansock/browser": browser,
  "@sansock/protocol": protocol,
  "@sansock/protocol/driver": driver,
  "@sansock/protocol/testing": testing,
  "@sansock/protocol/testing/arbitraries": arbitraries,
  "fast-check": fc,
  vitest: { expect, test },
};

const page = readFileSync(new URL("../../docs/testing.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```ts\n(import [\s\S]*?)^```$/gm)].map(([, code]) => code!);

describe("an example of the documentation:", () => {
  for (const example of examples) {
    const { code } = transformSync(example, { loader: "ts", format: "cjs", target: "es2022" });
    const require = (name: string): object => MODULES[name] ?? expect.fail(`${name} is not there`);
    new Function("require", "module", code)(require, {}); // it calls `test`
  }

  test("there are some", () => {
    expect(examples.length).toBeGreaterThanOrEqual(4);
  });
});
