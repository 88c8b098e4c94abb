// Pieces of received chunks that are given away: what they hold, what they keep alive, and whom they share memory with.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReceivedChunk } from "../../packages/protocol/src/bytes/received-chunk.ts";
import { seeded } from "../reference/seed.ts";

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index);

describe("a piece of a received chunk", () => {
  test("keeps no more than 2 KiB alive, or sixteen times its size from 512 bytes on", () => {
    for (const held of [10, 100, 2_048, 2_049, 8_192, 65_536]) {
      for (const size of [0, 1, 16, 17, 125, 511, 512, 1_000, 4_096, 8_192, 60_000].filter((each) => each <= held)) {
        const bytes = counting(held);
        const piece = new ReceivedChunk(bytes).detach(held - size, held);
        expect(Buffer.compare(piece, bytes.subarray(held - size))).toBe(0);
        expect(piece.buffer.byteLength).toBeLessThanOrEqual(size < 512 ? 2_048 : size * 16);
        expect(piece.constructor).toBe(Uint8Array);
      }
    }
  });

  test("is a view exactly where it may be, of more than 16 bytes, and the chunk then knows that it is shared", () => {
    for (const held of [17, 100, 2_048, 2_049, 8_192, 8_193, 65_536]) {
      for (const size of [0, 16, 17, 511, 512, 1_000, 4_096].filter((each) => each <= held)) {
        const bytes = new Uint8Array(held);
        const chunk = new ReceivedChunk(bytes);
        expect(chunk.isShared).toBe(false);
        const isView = chunk.detach(0, size).buffer === bytes.buffer;
        expect({ held, size, isView }).toEqual({
          held,
          size,
          isView: size > 16 && held <= (size < 512 ? 2_048 : size * 16),
        });
        expect(chunk.isShared).toBe(isView);
      }
    }
  });

  test("of 65 to 4,096 bytes that is copied shares a block with its neighbours: 2 KiB, from 512 bytes on 8 KiB", () => {
    for (const [size, blocks] of [
      [17, "its own"],
      [64, "its own"],
      [65, 2_048],
      [511, 2_048],
      [512, 8_192],
      [4_095, 8_192],
    ] as const) {
      const chunk = new ReceivedChunk(counting(65_536));
      const pieces = Array.from({ length: 3 }, (_, index) => chunk.detach(index * size, (index + 1) * size));
      const shared = pieces.map((piece) => piece.buffer === pieces[0]!.buffer);
      expect(shared).toEqual([true, blocks !== "its own", blocks !== "its own" && size * 3 <= blocks]);
      expect(pieces[0]!.buffer.byteLength).toBe(blocks === "its own" ? size : blocks);
    }
    const large = new ReceivedChunk(counting(1_048_576)); // of transports with chunks of their own size
    expect([4_096, 4_097].map((size) => large.detach(0, size).buffer.byteLength)).toEqual([8_192, 4_097]);
  });

  test("fills a block to its last byte before there is another; the last is no larger than what is left of the chunk", () => {
    const chunk = new ReceivedChunk(counting(5_000));
    const pieces = Array.from({ length: 9 }, (_, index) => chunk.detach(index * 512 + 300, index * 512 + 300 + 511));
    expect(pieces.map((piece) => piece.buffer.byteLength)).toEqual([
      2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 604,
    ]);
    const exact = new ReceivedChunk(counting(5_000));
    const quarters = Array.from({ length: 8 }, (_, index) => exact.detach(index * 256, (index + 1) * 256));
    expect(new Set(quarters.map(({ buffer }) => buffer)).size).toBe(1);
    expect(exact.detach(2_048, 2_304).buffer).not.toBe(quarters[0]!.buffer);
  });

  test("holds what was received, whatever else is detached, and wherever the chunk lies in its memory", () => {
    const piece = fc.record({
      size: fc.oneof(fc.nat({ max: 700 }), fc.constantFrom(64, 65, 512, 4_095)),
      gap: fc.nat({ max: 14 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.nat({ max: 9 }), (pieces, offset) => {
        const memory = counting(offset + 70_000);
        const chunk = new ReceivedChunk(memory.subarray(offset));
        let at = 0;
        const detached = pieces.flatMap(({ size, gap }) => {
          at += gap + size;
          return at > 70_000 ? [] : [{ bytes: chunk.detach(at - size, at), start: offset + at - size }];
        });
        for (const { bytes, start } of detached) {
          expect(Buffer.compare(bytes, memory.subarray(start, start + bytes.length))).toBe(0);
          bytes.fill(0xee); // what one is changed to is seen by no other
        }
        const original = counting(offset + 70_000);
        for (const { bytes } of detached) expect(bytes.every((byte) => byte === 0xee)).toBe(true);
        if (!chunk.isShared) expect(Buffer.compare(memory, original)).toBe(0);
      }),
      seeded(100),
    );
  });
});
