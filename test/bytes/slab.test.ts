import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Slab } from "../../packages/protocol/src/bytes/slab.ts";
import { seeded } from "../reference/seed.ts";
import { hex } from "../support/hex.ts";

/** A slab that counts what is made. */
function counted(): { slab: Slab; made: () => number } {
  let made = 0;
  const slab = new Slab((length) => {
    made++;
    return new Uint8Array(length);
  }, 32);
  return { slab, made: () => made };
}

/** Borrows a small region, as an outbox does. */
function borrow(slab: Slab, borrower: object, length: number): Uint8Array {
  const start = slab.reserve(length);
  return slab.lend(borrower, slab.memory, start, start + length, start + length);
}

/** Borrows memory of its own. */
function borrowLarge(slab: Slab, borrower: object, length: number): Uint8Array {
  const memory = slab.take(length);
  return slab.lend(borrower, memory, 0, length, memory.length);
}

describe("Slab", () => {
  const one = {};
  const other = {};

  test("what is given back is the next to be lent, down to the very same view", () => {
    const { slab, made } = counted();
    const first = borrow(slab, one, 100);
    slab.reclaim(one);
    expect(borrow(slab, other, 100)).toBe(first);
    slab.reclaim(other);
    const shorter = borrow(slab, one, 60);
    expect(shorter).not.toBe(first);
    expect(shorter.byteOffset).toBe(first.byteOffset);
    expect(made()).toBe(1);
  });

  test("what is not given back is never lent again", () => {
    const { slab } = counted();
    const first = borrow(slab, one, 100);
    const second = borrow(slab, other, 100);
    expect(second.byteOffset).toBe(first.byteOffset + 100);
    slab.reclaim(one); // somebody has borrowed since: too late to know what is free
    expect(borrow(slab, one, 100).byteOffset).toBe(second.byteOffset + 100);
  });

  test("a region that was reserved meanwhile is not overrun", () => {
    const { slab } = counted();
    const lent = borrow(slab, one, 100);
    const reserved = slab.reserve(50);
    slab.reclaim(one);
    expect(slab.reserve(10)).toBe(reserved + 50);
    expect(reserved).toBe(lent.byteOffset + 100);
  });

  test("what a region has beyond the bytes that are lent is free at once", () => {
    const { slab } = counted();
    const start = slab.reserve(1_000);
    slab.lend(one, slab.memory, start, start + 10, start + 1_000);
    expect(slab.reserve(1)).toBe(start + 10);
  });

  test("memory for a large write is kept for the next that fits, one piece of it, and not without bounds", () => {
    const { slab, made } = counted();
    const first = borrowLarge(slab, one, 50_000);
    expect(borrowLarge(slab, other, 50_000).buffer).not.toBe(first.buffer);
    slab.reclaim(other);
    slab.reclaim(other); // twice is no more than once
    expect(made()).toBe(2);
    borrowLarge(slab, one, 40_000);
    expect(made()).toBe(2);
    slab.reclaim(one);
    borrowLarge(slab, one, 60_000);
    expect(made()).toBe(3);
    slab.reclaim(one);
    borrowLarge(slab, one, 60_000);
    expect(made()).toBe(3);
    slab.reclaim(one);
    borrowLarge(slab, one, 10_000_000);
    slab.reclaim(one);
    borrowLarge(slab, one, 10_000_000);
    expect(made()).toBe(5);
  });

  test("a region that fits exactly is taken from the slab, the next one is not", () => {
    const { slab, made } = counted();
    slab.reserve(10_000);
    const { memory } = slab;
    expect(slab.reserve(16_384 - 10_000)).toBe(10_000);
    expect([slab.memory === memory, made()]).toEqual([true, 1]);
    expect(slab.reserve(1)).toBe(0);
    expect([slab.memory === memory, made()]).toEqual([false, 2]);
  });

  test("only the last region can be made longer, as far as the memory goes", () => {
    const { slab } = counted();
    slab.reserve(100);
    const { memory } = slab;
    expect(slab.extend(memory, 100, 50)).toBe(true);
    expect(slab.extend(memory, 100, 50)).toBe(false); // it ends at 150 now
    expect(slab.reserve(10)).toBe(150);
    expect(slab.extend(memory, 150, 1)).toBe(false);
    expect(slab.extend(new Uint8Array(16_384), 160, 1)).toBe(false);
    expect(slab.extend(memory, 160, 16_384 - 160 + 1)).toBe(false);
    expect(slab.extend(memory, 160, 16_384 - 160)).toBe(true);
    expect(slab.reserve(1)).toBe(0);
  });

  test("the words of its memory are looked for once, as long as it is the same", () => {
    const { slab } = counted();
    const [first, second] = [new Uint8Array(400), new Uint8Array(800)];
    const words = slab.wordsOf(first);
    expect(words).toMatchObject({ lead: 0, size: 4 });
    expect(slab.wordsOf(first)).toBe(words);
    slab.wordsOf(second).xor(0, 4, 0x0102_0304);
    expect(second.subarray(0, 4)).toEqual(hex`01 02 03 04`);
    expect(first.every((byte) => byte === 0)).toBe(true);
  });

  test("memory that is not the slab's changes nothing in it, nor does a region that is not the last", () => {
    const { slab } = counted();
    slab.reserve(100);
    slab.lend(one, slab.take(50_000), 0, 50_000, 50_000);
    slab.lend(one, slab.take(100), 0, 40, 100);
    expect(slab.reserve(50)).toBe(100);
    slab.lend(one, slab.memory, 0, 10, 100);
    expect(slab.reserve(1)).toBe(150);
  });

  test("a view is used again only for the same bytes of the same memory", () => {
    const { slab } = counted();
    slab.reserve(10);
    const first = borrow(slab, one, 100);
    slab.reclaim(one);
    expect(borrow(slab, one, 100)).toBe(first);
    slab.reserve(50);
    slab.reclaim(one); // the region behind it is still in use
    expect(borrow(slab, one, 100).byteOffset).toBe(160);
    slab.reclaim(one);

    const large = slab.take(50_000);
    slab.lend(one, large, 0, 5_000, 50_000);
    slab.reclaim(one);
    const larger = slab.take(60_000);
    expect(slab.lend(one, larger, 0, 5_000, 60_000).buffer).toBe(larger.buffer);
  });

  test("of the memory for large writes the largest is kept, up to 256 KiB, and from 4 KiB on", () => {
    const { slab } = counted();
    const [small, large] = [slab.take(50_000), slab.take(60_000)];
    const giveBack = (memory: Uint8Array): void => {
      slab.lend(one, memory, 0, 1, memory.length);
      slab.reclaim(one);
    };
    giveBack(large);
    giveBack(small);
    expect(slab.take(50_000)).toBe(large);
    const largest = slab.take(256 * 1024);
    giveBack(slab.take(256 * 1024 + 1));
    expect(slab.take(10).length).toBe(10);
    giveBack(slab.take(4_096));
    expect(slab.take(10).length).toBe(10);
    giveBack(largest);
    expect(slab.take(10)).toBe(largest);
  });

  test("bytes that were lent and not given back never change, whoever borrows and gives back what", () => {
    const step = fc.record({
      borrower: fc.nat({ max: 3 }),
      length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 4_097, max: 100_000 })),
      gives: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { slab } = counted();
        const borrowers = [{}, {}, {}, {}];
        const kept = new Map<Uint8Array, number>();
        steps.forEach(({ borrower, length, gives }, index) => {
          const bytes = (length > 4_096 ? borrowLarge : borrow)(slab, borrowers[borrower]!, length);
          bytes.fill(index % 251);
          if (gives) slab.reclaim(borrowers[borrower]!);
          else kept.set(bytes, index % 251);
        });
        for (const [bytes, value] of kept) if (bytes.some((byte) => byte !== value)) expect.fail("bytes were changed");
      }),
      seeded(200),
    );
  });
});
