import { countingRandom, SeededRandom, scriptedRandom } from "@sansock/protocol/testing";
import { expect, test } from "vitest";

test("countingRandom counts from the start at each call", () => {
  const target = new Uint8Array(300);
  countingRandom(target);
  expect([...target.subarray(0, 4), ...target.subarray(254, 258)]).toEqual([0, 1, 2, 3, 254, 255, 0, 1]);
  const another = new Uint8Array(2);
  countingRandom(another);
  expect([...another]).toEqual([0, 1]);
});

test("scriptedRandom answers each call by the script, repeated to fill the target, and goes on with the last line", () => {
  const random = scriptedRandom([1, 2], new Error("no entropy"), [9], []);
  const draw = (): number[] => {
    const target = new Uint8Array(5).fill(77);
    random(target);
    return [...target];
  };
  expect(draw()).toEqual([1, 2, 1, 2, 1]);
  expect(draw).toThrow("no entropy");
  expect(draw()).toEqual([9, 9, 9, 9, 9]);
  expect(draw()).toEqual([0, 0, 0, 0, 0]);
  expect(draw()).toEqual([0, 0, 0, 0, 0]);
  expect(() => scriptedRandom()(new Uint8Array(1))).toThrow(RangeError);
});

test("SeededRandom is the same for the same seed, and another one for another", () => {
  const draw = (seed: number): number[] => [...new SeededRandom(seed).bytes(16)];
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(0)).not.toEqual(draw(2 ** 31));
});

test("SeededRandom is the same on every runtime and in every version", () => {
  const random = new SeededRandom(42);
  expect(Array.from({ length: 4 }, () => random.integer(0, 999_999))).toMatchInlineSnapshot(`
    [
      153771,
      850489,
      18084,
      211930,
    ]
  `);
});

test("SeededRandom spreads evenly: every byte and every integer of a range comes up about as often", () => {
  const random = new SeededRandom(7);
  const bytes = new Array<number>(256).fill(0);
  for (const byte of random.bytes(256 * 1000)) bytes[byte]!++;
  expect(Math.min(...bytes)).toBeGreaterThan(850);
  expect(Math.max(...bytes)).toBeLessThan(1150);
  const rolls = new Array<number>(7).fill(0);
  for (let roll = 0; roll < 6000; roll++) rolls[random.integer(1, 6)]!++;
  expect(rolls[0]).toBe(0);
  expect(Math.min(...rolls.slice(1))).toBeGreaterThan(850);
});

test("SeededRandom picks, and takes chances", () => {
  const random = new SeededRandom(7);
  const picked = new Set(Array.from({ length: 100 }, () => random.pick(["a", "b", "c"])));
  expect([...picked].sort()).toEqual(["a", "b", "c"]);
  expect(random.chance(0)).toBe(false);
  expect(random.chance(1)).toBe(true);
});

test("a fork does not change what its parent yields, whatever it is used for", () => {
  const [one, two] = [new SeededRandom(3), new SeededRandom(3)];
  one.fork().bytes(1000);
  two.fork();
  expect(one.fraction()).toBe(two.fraction());
});
