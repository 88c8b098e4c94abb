import { distanceBase, distanceExtra, END_OF_BLOCK, lengthBase, lengthExtra, MAX_CODE_BITS } from "./alphabets.ts";

// An entry of a decode table is one integer: bits 0 to 3 hold the length of the code, bits 4 to 7 how many extra bits
// follow it, the bits from 8 on a value. No flag means a literal (or, in the tables of distances and of code lengths,
// any symbol), so that the most frequent case is one comparison.

/** The value is the base of a match length. */
export const LENGTH_FLAG: number = 1 << 24;
/** The end of the block. */
export const END_FLAG: number = 1 << 25;
/** A code that RFC 1951 does not assign. */
export const INVALID_FLAG: number = 1 << 26;
/** The code is longer than the root table's index: the value is where its second table begins, of "extra" index bits. */
export const LINK_FLAG: number = 1 << 27;

/**
 * A canonical Huffman code (RFC 1951 §3.2.2), ready to be decoded: a root table indexed by the next bits of the
 * stream, and second tables for the longer codes.
 */
export class DecodeTable {
  readonly entries: Int32Array;
  readonly #meanings: Int32Array;
  /** Selects the index into the root table. */
  mask = 0;
  /** How many bits `mask` has. */
  bits = 0;
  readonly #rootBits: number;
  readonly #counts = new Uint16Array(MAX_CODE_BITS + 1);
  readonly #starts = new Uint16Array(MAX_CODE_BITS + 2);
  readonly #sorted: Uint16Array;

  /**
   * `meanings` has each symbol's entry, without the length of its code; `rootBits` is the largest index of the root
   * table; `capacity` is the most entries that any complete code needs with such a root.
   */
  constructor(meanings: Int32Array, rootBits: number, capacity: number) {
    this.entries = new Int32Array(capacity);
    this.#meanings = meanings;
    this.#rootBits = rootBits;
    this.#sorted = new Uint16Array(meanings.length);
  }

  /** The entry of the code that `bits` begin with. Bits that are not there yet may be zero: see the entry's length. */
  find(bits: number): number {
    const entry = this.entries[bits & this.mask]!;
    if (entry < LINK_FLAG) return entry;
    return this.entries[((entry >>> 8) & 0xffff) + ((bits >>> this.bits) & ((1 << ((entry >>> 4) & 15)) - 1))]!;
  }

  /**
   * Builds the table for the code whose lengths are `lengths[start..start + count)`; `false` if there is no such code:
   * oversubscribed, or incomplete. As in zlib, the incomplete codes that are allowed are a single code of one bit, and
   * none at all, both with `mayBeIncomplete`.
   */
  build(lengths: Uint8Array, start: number, count: number, mayBeIncomplete: boolean): boolean {
    const counts = this.#counts.fill(0);
    for (let symbol = 0; symbol < count; symbol++) counts[lengths[start + symbol]!]!++;
    let longest = MAX_CODE_BITS;
    while (longest > 0 && counts[longest] === 0) longest--;
    let unused = 1;
    for (let bits = 1; bits <= longest; bits++) {
      unused = unused * 2 - counts[bits]!;
      if (unused < 0) return false;
    }
    if (unused > 0 && !(mayBeIncomplete && longest <= 1)) return false;

    const starts = this.#starts;
    starts[1] = 0;
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) starts[bits + 1] = starts[bits]! + counts[bits]!;
    const sorted = this.#sorted;
    for (let symbol = 0; symbol < count; symbol++) {
      const bits = lengths[start + symbol]!;
      if (bits !== 0) sorted[starts[bits]!++] = symbol;
    }

    const root = Math.max(1, Math.min(longest, this.#rootBits));
    this.bits = root;
    this.mask = (1 << root) - 1;
    this.entries.fill(INVALID_FLAG | 1, 0, 1 << root);
    this.#fill(root, longest);
    return true;
  }

  #fill(root: number, longest: number): void {
    const { entries, mask } = this;
    const meanings = this.#meanings;
    const counts = this.#counts;
    const sorted = this.#sorted;
    let next = 1 << root; // where the next second table begins
    let prefix = -1; // which root entry the current second table hangs on
    let base = 0;
    let end = 1 << root; // past the table that is being filled
    let shift = 0; // how many bits of the code that table's index leaves out
    let code = 0; // as the stream has it: the first bit is the lowest
    let index = 0;
    for (let bits = 1; bits <= longest; bits++) {
      for (let left = counts[bits]!; left > 0; left--) {
        if (bits > root && (code & mask) !== prefix) {
          prefix = code & mask;
          // The codes that share this prefix: take bits until they all fit.
          let size = bits - root;
          let room = (1 << size) - left;
          while (room > 0 && root + size < longest) {
            size++;
            room = room * 2 - counts[root + size]!;
          }
          shift = root;
          base = next;
          next += 1 << size;
          end = next;
          entries[prefix] = LINK_FLAG | (base << 8) | (size << 4);
        }
        const entry = meanings[sorted[index++]!]! | bits;
        for (let at = base + (code >>> shift); at < end; at += 1 << (bits - shift)) entries[at] = entry;
        let bit = 1 << (bits - 1);
        while ((code & bit) !== 0) bit >>>= 1;
        code = (code & (bit - 1)) | bit;
      }
    }
  }
}

/** What the symbols of literals and lengths mean, for a `DecodeTable`. */
export const lengthMeanings: Int32Array = meaningsOfLengths();

/** What the symbols of distances mean. */
export const distanceMeanings: Int32Array = new Int32Array(32).fill(INVALID_FLAG);
distanceMeanings.set(distanceBase.map((base, symbol) => (base << 8) | (distanceExtra[symbol]! << 4)));

/** What the symbols of the code length code mean: themselves. */
export const codeLengthMeanings: Int32Array = Int32Array.from({ length: 19 }, (_, symbol) => symbol << 8);

function meaningsOfLengths(): Int32Array {
  const meanings = new Int32Array(288).fill(INVALID_FLAG);
  for (let literal = 0; literal < END_OF_BLOCK; literal++) meanings[literal] = literal << 8;
  meanings[END_OF_BLOCK] = END_FLAG;
  meanings.set(
    lengthBase.map((base, at) => LENGTH_FLAG | (base << 8) | (lengthExtra[at]! << 4)),
    END_OF_BLOCK + 1,
  );
  return meanings;
}
