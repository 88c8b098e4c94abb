// The Huffman codes of RFC 1951 §3.2.2: how they are made, and how they are read.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixedDistanceBits, fixedLengthBits } from "../../packages/protocol/src/deflate/alphabets.ts";
import { DecodeTable } from "../../packages/protocol/src/deflate/decode-table.ts";
import { HuffmanCode } from "../../packages/protocol/src/deflate/huffman-code.ts";
import { Tally } from "../../packages/protocol/src/deflate/tally.ts";
import { seeded } from "../reference/seed.ts";

const SYMBOLS = 286;

function tallyOf(frequencies: readonly number[]): Tally {
  const tally = new Tally(SYMBOLS);
  frequencies.forEach((frequency, symbol) => {
    for (let count = 0; count < frequency; count++) tally.add(symbol);
  });
  return tally;
}

function codeFor(frequencies: readonly number[], limit = 15): HuffmanCode {
  const code = new HuffmanCode(SYMBOLS, limit);
  code.build(tallyOf(frequencies));
  return code;
}

/** The share of the code space that is taken: 1 in a complete code (Kraft). */
function taken(lengths: Iterable<number>): number {
  let sum = 0;
  for (const length of lengths) if (length > 0) sum += 2 ** -length;
  return sum;
}

/** The least cost in bits of any code without a limit, by the textbook. */
function optimalCost(frequencies: readonly number[]): number {
  const weights = frequencies.filter((frequency) => frequency > 0);
  let cost = 0;
  while (weights.length > 1) {
    weights.sort((a, b) => a - b);
    const joined = weights.shift()! + weights.shift()!;
    weights.push(joined);
    cost += joined;
  }
  return cost;
}

/** A table in which each symbol means itself. */
function tableFor(lengths: Uint8Array, rootBits: number, capacity: number): DecodeTable {
  const meanings = Int32Array.from(lengths, (_, symbol) => symbol << 8);
  const table = new DecodeTable(meanings, rootBits, capacity);
  expect(table.build(lengths, 0, lengths.length, true)).toBe(true);
  return table;
}

/** Demands that every code is found, and its length, whatever bits follow. */
function expectReadable(lengths: Uint8Array, rootBits: number, capacity: number): void {
  const table = tableFor(lengths, rootBits, capacity);
  const code = HuffmanCode.of(lengths);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const bits = code.entries[symbol]! >>> 4;
    for (const following of [0, -1, 0x5555_5555]) {
      expect(table.find(bits | (following << length))).toBe((symbol << 8) | length);
    }
  });
}

const frequenciesOf = fc.array(fc.oneof(fc.constant(0), fc.nat(3), fc.nat(300), fc.nat(4_000)), { maxLength: 286 });

describe("codes for writing", () => {
  test("the codes for these frequencies are complete, the shortest, and no longer than the limit", () => {
    fc.assert(
      fc.property(frequenciesOf, (frequencies) => {
        const { lengths } = codeFor(frequencies);
        expect(taken(lengths)).toBe(1);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(15);
        const used = frequencies.filter((frequency) => frequency > 0).length;
        if (used < 2) return;
        for (const [symbol, frequency] of frequencies.entries()) expect(lengths[symbol]! > 0).toBe(frequency > 0);
        const optimum = optimalCost(frequencies);
        const cost = tallyOf(frequencies).cost(lengths);
        expect(cost).toBeGreaterThanOrEqual(optimum);
        expect(cost).toBeLessThanOrEqual(optimum * 1.01);
      }),
      seeded(100),
    );
  });

  test("a rarer symbol never has a shorter code", () => {
    fc.assert(
      fc.property(frequenciesOf, (frequencies) => {
        const { lengths } = codeFor(frequencies);
        const used = frequencies.map((frequency, symbol) => ({ frequency, length: lengths[symbol]! }));
        const sorted = used.filter(({ frequency }) => frequency > 0).sort((a, b) => a.frequency - b.frequency);
        sorted.forEach(({ frequency, length }, at) => {
          const next = sorted[at + 1];
          if (next !== undefined && next.frequency > frequency) expect(next.length).toBeLessThanOrEqual(length);
        });
      }),
      seeded(100),
    );
  });

  test("codes that would be longer than the limit are cut to it, and the code stays complete", () => {
    const fibonacci = [1, 1];
    while (fibonacci.length < 19) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
    for (const limit of [5, 7, 15]) {
      const { lengths } = codeFor(fibonacci, limit);
      expect(Math.max(...lengths)).toBe(limit);
      expect(taken(lengths)).toBe(1);
    }
  });

  test("a cut where no code is just below the limit splits a shorter one", () => {
    // Four frequent symbols take 1 to 4 bits; the fifteen rare ones would take 7 and 8.
    const { lengths } = codeFor([800, 400, 200, 100, ...new Array(15).fill(1)], 7);
    expect(Math.max(...lengths)).toBe(7);
    expect(taken(lengths)).toBe(1);
  });

  test("no symbol at all, or one, still makes a code of two, which every decoder takes", () => {
    expect([...codeFor([]).lengths.subarray(0, 3)]).toEqual([1, 1, 0]);
    expect([...codeFor([5]).lengths.subarray(0, 3)]).toEqual([1, 1, 0]);
    expect([...codeFor([0, 5]).lengths.subarray(0, 3)]).toEqual([1, 1, 0]);
    expect([...codeFor([0, 0, 5]).lengths.subarray(0, 3)]).toEqual([1, 0, 1]);
  });

  test("the fixed code is that of §3.2.6", () => {
    const code = HuffmanCode.of(fixedLengthBits());
    const written = (symbol: number): string => {
      const entry = code.entries[symbol]!;
      const digits = (entry >>> 4).toString(2).padStart(entry & 15, "0");
      return [...digits].reverse().join("");
    };
    expect(written(0)).toBe("00110000");
    expect(written(143)).toBe("10111111");
    expect(written(144)).toBe("110010000");
    expect(written(255)).toBe("111111111");
    expect(written(256)).toBe("0000000");
    expect(written(279)).toBe("0010111");
    expect(written(280)).toBe("11000000");
    expect(written(287)).toBe("11000111");
  });

  test("the entropy is about what the best code takes", () => {
    fc.assert(
      fc.property(frequenciesOf, (frequencies) => {
        const tally = tallyOf(frequencies);
        if (tally.size < 2) return;
        const optimum = optimalCost(frequencies);
        const total = frequencies.reduce((sum, frequency) => sum + frequency, 0);
        expect(tally.entropy()).toBeLessThanOrEqual(optimum + total * 0.02 + 1);
        expect(tally.entropy()).toBeGreaterThanOrEqual(optimum - total * 1.02 - 1);
      }),
      seeded(100),
    );
  });
});

describe("tables for reading", () => {
  test("every code is found, and its length, whatever bits follow", () => {
    fc.assert(
      fc.property(frequenciesOf, (frequencies) => expectReadable(codeFor(frequencies).lengths, 9, 852)),
      seeded(50),
    );
    expectReadable(fixedLengthBits(), 9, 512);
    expectReadable(fixedDistanceBits(), 5, 32);
  });

  /** So many symbols of each length. */
  const lengthsOf = (counts: Readonly<Record<number, number>>): Uint8Array =>
    Uint8Array.from(Object.entries(counts).flatMap(([length, count]) => new Array(count).fill(Number(length))));

  test("the codes that need the largest tables fit into them", () => {
    const literals = lengthsOf({ 1: 1, 2: 1, 3: 1, 10: 1, 11: 229, 12: 49, 13: 1, 14: 1, 15: 2 });
    expect([literals.length, taken(literals)]).toEqual([286, 1]);
    expectReadable(literals, 9, 852);
    const distances = lengthsOf({ 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 8: 1, 9: 9, 10: 9, 11: 1, 12: 1, 13: 1, 14: 1, 15: 2 });
    expect([distances.length, taken(distances)]).toEqual([30, 1]);
    expectReadable(distances, 7, 400);
  });

  test("a table that is full is not made larger for the longer codes that follow", () => {
    // The four codes of 8 bits that are left over fill their tables; twice as large ones would not all fit.
    const lengths = lengthsOf({ 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 7: 1, 8: 4, 11: 15, 12: 1, 13: 1, 14: 1, 15: 2 });
    expect([lengths.length, taken(lengths)]).toEqual([30, 1]);
    expectReadable(lengths, 7, 400);
  });
});
