// XOR masking against the definition of RFC 6455 §5.3, byte by byte.

import { randomFillSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyMask, prefersWords } from "../../packages/protocol/src/bytes/mask.ts";
import { RandomWords } from "../../packages/protocol/src/bytes/random-words.ts";
import { wordsWithin } from "../../packages/protocol/src/bytes/words.ts";
import { seeded } from "../reference/seed.ts";
import { hex } from "../support/hex.ts";
import { countingRandom, failingRandom } from "../support/random.ts";

/** transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4) */
function maskedByDefinition(bytes: Uint8Array, key: number): Uint8Array {
  const octets = [key >>> 24, (key >>> 16) & 255, (key >>> 8) & 255, key & 255];
  return bytes.map((byte, index) => byte ^ octets[index % 4]!);
}

const cases = fc.record({
  /** Where the bytes lie in their memory, and what of them is masked. */
  offset: fc.nat({ max: 9 }),
  before: fc.nat({ max: 9 }),
  length: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 400 })),
  behind: fc.nat({ max: 9 }),
  key: fc.nat({ max: 0xffff_ffff }),
  seed: fc.nat({ max: 255 }),
});

describe("applyMask", () => {
  for (const bits of [32, 64, undefined] as const) {
    test(`by ${bits === undefined ? "bytes" : `words of ${bits} bits`} is the definition, at every alignment, and touches nothing else`, () => {
      fc.assert(
        fc.property(cases, ({ offset, before, length, behind, key, seed }) => {
          const memory = Uint8Array.from({ length: offset + before + length + behind + 5 }, (_, i) => i * 7 + seed);
          const expected = memory.slice();
          const start = offset + before;
          expected.set(maskedByDefinition(memory.slice(start, start + length), key), start);

          const bytes = memory.subarray(offset, offset + before + length + behind);
          const words = bits === undefined || bytes.length < 8 ? undefined : wordsWithin(bytes, bits);
          const rotated = applyMask(bytes, before, before + length, key, words);
          expect(Buffer.compare(memory, expected)).toBe(0);

          // The key that is returned goes on where this stopped.
          const shift = (length % 4) * 8;
          const byHand = shift === 0 ? key : ((key << shift) | (key >>> (32 - shift))) >>> 0;
          expect(rotated >>> 0).toBe(byHand);
        }),
        seeded(1_000),
      );
    });
  }

  test("in two steps is the same as in one, wherever the cut is", () => {
    const bits = fc.constantFrom(32 as const, 64 as const);
    const length = fc.nat({ max: 200 });
    fc.assert(
      fc.property(length, length, fc.nat({ max: 0xffff_ffff }), bits, (first, second, key, width) => {
        const once = Uint8Array.from({ length: first + second }, (_, index) => index);
        const twice = once.slice();
        const wordsOf = (bytes: Uint8Array) => (bytes.length < 8 ? undefined : wordsWithin(bytes, width));
        applyMask(once, 0, once.length, key, wordsOf(once));
        const rotated = applyMask(twice, 0, first, key, wordsOf(twice));
        applyMask(twice, first, twice.length, rotated, wordsOf(twice));
        return Buffer.compare(once, twice) === 0;
      }),
      seeded(300),
    );
  });

  test("beyond 2 GiB it is the definition, too", () => {
    // Never written to but at its end, so that it takes no memory in fact.
    const bytes = new Uint8Array(2 ** 31 + 200);
    const key = 0xa1b2_c3d4;
    for (const bits of [32, 64] as const) {
      for (const start of [2 ** 31 - 101, 2 ** 31 + 3]) {
        const end = start + 150;
        applyMask(bytes, start, end, key, wordsWithin(bytes, bits));
        expect(bytes.slice(start, end)).toEqual(maskedByDefinition(new Uint8Array(150), key));
        bytes.fill(0, start, end);
      }
    }
  });

  test("a few bytes are not worth a view of words", () => {
    expect(prefersWords(0)).toBe(false);
    expect(prefersWords(10)).toBe(false);
    expect(prefersWords(47)).toBe(false);
    expect(prefersWords(48)).toBe(true);
    expect(prefersWords(1_000)).toBe(true);
  });

  test("the words within some bytes lie at addresses that their size divides", () => {
    const memory = new Uint8Array(400);
    for (const [start, lead32, lead64] of [
      [0, 0, 0],
      [1, 3, 7],
      [2, 2, 6],
      [4, 0, 4],
      [7, 1, 1],
      [8, 0, 0],
    ] as const) {
      const bytes = memory.subarray(start, 399);
      expect(wordsWithin(bytes, 32)).toMatchObject({ lead: lead32, size: 4 });
      expect(wordsWithin(bytes, 64)).toMatchObject({ lead: lead64, size: 8 });
    }
  });

  test("words are XORed from one boundary to another, all of them and no other byte", () => {
    for (const bits of [32, 64] as const) {
      const memory = new Uint8Array(403);
      const bytes = memory.subarray(3);
      const { lead, size } = wordsWithin(bytes, bits);
      for (let count = 0; count < 20; count++) {
        memory.fill(0);
        const start = lead + size;
        wordsWithin(bytes, bits).xor(start, start + count * size, 0x0102_0304);
        const expected = new Uint8Array(400);
        for (let at = 0; at < count * size; at++) expected[start + at] = (at % 4) + 1;
        expect(bytes).toEqual(expected);
      }
    }
  });
});

describe("RandomWords (sec/mask-fresh)", () => {
  test("keys are the injected bytes, four by four, none left out and none used twice", () => {
    const keys = new RandomWords(countingRandom());
    const expected = countingRandom();
    for (let count = 0; count < 1_000; count++) {
      const next = new Uint8Array(4);
      expected(next);
      expect(keys.next()).toBe(new DataView(next.buffer).getUint32(0));
    }
  });

  test("100 000 keys from a good source spread over every byte, and do not repeat", () => {
    const keys = new RandomWords((target) => void randomFillSync(target));
    const seen = new Set<number>();
    const counts = [0, 8, 16, 24].map(() => new Float64Array(256));
    const total = 100_000;
    for (let count = 0; count < total; count++) {
      const key = keys.next()!;
      seen.add(key);
      counts.forEach((histogram, byte) => {
        histogram[(key >>> (byte * 8)) & 255]!++;
      });
    }
    // By chance there is about one collision; a reused pool would make thousands.
    expect(seen.size).toBeGreaterThan(total - 30);
    for (const histogram of counts) {
      const expected = total / 256;
      const chiSquare = histogram.reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, 0);
      // 255 degrees of freedom: mean 255, standard deviation 22.6; this is eight of them away.
      expect(chiSquare).toBeLessThan(440);
    }
  });

  test("when the source fails there is no key, and there is one again when it recovers", () => {
    expect(new RandomWords(failingRandom).next()).toBeUndefined();
    let broken = true;
    const keys = new RandomWords((target) => {
      if (broken) throw new Error("no entropy");
      target.set(hex`01 02 03 04`);
    });
    expect(keys.next()).toBeUndefined();
    broken = false;
    expect(keys.next()).toBe(0x0102_0304);
  });
});
