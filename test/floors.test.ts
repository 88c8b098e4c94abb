// The rules of the house that a machine can check.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const source = join(import.meta.dirname, "../packages/protocol/src");

/** Lowest first. A file may import from its own floor and from those below. */
const floors = [
  ["vocabulary"],
  ["bytes"],
  ["frame"],
  ["message"],
  ["deflate"],
  ["extensions"],
  ["liveness"],
  ["connection"],
  ["handshake"],
  ["driver"],
  ["testing"],
];
const floorOf = new Map(floors.flatMap((names, floor) => names.map((name) => [name, floor] as const)));

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

describe("packages/protocol/src", () => {
  test("imports point down", () => {
    const upwards = files.flatMap((file) =>
      (imports.get(file) ?? []).filter((target) => floor(target) > floor(file)).map((target) => `${file} -> ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  test("imports have no cycles", () => {
    expect(files.flatMap((file) => cycleFrom(file))).toEqual([]);
  });

  test("imports nothing but itself, SHA-1, and fast-check for the arbitraries", () => {
    const foreign = files.flatMap((file) =>
      specifiersOf(file)
        .filter((specifier) => !specifier.startsWith("."))
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(foreign.sort()).toEqual([
      "handshake/accept-key.ts: @noble/hashes/legacy.js",
      "testing/arbitraries.ts: fast-check",
    ]);
  });

  test("has no clock, timer, randomness or global of its own", () => {
    // The compiler refuses the globals of runtimes: the package is compiled with the ES library alone. These are in it.
    const forbidden = [/\bDate\b/, /\bMath\.random\b/, /\bglobalThis\b/, /\beval\b/, /\bnew Function\b/];
    const found = files.flatMap((file) =>
      forbidden.filter((pattern) => pattern.test(codeOf(file))).map((pattern) => `${file}: ${pattern.source}`),
    );
    expect(found).toEqual([]);
    const { compilerOptions } = JSON.parse(readFileSync(join(source, "../tsconfig.json"), "utf8"));
    expect(compilerOptions).toMatchObject({ lib: ["ES2023"], types: [] });
  });

  test("declares one platform global, TextDecoder, in one place", () => {
    const declared = files.filter((file) => /^declare (const|var|function|let|class)/m.test(codeOf(file)));
    expect(declared).toEqual(["bytes/utf8.ts"]);
  });

  test("hands out no memory that was not written", () => {
    expect(files.filter((file) => /allocUnsafe/.test(codeOf(file)))).toEqual([]);
  });

  test("uses regular expressions on nothing that a peer wrote", () => {
    // Patterns of the application's own, for origins, are the exception.
    const using = files.filter((file) =>
      /\bRegExp\b|\.(match|matchAll|search)\(|\/[^/\n]+\/[dgimsuvy]*\.(test|exec)\(/.test(codeOf(file)),
    );
    expect(using).toEqual(["handshake/origin-policy.ts"]);
  });
});

/** The index files are the roof: they may import everything. */
function floor(file: string): number {
  return floorOf.get(file.split("/")[0]!) ?? floors.length;
}

function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(source, join(source, dirname(file), specifier)));
}

/** What is imported at run time or as a type. */
function specifiersOf(file: string): string[] {
  return [...codeOf(file).matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)";/gms)].map((match) => match[1]!);
}

/** Types may refer to each other in circles; values may not. */
function valueImportsOf(file: string): string[] {
  const statements = [...codeOf(file).matchAll(/^(import|export)\b([^;]*?)from "(\.[^"]+)";/gms)];
  return statements
    .filter(([, , names = ""]) => !/^\s*type\b/.test(names) && !onlyTypes(names))
    .map(([, , , specifier = ""]) => relative(source, join(source, dirname(file), specifier)));
}

function onlyTypes(names: string): boolean {
  const inner = /\{([^}]*)\}/s.exec(names)?.[1];
  if (inner === undefined) return false;
  const list = inner.split(",").map((name) => name.trim());
  return list.filter((name) => name !== "").every((name) => name.startsWith("type "));
}

function cycleFrom(start: string): string[] {
  const seen = new Set<string>();
  const queue = valueImportsOf(start);
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (file === start) return [start];
    if (seen.has(file)) continue;
    seen.add(file);
    queue.push(...valueImportsOf(file));
  }
  return [];
}

function codeOf(file: string): string {
  return readFileSync(join(source, file), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "$1");
}
