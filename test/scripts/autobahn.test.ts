// `npm run autobahn` with a stand-in for the suite, and its summary of made-up reports.

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AUTOBAHN_CASES } from "../autobahn/cases.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "sansock-autobahn-"));
const bin = join(folder, "bin");
/** Node alone, so that no suite is found that may be installed. */
const bare = join(folder, "bare");

beforeAll(() => {
  mkdirSync(bin);
  mkdirSync(bare);
  const fake = join(import.meta.dirname, "fake-wstest.mjs");
  writeFileSync(join(bin, "wstest"), `#!/bin/sh\nexec "${process.execPath}" "${fake}" "$@"\n`);
  chmodSync(join(bin, "wstest"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(script: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts", script), ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

describe("npm run autobahn", () => {
  // The real suite needs to run all of its cases; the stand-in has three, so that they are asked for by name.
  const CASES = ["--cases", "1.1.1,6.4.1,7.1.6"];
  const path = { PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin` };

  test("has both roles tested on Node and on Deno, and passes when all is as it should be", () => {
    const output = join(folder, "good");
    const { status, stdout, stderr } = run("autobahn.mjs", ["--output", output, ...CASES], path);
    expect([stderr, status]).toEqual(["", 0]);
    for (const agent of ["sansock-node", "sansock-deno"]) {
      const lines = stdout
        .split("\n")
        .filter((line) => line.includes(`${agent}: 3 cases: 2 OK, 1 informational, 0 bad`));
      expect(lines).toHaveLength(2);
    }
  });

  test("has the suite's server serve no web pages, for which it would take port 8080", () => {
    const args = ["--output", join(folder, "pages"), "--runtimes", "node", "--roles", "client", ...CASES];
    const { stdout } = run("autobahn.mjs", args, path);
    expect(stdout).toMatch(/^wstest -m fuzzingserver .* --webport 0$/m);
  });

  test("fails when a verdict is not strict", () => {
    const args = ["--output", join(folder, "bad"), "--runtimes", "node", "--roles", "server", ...CASES];
    const { status, stdout } = run("autobahn.mjs", args, { ...path, FAKE_VERDICT: "NON-STRICT" });
    expect(stdout).toContain("6.4.1: NON-STRICT, closing OK (6.4.1.json)");
    expect(status).toBe(1);
  });

  test("fails when the suite reached nobody, of which it only says that it has nothing to report", () => {
    const args = ["--output", join(folder, "nobody"), "--runtimes", "node", "--roles", "server", ...CASES];
    const { status, stdout } = run("autobahn.mjs", args, { ...path, FAKE_REACH: "none" });
    expect(stdout).toContain("there is no report of sansock-node");
    expect(status).toBe(1);
  });

  test("says what it needs, and ends with 2, where there is no suite", () => {
    const { status, stderr } = run("autobahn.mjs", ["--output", join(folder, "none")], { PATH: bare });
    expect(stderr).toContain("wstest");
    expect(stderr).toContain("docker or podman");
    expect(status).toBe(2);
  });

  test("does not take what it does not know", () => {
    expect(run("autobahn.mjs", ["--runtimes", "bun"], path)).toMatchObject({ status: 2 });
  });
});

describe("the summary", () => {
  type Summary = { readonly lines: readonly string[]; readonly passed: boolean };
  let summarize: (folders: readonly string[], options?: { agents: readonly string[] }) => Summary;
  let reports = 0;

  beforeAll(async () => {
    ({ summarize } = await import(pathToFileURL(join(root, "scripts/autobahn/summary.mjs")).href));
  });

  /** Every case of the suite as it should be, but for `changes`. */
  function summaryOf(
    changes: Record<string, object | undefined>,
    options?: { agents: readonly string[] },
  ): { text: string; passed: boolean } {
    const verdicts = Object.fromEntries(
      AUTOBAHN_CASES.map(({ id, informational }) => [
        id,
        { behavior: informational ? "INFORMATIONAL" : "OK", behaviorClose: "OK", reportfile: `${id}.json` },
      ]),
    );
    const path = join(folder, `reports-${reports++}`);
    mkdirSync(join(path, "node"), { recursive: true });
    writeFileSync(join(path, "node", "index.json"), JSON.stringify({ ours: { ...verdicts, ...changes } }));
    const { lines, passed } = summarize([path], options);
    return { text: lines.join("\n"), passed };
  }

  test("passes 514 OK and three informational", () => {
    const { text, passed } = summaryOf({});
    expect(text).toContain("ours: 517 cases: 514 OK, 3 informational, 0 bad");
    expect(passed).toBe(true);
  });

  test.each([
    ["3.2", "NON-STRICT", "OK"],
    ["6.12.1", "FAILED", "OK"],
    ["12.1.1", "UNIMPLEMENTED", "OK"],
    ["1.1.1", "OK", "FAILED BY CLIENT"],
    ["7.9.1", "OK", "WRONG CODE"],
    ["7.1.1", "OK", "UNCLEAN"],
    ["7.13.1", "FAILED", "OK"],
    ["7.7.1", "INFORMATIONAL", "OK"],
    ["7.1.6", "INFORMATIONAL", "FAILED"],
  ])("fails when case %s is %s, closing %s", (id, behavior, behaviorClose) => {
    const { text, passed } = summaryOf({ [id]: { behavior, behaviorClose } });
    expect(text).toContain(`  ${id}: ${behavior}, closing ${behaviorClose} (no details)`);
    expect(text).toContain("1 bad");
    expect(passed).toBe(false);
  });

  test("fails when a case is missing", () => {
    const { text, passed } = summaryOf({ "9.1.1": undefined });
    expect(text).toContain("516 cases, of 517 that there should be");
    expect(passed).toBe(false);
  });

  test("fails when an agent is missing", () => {
    expect(summaryOf({}, { agents: ["ours"] }).passed).toBe(true);
    const { text, passed } = summaryOf({}, { agents: ["ours", "theirs"] });
    expect(text).toContain("there is no report of theirs");
    expect(passed).toBe(false);
  });

  test("fails when there is no report", () => {
    const { status, stdout } = run("autobahn/summary.mjs", [join(folder, "nowhere")]);
    expect(stdout).toContain("there is no report");
    expect(status).toBe(1);
  });
});
