// RFC 7692 §7.1.2: the windows that were agreed, from 8 to 15 bits, to the byte.

import { constants, createInflateRaw } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../reference/seed.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { concat, utf8 } from "../support/hex.ts";
import { compressible, generator } from "./arbitraries.ts";
import { CODECS, inflate, WINDOW_BITS } from "./codecs.ts";
import { BitString, FIXED_BLOCK, STORED_BLOCK } from "./deflate-bits.ts";
import { zlibInflate } from "./zlib.ts";

/** Bytes in which nothing repeats within a window, one of which is repeated at a distance. */
function noise(length: number, seed = 1): Uint8Array {
  const random = generator(seed);
  return Uint8Array.from({ length }, () => random() * 256);
}

const letters = utf8("abcdefghijklmnopqrstuvwxyz");

/** zlib's opinion with an output buffer so small that it looks at the window, not into the buffer. */
function inflateWithNarrowBuffer(stream: Uint8Array, windowBits: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    const inflater = createInflateRaw({ windowBits, chunkSize: 64, finishFlush: constants.Z_SYNC_FLUSH });
    inflater.on("data", (part: Uint8Array) => parts.push(part));
    inflater.on("error", reject);
    inflater.on("end", () => resolve(concat(...parts)));
    inflater.end(stream);
  });
}

describe.each(CODECS)("with $name", ({ create, reach }) => {
  const codec = create();

  describe.each(WINDOW_BITS)("a window of %i bits", (windowBits) => {
    const windowSize = 2 ** windowBits;

    test("the compressor never refers further back, in a text that would profit from it", () => {
      const unit = noise(windowSize + 1);
      const deflater = codec.createDeflater({ windowBits, memoryLevel: 9 });
      const stream = [unit, unit, unit].map((part) => deflater.deflate(part, true));
      const inflated = inflate(codec.createInflater({ windowBits }), concat(...stream));
      expect(inflated.invalid).toBe(false);
      expectBytes(inflated.output, concat(unit, unit, unit));
      expectBytes(zlibInflate(concat(...stream), windowBits).output, concat(unit, unit, unit));
      expect(stream[2]!.length).toBeGreaterThan(windowSize); // nothing could be found
    });

    test("the compressor uses all of it", () => {
      const unit = noise(reach(windowSize));
      const deflater = codec.createDeflater({ windowBits, memoryLevel: 9 });
      deflater.deflate(unit, true);
      expect(deflater.deflate(unit, true).length).toBeLessThan(windowSize / 8);
      expect(deflater.deflate(unit.subarray(0, 20), true).length).toBeLessThan(14);
    });

    test("the decompressor takes a distance of the window's size, and refuses one more", () => {
      for (const [distance, invalid] of [
        [windowSize - 1, false],
        [windowSize, false],
        [windowSize + 1, true],
        [32_768, windowBits < 15],
      ] as const) {
        if (distance > 32_768) continue;
        for (const sizes of [[1 << 20], [100]]) {
          const inflater = codec.createInflater({ windowBits });
          const history = new BitString()
            .bits(STORED_BLOCK)
            .bytes(storedLength(32_768))
            .bytes(noise(32_768))
            .bits(FIXED_BLOCK);
          const stream = history.fixedMatch(distance).fixed(256).bits(STORED_BLOCK).bytes([0, 0, 255, 255]).toBytes();
          const inflated = inflate(inflater, stream, sizes);
          expect(inflated.invalid).toBe(invalid);
          if (!invalid) expectBytes(inflated.output.subarray(-3), noise(32_768).subarray(-distance).subarray(0, 3));
        }
      }
    });

    test("zlib with this window takes whatever we deflate for it", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(compressible, { minLength: 1, maxLength: 4 }), async (list) => {
          const deflater = codec.createDeflater({ windowBits, memoryLevel: 9 });
          const stream = concat(...list.map((data) => deflater.deflate(data.subarray(0, 9_000), true)));
          const data = concat(...list.map((part) => part.subarray(0, 9_000)));
          expectBytes(await inflateWithNarrowBuffer(stream, windowBits), data);
          const inflated = inflate(codec.createInflater({ windowBits }), stream);
          expect(inflated.invalid).toBe(false);
          expectBytes(inflated.output, data);
        }),
        seeded(25),
      );
    });
  });

  test("what is exactly 64 KiB back, or a multiple, is not taken for what is here", () => {
    // The compressor counts positions modulo 2^16. Zeros between leave its index of the letters alone.
    for (const distance of [65_536, 131_072, 65_535, 65_537]) {
      const data = new Uint8Array(distance + 26);
      data.set(letters);
      data.set(letters, distance);
      const deflater = codec.createDeflater({ windowBits: 15, memoryLevel: 9 });
      const stream: Uint8Array[] = [];
      for (let at = 0; at < data.length; at += 4_096)
        stream.push(deflater.deflate(data.subarray(at, at + 4_096), true));
      expectBytes(zlibInflate(concat(...stream)).output, data);
    }
  });
});

function storedLength(length: number): number[] {
  return [length & 0xff, length >> 8, ~length & 0xff, (~length >> 8) & 0xff];
}
