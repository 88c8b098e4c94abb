import { describe, expect, test } from "vitest";
import { testTitles } from "../conformance-map/test-titles.ts";
import { attackClasses } from "./names.ts";

/** Names as they stand in titles; a table of cases may fill in the end of one. */
const inTitles = new Set(
  [...testTitles().values()].flatMap((titles) =>
    [...titles].flatMap((title) => title.match(/sec\/[A-Za-z0-9^%-]+/g) ?? []),
  ),
);

/** `sec/accept-wrong` is one of `sec/accept-%s`. */
function isTested(name: string): boolean {
  return inTitles.has(`sec/${name}`) || inTitles.has(`sec/${name.replace(/-.*/, "-%s")}`);
}

describe("the list of attacks", () => {
  test.each(attackClasses)("has a test for every name of: $title", ({ names }) => {
    expect(names.filter((name) => !isTested(name))).toEqual([]);
  });

  test("has every name that a test claims to try", () => {
    const known = new Set(attackClasses.flatMap(({ names }) => names.map((name) => `sec/${name}`)));
    // `sec/accept` is the good value.
    expect([...inTitles].filter((name) => !known.has(name) && !/^sec\/accept(-%s)?$/.test(name))).toEqual([]);
  });
});
