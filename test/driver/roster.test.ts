import fc from "fast-check";
import { expect, test } from "vitest";
import { type Listed, Roster } from "../../packages/protocol/src/driver/roster.ts";

test("a roster has whom a set would have, however they come and go", () => {
  const people: Listed[] = Array.from({ length: 8 }, () => ({ place: -1 }));
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...people)), (moves) => {
      const roster = new Roster<Listed>();
      const model = new Set<Listed>();
      for (const person of moves) {
        if (model.delete(person)) roster.delete(person);
        else {
          model.add(person);
          roster.add(person);
        }
        expect(new Set(roster)).toEqual(model);
        expect(roster.size).toBe(model.size);
        for (const each of people) expect(roster.has(each)).toBe(model.has(each));
      }
      for (const person of model) roster.delete(person);
    }),
  );
});

test("a roster is not impressed by somebody who is in another one, or in none", () => {
  const roster = new Roster<Listed>();
  const other = new Roster<Listed>();
  const [here, there, nowhere] = [{ place: -1 }, { place: -1 }, { place: -1 }];
  roster.add(here);
  other.add(there);
  roster.delete(there);
  roster.delete(nowhere);
  expect([...roster]).toEqual([here]);
  expect(roster.has(there)).toBe(false);
});

test("whoever iterates over a roster sees those who were there when he began", () => {
  const roster = new Roster<Listed>();
  const people = [{ place: -1 }, { place: -1 }, { place: -1 }];
  for (const person of people) roster.add(person);
  const seen: Listed[] = [];
  for (const person of roster) {
    seen.push(person);
    roster.delete(person);
    roster.add({ place: -1 });
  }
  expect(seen).toHaveLength(3);
  expect(new Set(seen)).toEqual(new Set(people));
  expect(roster.size).toBe(3);
});
