// What documentation would be generated: whoever reads it must be able to follow each name, and find each one explained.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deno, denoEnvironment, root } from "../support/deno.ts";

const entryPoints = readdirSync(join(root, "packages")).flatMap((name) => {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
    readonly private?: boolean;
    readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  if (manifest.private === true) return [];
  return Object.values(manifest.exports ?? {}).map((entry) => join("packages", name, entry["@sansock/source"]!));
});

const { stderr } = spawnSync(deno, ["doc", "--lint", ...entryPoints], {
  cwd: root,
  env: { ...denoEnvironment, NO_COLOR: "1" },
  encoding: "utf8",
});

test("every type that a public signature mentions is public", () => {
  expect(entryPoints.length).toBeGreaterThan(5);
  expect(stderr).toContain("missing-jsdoc"); // it has looked: of fields whose name says it all nothing is written
  const mentions = stderr.match(/.*private-type-ref.*/g) ?? [];
  expect(mentions.filter((line) => !line.endsWith("'Arbitrary'"))).toEqual([]); // fast-check's
});

test("every exported name is explained", () => {
  const unexplained = [...stderr.matchAll(/missing-jsdoc[^\n]*\n[^\n]*\n[^\n]*\n *\d+ \| (export[^\n]*)/g)];
  expect(unexplained.map(([, line]) => line)).toEqual([]);
});
