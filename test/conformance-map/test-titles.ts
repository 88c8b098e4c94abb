// The titles of all tests, read from their sources: the conformance map names them as they are written there.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/.source;
/** `test("…"`, `describe.each(…)("…"`: what is called with a string and something behind it. */
const TITLE = new RegExp(`(?:\\b(?:test|describe)(?:\\.\\w+)?|\\))\\(\\s*(${STRING})\\s*,`, "g");

/** The titles in each test file, which is named by its path under test/ without its ending. `${role}` is written `{role}`. */
export function testTitles(): ReadonlyMap<string, ReadonlySet<string>> {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".test.ts"));
  return new Map(
    files.sort().map((file) => {
      const source = readFileSync(join(root, file), "utf8");
      const titles = [...source.matchAll(TITLE)].map((match) => unquote(match[1]!).replaceAll("${", "{"));
      return [file.replaceAll("\\", "/").replace(/\.test\.ts$/, ""), new Set(titles)];
    }),
  );
}

function unquote(literal: string): string {
  return literal.slice(1, -1).replace(/\\u\{([0-9a-f]+)\}|\\(.)/gi, (_, point?: string, character?: string) => {
    return point === undefined ? character! : String.fromCodePoint(Number.parseInt(point, 16));
  });
}
