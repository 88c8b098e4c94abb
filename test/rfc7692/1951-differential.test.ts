// Our DEFLATE and zlib's, each as the other's judge.

import { constants } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../reference/seed.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { concat } from "../support/hex.ts";
import { compressible, pieceSizes } from "./arbitraries.ts";
import { CODECS, inflate, WINDOW_BITS } from "./codecs.ts";
import { zlibDeflate, zlibInflate } from "./zlib.ts";

const zlibOptions = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
  finishFlush: fc.constantFrom(
    constants.Z_PARTIAL_FLUSH,
    constants.Z_SYNC_FLUSH,
    constants.Z_FULL_FLUSH,
    constants.Z_BLOCK,
    constants.Z_FINISH,
  ),
});

/** Empty stored blocks, byte for byte the same in a stream that is intact. */
const FLUSHES = concat(...new Array(16).fill([0, 0, 0, 0xff, 0xff]));

/** What may happen to bytes on the way: some change, some are lost, added or moved. */
const damage = fc.array(
  fc.record({
    kind: fc.constantFrom("flip", "set", "drop", "insert", "cut"),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    value: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
);

function damaged(bytes: Uint8Array, changes: readonly { kind: string; at: number; value: number }[]): Uint8Array {
  let result = [...bytes];
  for (const { kind, at, value } of changes) {
    // Half of the changes are near the beginning, where the headers are.
    const index = Math.floor(at < 0.5 ? at * 2 * Math.min(result.length, 40) : at * result.length);
    if (kind === "flip" && index < result.length) result[index]! ^= 1 << (value & 7);
    if (kind === "set" && index < result.length) result[index] = value;
    if (kind === "drop") result.splice(index, 1 + (value & 3));
    if (kind === "insert") result.splice(index, 0, value);
    if (kind === "cut") result = result.slice(0, index);
  }
  return Uint8Array.from(result);
}

describe.each(CODECS)("with $name", ({ create }) => {
  const codec = create();

  test("we inflate what zlib deflates: any level, strategy, window and flush, any pieces in and out", () => {
    fc.assert(
      fc.property(compressible, zlibOptions, pieceSizes, pieceSizes, (data, options, pushes, pulls) => {
        const stream = zlibDeflate(data, options);
        const inflater = codec.createInflater({ windowBits: options.windowBits });
        const inflated = inflate(inflater, stream, pushes, pulls);
        expect(inflated.invalid).toBe(false);
        // Z_BLOCK may keep back the last bits.
        if (options.finishFlush === constants.Z_BLOCK) expectBytes(inflated.output, zlibInflate(stream).output);
        else expectBytes(inflated.output, data);
      }),
      seeded(400),
    );
  });

  test("zlib inflates what we deflate: any level, window and pieces, with and without flushes, with the window kept", () => {
    const pieces = fc.array(fc.record({ data: compressible, flush: fc.boolean() }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        pieces,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(...WINDOW_BITS),
        (list, memoryLevel, windowBits) => {
          const deflater = codec.createDeflater({ windowBits, memoryLevel });
          const stream = list.map(({ data, flush }) => deflater.deflate(data, flush));
          stream.push(deflater.deflate(new Uint8Array(0), true));
          const { output, invalid } = zlibInflate(concat(...stream), windowBits);
          expect(invalid).toBe(false);
          expectBytes(output, concat(...list.map(({ data }) => data)));
        },
      ),
      seeded(300),
    );
  });

  // The differences, none of which lets anything through that zlib refuses:
  // - zlib looks at the window only where a distance reaches behind the buffer of the current call; we always do.
  //   Here the window is the largest, which no distance exceeds.
  // - A code length code without any code is refused at once; zlib reads the lengths, all zero, and refuses then. What
  //   is appended to each stream gives it enough to read.
  test("of damaged streams, we take and refuse the same ones as zlib, and make the same of those that we take", () => {
    const counts = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(compressible, zlibOptions, damage, pieceSizes, (data, options, changes, pushes) => {
        const stream = concat(damaged(zlibDeflate(data.subarray(0, 4_000), options), changes), FLUSHES);
        const zlib = zlibInflate(stream);
        const ours = inflate(codec.createInflater({ windowBits: 15 }), stream, pushes);
        expect(ours.invalid).toBe(zlib.invalid);
        if (!zlib.invalid) expectBytes(ours.output, zlib.output);
        counts[zlib.invalid ? "refused" : "taken"]++;
      }),
      seeded(1_500),
    );
    expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(100);
  });

  test("of random bytes, likewise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), pieceSizes, (random, pushes) => {
        const stream = concat(random, FLUSHES);
        const zlib = zlibInflate(stream);
        const ours = inflate(codec.createInflater({ windowBits: 15 }), stream, pushes);
        expect(ours.invalid).toBe(zlib.invalid);
        if (!zlib.invalid) expectBytes(ours.output, zlib.output);
      }),
      seeded(1_500),
    );
  });

  test("what is decoded before the damage is the same in any pieces", () => {
    fc.assert(
      fc.property(
        compressible,
        zlibOptions,
        damage,
        pieceSizes,
        pieceSizes,
        (data, options, changes, pushes, pulls) => {
          const stream = damaged(zlibDeflate(data, options), changes);
          const whole = inflate(codec.createInflater({ windowBits: 12 }), stream);
          const inPieces = inflate(codec.createInflater({ windowBits: 12 }), stream, pushes, pulls);
          expect(inPieces.invalid).toBe(whole.invalid);
          expectBytes(inPieces.output, whole.output);
        },
      ),
      seeded(300),
    );
  });

  test("a smaller window takes no more than a larger one, and the same bytes", () => {
    fc.assert(
      fc.property(compressible, zlibOptions, fc.constantFrom(...WINDOW_BITS), (data, options, windowBits) => {
        const stream = zlibDeflate(data, options);
        const inflated = inflate(codec.createInflater({ windowBits }), stream);
        const { output } = zlibInflate(stream);
        if (windowBits >= options.windowBits) expect(inflated.invalid).toBe(false);
        expectBytes(inflated.output, output.subarray(0, inflated.output.length));
        if (!inflated.invalid) expect(inflated.output.length).toBe(output.length);
      }),
      seeded(200),
    );
  });
});
