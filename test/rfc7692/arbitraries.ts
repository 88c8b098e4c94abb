// Data to compress, and what may happen to it.

import fc from "fast-check";

/** Bytes with repetitions near and far, as data has them, up to some 40 KiB. */
export const compressible: fc.Arbitrary<Uint8Array> = fc
  .record({
    seed: fc.integer(),
    length: fc.oneof(fc.nat(40), fc.nat(2_000), fc.nat(40_000)),
    alphabet: fc.constantFrom(1, 2, 20, 64, 256),
    repetition: fc.constantFrom(0, 0.05, 0.5, 0.95),
  })
  .map(({ seed, length, alphabet, repetition }) => {
    const random = generator(seed);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      if (at === 0 || random() >= repetition) {
        bytes[at++] = Math.floor(random() * alphabet);
        continue;
      }
      const distance = 1 + Math.floor(random() * Math.min(at, 33_000));
      for (let left = 1 + Math.floor(random() ** 4 * 400); left > 0 && at < length; left--, at++) {
        bytes[at] = bytes[at - distance]!;
      }
    }
    return bytes;
  });

/** Sizes of the pieces in which something is given or taken, used again and again. */
export const pieceSizes: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 })),
  { minLength: 1, maxLength: 5 },
);

/** Numbers from 0 to 1, the same ones for the same seed. */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
