// A breadth-first search over the states of a connection, as far as a few seconds allow; `npm run fuzz` goes further.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ACTIONS, StateSpaceFailure, searchStates, Walk } from "./state-space.ts";
import { statesPage } from "./states-page.ts";

/** Enough for every transition between two places of the diagram. */
const MOST_STATES = 4000;
const spaces = (["server", "client"] as const).map((role) => searchStates(role, MOST_STATES));

describe("every state of a connection that was reached", () => {
  for (const { role, states, depth } of spaces) {
    test(`is a sound one, for a ${role}`, () => {
      // The search itself has judged every step.
      expect(states).toBe(MOST_STATES);
      expect(depth).toBeGreaterThan(3);
    });
  }
});

test("the diagram in the documentation is what was found", () => {
  const path = new URL("../../docs/states.md", import.meta.url);
  const page = statesPage(spaces);
  if (process.env.UPDATE !== undefined) writeFileSync(path, page);
  expect(readFileSync(path, "utf8"), "run it with UPDATE=1").toBe(page);
});

test("every action can happen, at once or after another one", () => {
  const impossible = ACTIONS.filter((action) =>
    [undefined, ...ACTIONS].every((before) => {
      const walk = new Walk("server");
      if (before !== undefined) walk.take(before);
      return !walk.take(action);
    }),
  );
  expect(impossible.map(({ name }) => name)).toEqual(["close(1005)"]); // it changes nothing, wherever it is tried
});

test("a broken engine is reported with the way to the breach", () => {
  const walk = new Walk("server");
  const sabotage = { name: "sabotage", group: "", happen: (one: Walk) => one.fail("it broke") };
  expect(() => walk.take(sabotage)).toThrow(StateSpaceFailure);
  expect(() => walk.take(sabotage)).toThrow("after sabotage, sabotage");
});
