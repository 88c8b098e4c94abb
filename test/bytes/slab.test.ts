import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Slab } from "../../packages/protocol/src/bytes/slab.ts";
import { seeded } from "../reference/seed.ts";

/** A slab that counts what is made. */
function counted(): { slab: Slab; made: () => number } {
  let made = 0;
  const slab = new Slab((length) => {
    made++;
    return new Uint8Array(length);
  });
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
