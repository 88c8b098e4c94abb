// What the portable codec remembers from one call to the next, and from one connection to another.

import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { portableDeflate } from "../../packages/protocol/src/index.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { generator } from "./arbitraries.ts";
import { BitString, FIXED_BLOCK, STORED_BLOCK } from "./deflate-bits.ts";
import { zlibInflate } from "./zlib.ts";

const options = { windowBits: 15, memoryLevel: 8 };
const FLUSH = hex`00 00 00 ff ff`;

/** A stored block. */
function stored(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return concat([0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255], bytes);
}

describe("an inflater", () => {
  test("is flushed when its input ends with an empty stored block, and not otherwise", () => {
    const inflater = portableDeflate().createInflater(options);
    expect(inflater.flushed).toBe(false);
    inflater.push(FLUSH);
    expect(inflater.flushed).toBe(false); // it has not been read
    expect(inflater.pull(10)).toBeUndefined();
    expect(inflater.flushed).toBe(true);
    inflater.push(stored(hex`61`));
    expect(inflater.flushed).toBe(false); // there is more to read
    expect(inflater.pull(10)).toEqual(hex`61`);
    expect(inflater.pull(10)).toBeUndefined();
    expect(inflater.flushed).toBe(false);
    inflater.push(concat(FLUSH, [0b010])); // and three bits more, and five that wait
    expect(inflater.pull(10)).toBeUndefined();
    expect(inflater.flushed).toBe(false);
  });

  test("is not flushed by a block that is not stored, even where it ends with a byte", () => {
    const inflater = portableDeflate().createInflater(options);
    const bits = new BitString().bits(FIXED_BLOCK);
    for (let count = 0; count < 6; count++) bits.fixed(255); // 9 bits each, and 7 for the end
    expect(bits.fixed(256).length).toBe(64);
    inflater.push(concat(FLUSH, bits.toBytes()));
    expect(inflater.pull(10)).toEqual(new Uint8Array(6).fill(255));
    expect(inflater.pull(10)).toBeUndefined();
    expect(inflater.flushed).toBe(false);
  });

  test("takes a stored block from several pieces, and no more than its length", () => {
    const inflater = portableDeflate().createInflater(options);
    const bytes = Uint8Array.from({ length: 20 }, (_, index) => index);
    const stream = concat(stored(bytes), stored(hex`aa bb`), FLUSH);
    for (const [start, end] of [
      [0, 12],
      [12, 15],
      [15, stream.length],
    ]) {
      inflater.push(stream.subarray(start, end));
    }
    expect(inflater.pull(100)).toEqual(concat(bytes, hex`aa bb`));
    expect(inflater.pull(100)).toBeUndefined();
    expect(inflater.flushed).toBe(true);
  });

  test("never gives more than it was asked for, whatever made it", () => {
    const inflater = portableDeflate().createInflater(options);
    const bits = new BitString().bits(FIXED_BLOCK);
    for (const byte of utf8("first")) bits.fixed(byte);
    bits.fixed(256).bits(STORED_BLOCK).align();
    inflater.push(concat(bits.toBytes(), stored(new Uint8Array(100).fill(7)).subarray(1), FLUSH));
    expect(inflater.pull(10)).toEqual(concat(utf8("first"), new Uint8Array(5).fill(7)));
    expect(inflater.pull(90)).toHaveLength(90);
    expect(inflater.pull(90)).toHaveLength(5);
  });

  test("refuses a length that is none, however much follows", () => {
    for (const symbol of [286, 287]) {
      for (const flushes of [1, 10]) {
        const bits = new BitString().bits(FIXED_BLOCK).fixed(0x61).fixed(symbol).bits(STORED_BLOCK).align();
        const inflater = portableDeflate().createInflater(options);
        inflater.push(concat(bits.toBytes(), FLUSH.subarray(1), ...new Array<Uint8Array>(flushes).fill(FLUSH)));
        expect(inflater.pull(300)).toEqual(hex`61`);
        expect(inflater.pull(300)).toBe("invalid");
      }
    }
  });

  test("has the window that it was made with, whatever the one before had", () => {
    const codec = portableDeflate();
    for (const windowBits of [15, 9, 15, 9]) {
      for (const distance of [512, 513]) {
        const inflater = codec.createInflater({ windowBits });
        const match = new BitString().bits(FIXED_BLOCK).fixedMatch(distance).fixed(256).bits(STORED_BLOCK).align();
        inflater.push(concat(stored(new Uint8Array(600).fill(5)), match.toBytes(), FLUSH.subarray(1)));
        const taken = windowBits === 15 || distance <= 512;
        expect(inflater.pull(600)).toHaveLength(600);
        expect(inflater.pull(600)).toEqual(taken ? hex`05 05 05` : "invalid");
        if (!taken) continue;
        expect(inflater.pull(600)).toBeUndefined();
        inflater.reset();
      }
    }
  });
});

describe("a deflater", () => {
  test("is aligned after a flush, and seldom without", () => {
    const deflater = portableDeflate().createDeflater(options);
    expect(deflater.aligned).toBe(true);
    deflater.deflate(utf8("a"), false); // 3 bits for the block, 8 for the letter, 7 for its end
    expect(deflater.aligned).toBe(false);
    deflater.deflate(utf8("b"), true);
    expect(deflater.aligned).toBe(true);
  });

  test("finds what begins in the last message and goes on in this one", () => {
    const deflater = portableDeflate().createDeflater(options);
    const first = utf8("0123456789");
    const second = utf8("0123456789".repeat(40));
    const third = utf8("456789-0123456789".repeat(3));
    const deflated = [first, second, third].map((bytes) => deflater.deflate(bytes, true));
    expect(zlibInflate(concat(...deflated)).output).toEqual(concat(first, second, third));
    // One match, then two: nothing else is written out.
    expect(deflated.map(({ length }) => length)).toEqual([16, 10, 11]);
  });

  test("does not take the oldest bytes of a full window for what follows the newest", () => {
    const random = generator(2);
    const noise = Uint8Array.from({ length: 512 }, () => Math.floor(random() * 256));
    const [oldest, newest] = [noise.subarray(0, 20), noise.subarray(492)];
    const deflater = portableDeflate().createDeflater({ windowBits: 9, memoryLevel: 8 });
    const next = concat(newest, oldest, noise.subarray(100, 300));
    const deflated = [noise, next].map((bytes) => deflater.deflate(bytes, true));
    expect(zlibInflate(concat(...deflated), 9).output).toEqual(concat(noise, next));
  });

  test("loses nothing where a block is full just before the end", () => {
    const random = generator(3);
    const noise = Uint8Array.from({ length: 16_400 }, () => Math.floor(random() * 200));
    for (let length = 16_376; length <= noise.length; length++) {
      const bytes = noise.subarray(0, length);
      const deflated = portableDeflate().createDeflater(options).deflate(bytes, true);
      if (Buffer.compare(zlibInflate(deflated).output, bytes) !== 0) expect.fail(`${length} bytes`);
    }
  });

  test("refers to nothing before a reset, and after it is as small as anew", () => {
    const codec = portableDeflate();
    const words = utf8("as small as anew, as small as it was");
    const anew = codec.createDeflater(options).deflate(words, true);
    const deflater = codec.createDeflater(options);
    for (let count = 0; count < 3; count++) {
      expect(deflater.deflate(words, true)).toEqual(anew);
      deflater.reset();
    }
    deflater.reset();
  });

  test("has the window and the memory that it was made with, whatever the one before had", () => {
    const codec = portableDeflate();
    // What is repeated from far away is behind a window of 9 bits; with little memory all is soon forgotten.
    const random = generator(1);
    const noise = Uint8Array.from({ length: 3_300 }, () => Math.floor(random() * 64));
    const [far, near] = [noise.subarray(0, 3_000), noise.subarray(3_000)];
    const bytes = concat(far, far, near, near);
    const variants = [
      { windowBits: 15, memoryLevel: 8 },
      { windowBits: 9, memoryLevel: 8 },
      { windowBits: 15, memoryLevel: 1 },
    ];
    const alone = variants.map((variant) => portableDeflate().createDeflater(variant).deflate(bytes, true).length);
    expect(new Set(alone).size).toBe(3);
    for (const at of [0, 1, 2, 1, 0, 2, 0]) {
      const deflater = codec.createDeflater(variants[at]!);
      expect(deflater.deflate(bytes, true)).toHaveLength(alone[at]!);
      deflater.reset();
    }
  });

  test("refers to four bytes that were compressed elsewhere, the fewest that are looked for", () => {
    const deflater = portableDeflate().createDeflater(options);
    const anew = deflater.deflate(utf8("wxyz"), true);
    deflater.reset();
    deflater.skip(utf8("wxyz"));
    expect(deflater.deflate(utf8("wxyz"), true).length).toBeLessThan(anew.length);
  });

  test("refers to what was compressed elsewhere, once it was told of it", () => {
    const words = utf8("what was compressed elsewhere can be referred to, and is".repeat(2));
    const deflater = portableDeflate().createDeflater(options);
    deflater.skip(words);
    expect(deflater.history).toEqual(words);
    const deflated = deflater.deflate(words, true);
    expect(deflated.length).toBeLessThan(12);
    expect(inflateRawSync(concat(deflated, hex`01 00 00 ff ff`), { dictionary: words })).toEqual(Buffer.from(words));
  });
});
