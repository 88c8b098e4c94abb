import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteCollector } from "../../packages/protocol/src/bytes/byte-collector.ts";
import { seeded } from "../reference/seed.ts";
import { concat, hex } from "../support/hex.ts";

const pieces = fc.array(
  fc.oneof(
    { arbitrary: fc.nat({ max: 20 }), weight: 6 },
    { arbitrary: fc.nat({ max: 300 }), weight: 3 },
    { arbitrary: fc.constantFrom(4_095, 4_096, 5_000, 70_000), weight: 1 },
  ),
  { maxLength: 30 },
);

describe("ByteCollector", () => {
  test("take() is what was appended, in order, and leaves it empty", () => {
    fc.assert(
      fc.property(pieces, fc.nat({ max: 30 }), (sizes, around) => {
        const collector = new ByteCollector();
        const expected: Uint8Array[] = [];
        sizes.forEach((size, number) => {
          const chunk = Uint8Array.from({ length: size + around }, (_, index) => index * 3 + number);
          expected.push(chunk.slice(around));
          collector.append(chunk, around, chunk.length);
        });
        const whole = concat(...expected);
        expect(collector.length).toBe(whole.length);
        expect(Buffer.compare(collector.take(), whole)).toBe(0);
        expect([collector.length, collector.retainedBytes]).toEqual([0, 0]);
        expect(collector.take()).toEqual(hex``);
      }),
      seeded(200),
    );
  });

  test("memory that is its own is let go of once its bytes are copied, and not if it is given out itself", () => {
    const freed: ArrayBuffer[] = [];
    const collector = new ByteCollector({ free: (memory) => void freed.push(memory), allocateUnfilled: undefined });
    const chunk = new Uint8Array(5_000).fill(7);
    collector.append(chunk, 0, 5_000, 0, chunk.buffer);
    expect(collector.take()).toHaveLength(5_000);
    expect(freed).toEqual([]);
    collector.append(chunk, 0, 5_000, 0, chunk.buffer);
    expect(collector.takeWith(Uint8Array.of(8), 0, 1)).toHaveLength(5_001);
    expect(freed).toEqual([chunk.buffer]);
    collector.append(chunk, 0, 5_000);
    expect(collector.takeWith(Uint8Array.of(8), 0, 1)).toHaveLength(5_001);
    expect(freed).toHaveLength(1);
    collector.append(chunk, 0, 5_000, 0, chunk.buffer);
    collector.append(Uint8Array.of(8), 0, 1);
    expect(collector.take()).toHaveLength(5_001);
    expect(freed).toEqual([chunk.buffer, chunk.buffer]);
  });

  test("it never holds more than a sixteenth above what it was given, plus 256 bytes", () => {
    fc.assert(
      fc.property(pieces, fc.boolean(), (sizes, inLargeChunks) => {
        const collector = new ByteCollector();
        let given = 0;
        for (const size of sizes) {
          const chunk = new Uint8Array(inLargeChunks ? 65_536 + size : size);
          collector.append(chunk, chunk.length - size, chunk.length);
          given += size;
          expect(collector.retainedBytes).toBeLessThanOrEqual(given * (17 / 16) + 256);
        }
      }),
      seeded(200),
    );
  });

  test("one byte at a time costs at most 1.1 bytes each; empty pieces cost nothing", () => {
    const collector = new ByteCollector();
    const empty = new Uint8Array(0);
    const one = Uint8Array.of(7);
    for (let count = 0; count < 1_000; count++) collector.append(empty, 0, 0);
    expect(collector.retainedBytes).toBe(0);
    for (let count = 1; count <= 300_000; count++) {
      collector.append(one, 0, 1);
      if (count > 10_000 && collector.retainedBytes > count * 1.1) expect.fail(`${collector.retainedBytes} / ${count}`);
    }
    expect(collector.take().every((byte) => byte === 7)).toBe(true);
  });

  test("a large chunk that is nothing else is kept by reference, and handed over without a copy", () => {
    const chunk = new Uint8Array(10_000).fill(1);
    const collector = new ByteCollector();
    collector.append(chunk, 0, chunk.length);
    expect(collector.retainedBytes).toBe(10_000);
    expect(collector.take().buffer).toBe(chunk.buffer);
  });

  test("a large piece of a larger chunk is copied: the rest of the chunk is not kept alive", () => {
    const chunk = new Uint8Array(65_536);
    const collector = new ByteCollector();
    collector.append(chunk, 0, 30_000);
    expect(collector.retainedBytes).toBeLessThanOrEqual(30_000 * (17 / 16) + 256);
    expect(collector.take().buffer).not.toBe(chunk.buffer);
  });

  test("what it hands over has memory of its own, exactly as large", () => {
    const collector = new ByteCollector();
    collector.append(hex`01 02 03`, 0, 3);
    expect(collector.take().buffer.byteLength).toBe(3);
    collector.append(new Uint8Array(1_000), 0, 250);
    expect(collector.take().buffer.byteLength).toBe(250);
  });

  test("small pieces share a segment; it is cut to what it holds if that is less than 15/16, once another piece is kept", () => {
    const large = new Uint8Array(10_000);
    for (const [used, held] of [
      [1, 1],
      [100, 100],
      [239, 239],
      [240, 256],
      [250, 256],
      [256, 256],
    ] as const) {
      const collector = new ByteCollector();
      for (let count = 1; count <= used; count++) {
        collector.append(large, 0, 1);
        expect(collector.retainedBytes).toBe(256);
      }
      collector.append(large, 0, large.length);
      expect(collector.retainedBytes).toBe(held + 10_000);
      expect(collector.take().length).toBe(used + 10_000);
    }
  });

  test("a piece is kept by reference from 4 KiB on, if it is at least 15/16 of its memory", () => {
    for (const [piece, memory, kept] of [
      [4_096, 4_096, true],
      [4_095, 4_095, false],
      [15_000, 16_000, true],
      [14_999, 16_000, false],
    ] as const) {
      const chunk = new Uint8Array(memory);
      const collector = new ByteCollector();
      collector.append(chunk, 0, piece);
      expect(collector.retainedBytes).toBe(kept ? memory : piece);
      if (piece === memory) expect(collector.take().buffer === chunk.buffer).toBe(kept);
    }
  });

  test("takeWith() is append() and then take(), whatever was appended before and whatever is said to follow", () => {
    fc.assert(
      fc.property(
        pieces,
        fc.nat({ max: 30 }),
        fc.nat({ max: 6_000 }),
        fc.nat({ max: 400 }),
        (sizes, around, last, missing) => {
          const [collector, other] = [new ByteCollector(), new ByteCollector()];
          for (const [number, size] of [...sizes, last].entries()) {
            const chunk = Uint8Array.from({ length: size + around }, (_, index) => index * 3 + number);
            other.append(chunk, around, chunk.length);
            if (number < sizes.length) {
              collector.append(chunk, around, chunk.length, missing);
              expect(collector.retainedBytes).toBeLessThanOrEqual((collector.length * 17) / 16 + around + 256);
            } else {
              const whole = collector.takeWith(chunk, around, chunk.length);
              expect(Buffer.compare(whole, other.take())).toBe(0);
              expect([collector.length, collector.retainedBytes]).toEqual([0, 0]);
            }
          }
          expect(collector.take()).toEqual(hex``);
        },
      ),
      seeded(200),
    );
  });

  test("room is made for the few bytes that are known to follow, so that the whole is not copied again", () => {
    const chunk = new Uint8Array(65_536);
    const collector = new ByteCollector();
    collector.append(chunk, 0, 16_352, 32);
    expect(collector.retainedBytes).toBe(16_384);
    const whole = collector.takeWith(chunk, 0, 32);
    expect([whole.length, whole.buffer.byteLength]).toEqual([16_384, 16_384]);
  });

  test("no room is made for many of a short one", () => {
    const collector = new ByteCollector();
    collector.append(new Uint8Array(65_536), 0, 16_000, 1_001);
    expect(collector.retainedBytes).toBe(16_000);
    expect(collector.takeWith(new Uint8Array(2_000), 0, 1_001).buffer.byteLength).toBe(17_001);
  });

  describe("as soon as half of a long frame is there, all of it gets its place", () => {
    const chunkBytes = 65_536;
    const frame = 16 * chunkBytes;

    /** Appends a frame of `length` bytes in chunks of their own, and tells what is held after each. */
    function appendFrame(collector: ByteCollector, length: number, each?: (chunk: Uint8Array) => void): void {
      for (let missing = length; missing > 0; ) {
        const chunk = new Uint8Array(Math.min(chunkBytes, missing)).fill(missing / chunkBytes);
        missing -= chunk.length;
        collector.append(chunk, 0, chunk.length, missing, chunk.buffer);
        each?.(chunk);
      }
    }

    test("chunks are kept, and let go of, until then; those that follow are copied, and nothing is joined at the end", () => {
      const freed: ArrayBuffer[] = [];
      const collector = new ByteCollector({ free: (memory) => void freed.push(memory), allocateUnfilled: undefined });
      const kept: ArrayBuffer[] = [];
      const held: number[] = [];
      appendFrame(collector, frame, (chunk) => {
        if (collector.keepsChunk) kept.push(chunk.buffer as ArrayBuffer);
        held.push(collector.retainedBytes / chunkBytes);
      });
      expect(held).toEqual([1, 2, 3, 4, 5, 6, 7, ...Array<number>(9).fill(16)]);
      expect(kept).toHaveLength(7);
      expect(freed).toEqual(kept);
      const whole = collector.take();
      expect([whole.length, whole.buffer.byteLength]).toEqual([frame, frame]);
      for (let at = 0; at < frame; at += chunkBytes) expect(whole[at]).toBe(16 - at / chunkBytes);
      expect(freed).toHaveLength(7);
    });

    test("from 32 KiB on; not for the rest of a frame that is a fraction of what there is", () => {
      for (const [length, missing, held] of [
        [32_767, 32_767, 32_767],
        [32_768, 32_768, 65_536],
        [32_768, 32_769, 32_768],
        [40_000, 10_000, 50_000],
        [40_000, 9_999, 40_000],
      ] as const) {
        const collector = new ByteCollector();
        const chunk = new Uint8Array(length);
        collector.append(chunk, 0, length, missing);
        expect(collector.retainedBytes).toBe(held);
        expect(collector.keepsChunk).toBe(held === length);
      }
    });

    test("a message of many frames is not copied with each of them", () => {
      let made = 0;
      const collector = new ByteCollector({
        free: () => {},
        allocateUnfilled: (length) => {
          made += length;
          return new Uint8Array(length);
        },
      });
      let kept = 0;
      for (let count = 0; count < 64; count++) {
        appendFrame(collector, 2 * chunkBytes, () => {
          if (collector.keepsChunk) kept++;
        });
      }
      expect(kept).toBeGreaterThan(100); // those of most frames are joined at the end
      expect(collector.take()).toHaveLength(128 * chunkBytes);
      expect(made).toBeLessThanOrEqual(6 * 128 * chunkBytes); // each time at least a quarter more than the last, and the joining
    });

    test("whatever is announced and however it arrives, what is held is at most twice what was given, and what comes out is that", () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.record({
              length: fc.oneof(fc.nat({ max: 400_000 }), fc.constantFrom(1, 65_536, 131_072, 300_000)),
              chunk: fc.constantFrom(1_000, 4_096, 16_384, 40_000, 65_536),
              around: fc.constantFrom(0, 14, 5_000),
            }),
            { minLength: 1, maxLength: 4 },
          ),
          fc.boolean(),
          (frames, unfilled) => {
            const collector = new ByteCollector({
              free: (memory) => void new Uint8Array(memory).fill(0xee), // what is freed is somebody else's
              allocateUnfilled: unfilled ? (length) => new Uint8Array(length).fill(0xdd) : undefined,
            });
            const expected: Uint8Array[] = [];
            frames.forEach(({ length, chunk: size, around }, number) => {
              for (let missing = length; missing > 0; ) {
                const count = Math.min(size, missing);
                missing -= count;
                const chunk = new Uint8Array(around + count).fill((missing + number) % 199, around);
                expected.push(chunk.slice(around));
                collector.append(chunk, around, chunk.length, missing, chunk.buffer);
                const given = collector.length + around * expected.length;
                expect(collector.retainedBytes).toBeLessThanOrEqual(given * 2 + 256);
              }
            });
            const whole = collector.take();
            expect(Buffer.compare(whole, concat(...expected))).toBe(0);
            expect(whole.buffer.byteLength).toBe(whole.length); // nothing behind it that was never filled
            expect(collector.retainedBytes).toBe(0);
          },
        ),
        seeded(100),
      );
    });

    test("memory that is not filled is asked for from 64 KiB on", () => {
      const asked: number[] = [];
      const allocateUnfilled = (length: number): Uint8Array => {
        asked.push(length);
        return new Uint8Array(length);
      };
      const collector = new ByteCollector({ free: undefined, allocateUnfilled });
      for (const length of [65_535, 65_536]) {
        collector.append(new Uint8Array(10_000), 0, 10_000);
        expect(collector.takeWith(new Uint8Array(length), 10_000, length)).toHaveLength(length);
      }
      expect(asked).toEqual([65_536]);
    });
  });
});
