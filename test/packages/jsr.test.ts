// What would be published on JSR: checked by Deno, without publishing anything. It asks nothing of the network.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deno, denoEnvironment, root } from "../support/deno.ts";

const { status, stdout, stderr } = spawnSync(deno, ["publish", "--dry-run", "--allow-dirty"], {
  cwd: root,
  env: denoEnvironment,
  encoding: "utf8",
});
const output = stdout + stderr;

test("`deno publish --dry-run` has nothing to object to, slow types among it", () => {
  expect(status, output).toBe(0);
  expect(output).toContain("Checking for slow types in the public API...");
  expect(output).toContain("Success Dry run complete");
  expect(output).not.toMatch(/warning|slow-type/i);
});

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: string | Readonly<Record<string, unknown>>;
}

const packages = join(root, "packages");
const names = readdirSync(packages).filter((name) => existsSync(join(packages, name, "deno.json")));

describe.each(names)("%s on JSR", (name) => {
  const folder = join(packages, name);
  const read = (file: string): Manifest => JSON.parse(readFileSync(join(folder, file), "utf8")) as Manifest;

  test("has its sources, its license and something to read, and nothing else", () => {
    const files = [...output.matchAll(/file:\/\/(\S+) \(/g)].map(([, path]) => path!);
    const own = files.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
    const others = own.filter((path) => !path.startsWith("src/"));
    expect(others.sort()).toEqual(["LICENSE", "README.md", "deno.json"]);
    expect(own.length).toBeGreaterThan(10);
  });

  test("has the name, version, license and entry points that it has on npm", () => {
    const [jsr, npm] = [read("deno.json"), read("package.json")];
    expect([jsr.name, jsr.version, jsr.license]).toEqual([npm.name, npm.version, npm.license]);
    const sources = Object.entries(npm.exports).map(([entry, target]) => [
      entry,
      (target as Record<string, string>)["@sansock/source"],
    ]);
    const exports = typeof jsr.exports === "string" ? { ".": jsr.exports } : jsr.exports;
    expect(exports).toEqual(Object.fromEntries(sources));
  });
});
