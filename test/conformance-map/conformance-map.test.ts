import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chapters } from "./chapters.ts";
import { conformancePage, splitProof } from "./page.ts";
import { testTitles } from "./test-titles.ts";

const items = chapters.flatMap((chapter) => chapter.items);
const titles = testTitles();

describe("the conformance map", () => {
  test("has each item once, in order, without gaps", () => {
    const counts = { H: 30, C: 18, F: 16, T: 7, K: 16, D: 21, E: 7 };
    const expected = Object.entries(counts).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, "0")}`),
    );
    expect(items.map((item) => item.id)).toEqual(expected);
  });

  test("has a test that accepts and one that refuses for every item, and all of them exist", () => {
    const missing = items.flatMap(({ id, accepts, rejects }) => {
      if (accepts.length === 0 || rejects.length === 0) return [`${id} lacks a test`];
      return [...accepts, ...rejects]
        .map(splitProof)
        .filter(({ file, title }) => titles.get(file)?.has(title) !== true)
        .map(({ file, title }) => `${id}: no test in ${file} is "${title}"`);
    });
    expect(missing).toEqual([]);
  });

  test("has every test whose title names an item", () => {
    const proofsOf = new Map(items.map(({ id, accepts, rejects }) => [id, new Set<string>([...accepts, ...rejects])]));
    const unlisted = [...titles].flatMap(([file, inFile]) =>
      [...inFile].flatMap((title) => {
        // Groups of tests ("C09 chooses extensions:") count as much as single ones.
        const named = /^(?:sec\/[^:]+: )?((?:[HCFTKDE]\d\d(?:, )?)+) /.exec(title)?.[1]?.split(", ") ?? [];
        return named
          .filter((id) => proofsOf.get(id)?.has(`${file}: ${title}`) !== true)
          .map((id) => `${id} should list "${file}: ${title}"`);
      }),
    );
    expect(unlisted).toEqual([]);
  });

  test("names a section for everything that is not our own idea", () => {
    for (const { id, level, section } of items) {
      expect([id, level === "ours" || /^RFC \d+ §/.test(section)]).toEqual([id, true]);
    }
  });

  test("is what docs/conformance.md says", () => {
    const path = join(import.meta.dirname, "../../docs/conformance.md");
    const page = conformancePage();
    if (process.env.UPDATE) writeFileSync(path, page);
    expect(existsSync(path) && readFileSync(path, "utf8") === page, "run it with UPDATE=1").toBe(true);
  });
});
