// The tests that run in Deno, each reported as a test of its own.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deno, denoEnvironment, root } from "../support/deno.ts";

interface Report {
  readonly file: string;
  readonly tests: readonly { readonly name: string; readonly failure: string | undefined }[];
}

/** Runs them all in one process, with the permissions that they need and no others. */
function run(): { readonly reports: readonly Report[]; readonly output: string } {
  const scratch = mkdtempSync(join(tmpdir(), "sansock-"));
  try {
    const junit = join(scratch, "report.xml");
    const files = [`${join(root, "test/adapters/fixtures")}`, tmpdir()].join(",");
    const { stdout, stderr } = spawnSync(
      deno,
      [
        "test",
        "--no-remote",
        "--allow-net",
        `--allow-read=${files}`,
        `--allow-write=${tmpdir()}`,
        `--junit-path=${junit}`,
        "test/adapters/deno",
      ],
      { cwd: root, env: denoEnvironment, encoding: "utf8", timeout: 120_000 },
    );
    return { reports: existsSync(junit) ? parse(readFileSync(junit, "utf8")) : [], output: stdout + stderr };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function parse(xml: string): Report[] {
  const suites = xml.matchAll(/<testsuite name="([^"]*)"[^>]*>(.*?)<\/testsuite>/gs);
  return [...suites].map(([, file, content]) => {
    const cases = content!.matchAll(/<testcase name="([^"]*)"[^>]*>(.*?)<\/testcase>/gs);
    const tests = [...cases].map(([, name, result]) => ({
      name: decode(name!),
      failure: result!.includes("<failure") ? decode(result!.replaceAll(/<[^>]*>/g, "")) : undefined,
    }));
    return { file: file!, tests };
  });
}

function decode(text: string): string {
  const characters: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replaceAll(/&(\w+);/g, (whole, name: string) => characters[name] ?? whole);
}

const { reports, output } = run();

test("Deno runs its tests, and finds no mistake in their types", () => {
  expect(reports.length, output).toBeGreaterThan(0);
});

test("Deno finds no mistake in the types of what else runs in it, from the sources", () => {
  const programs = ["test/interop/deno", "packages/demo/src/echo-deno.ts"];
  const { status, stderr } = spawnSync(deno, ["check", "--no-remote", ...programs], {
    cwd: root,
    env: denoEnvironment,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
});

for (const { file, tests } of reports) {
  describe(file, () => {
    for (const { name, failure } of tests) test(name, () => expect(failure).toBeUndefined());
  });
}
