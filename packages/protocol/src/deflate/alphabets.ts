/** The alphabets of RFC 1951 §3.2.5 to §3.2.7: what each symbol stands for. */

/** Ends a block; the literals are below, the lengths above. */
export const END_OF_BLOCK = 256;
/** Literals, end of block and lengths that a dynamic block can define: 0 to 285. */
export const LENGTH_SYMBOLS = 286;
/** Distances that a dynamic block can define: 0 to 29. */
export const DISTANCE_SYMBOLS = 30;
/** The longest code of literals, lengths and distances. */
export const MAX_CODE_BITS = 15;

/** For each length symbol from 257 on: the shortest length it stands for. */
export const lengthBase: readonly number[] = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
/** For each length symbol from 257 on: how many bits follow, to be added to the base. */
export const lengthExtra: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
/** For each distance symbol: the shortest distance it stands for. */
export const distanceBase: readonly number[] = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
/** For each distance symbol: how many bits follow, to be added to the base. */
export const distanceExtra: readonly number[] = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** The order in which a dynamic block lists the lengths of its code length code (§3.2.7). */
export const codeLengthOrder: readonly number[] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** How many bits follow a symbol of the code length code: 16 to 18 are repetitions (§3.2.7). */
export function extraOfCodeLength(symbol: number): number {
  return symbol < 16 ? 0 : symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
}

/** The code lengths of the fixed literal/length code (§3.2.6), the two unused symbols included. */
export function fixedLengthBits(): Uint8Array {
  return new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, 288);
}

/** The code lengths of the fixed distance code (§3.2.6), the two unused symbols included. */
export function fixedDistanceBits(): Uint8Array {
  return new Uint8Array(32).fill(5);
}
