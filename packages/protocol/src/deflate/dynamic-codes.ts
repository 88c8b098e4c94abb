import { codeLengthOrder, DISTANCE_SYMBOLS, END_OF_BLOCK, extraOfCodeLength, LENGTH_SYMBOLS } from "./alphabets.ts";
import type { BitReader } from "./bit-reader.ts";
import { codeLengthMeanings, DecodeTable, distanceMeanings, lengthMeanings } from "./decode-table.ts";

const COUNTS = 0;
const CODE_LENGTH_BITS = 1;
const CODE_LENGTHS = 2;

/**
 * The codes of a dynamic block, and the reading of its header, which defines them (RFC 1951 §3.2.7). In use from the
 * header to the end of the block, and again for another.
 */
export class DynamicCodes {
  // 852 and 400 are the most entries that a complete code of 286 or 30 symbols can need (by exhaustive search).
  readonly lengths: DecodeTable = new DecodeTable(lengthMeanings, 9, 852);
  readonly distances: DecodeTable = new DecodeTable(distanceMeanings, 7, 400);
  readonly #codeLengths = new DecodeTable(codeLengthMeanings, 7, 128);
  /** The code lengths so far: first those of the code length code, then literals and lengths, then distances. */
  readonly #bits = new Uint8Array(LENGTH_SYMBOLS + DISTANCE_SYMBOLS);
  #state = COUNTS;
  #known = 0;
  #lengthCount = 0;
  #distanceCount = 0;
  #bitLengthCount = 0;

  /** Forgets a header that was begun. */
  begin(): void {
    this.#state = COUNTS;
  }

  /** Reads on in the header; `undefined` means that it goes on after the input. */
  read(reader: BitReader): "complete" | "invalid" | undefined {
    if (this.#state === COUNTS) {
      if (!reader.need(14)) return undefined;
      this.#lengthCount = reader.take(5) + 257;
      this.#distanceCount = reader.take(5) + 1;
      this.#bitLengthCount = reader.take(4) + 4;
      if (this.#lengthCount > LENGTH_SYMBOLS || this.#distanceCount > DISTANCE_SYMBOLS) return "invalid";
      this.#bits.fill(0, 0, codeLengthOrder.length);
      this.#known = 0;
      this.#state = CODE_LENGTH_BITS;
    }
    if (this.#state === CODE_LENGTH_BITS) {
      while (this.#known < this.#bitLengthCount) {
        if (!reader.need(3)) return undefined;
        this.#bits[codeLengthOrder[this.#known++]!] = reader.take(3);
      }
      if (!this.#codeLengths.build(this.#bits, 0, codeLengthOrder.length, false)) return "invalid";
      this.#known = 0;
      this.#state = CODE_LENGTHS;
    }
    return this.#readCodeLengths(reader);
  }

  #readCodeLengths(reader: BitReader): "complete" | "invalid" | undefined {
    const bits = this.#bits;
    const total = this.#lengthCount + this.#distanceCount;
    while (this.#known < total) {
      reader.need(14); // 7 for the code and 7 extra at most, but the last ones may be fewer
      const entry = this.#codeLengths.find(reader.bits);
      const symbol = entry >>> 8;
      const extra = extraOfCodeLength(symbol);
      if ((entry & 15) + extra > reader.bitCount) return undefined;
      reader.take(entry & 15);
      if (symbol < 16) {
        bits[this.#known++] = symbol;
        continue;
      }
      if (symbol === 16 && this.#known === 0) return "invalid"; // nothing to repeat
      const value = symbol === 16 ? bits[this.#known - 1]! : 0;
      const end = this.#known + reader.take(extra) + (symbol === 18 ? 11 : 3);
      if (end > total) return "invalid";
      bits.fill(value, this.#known, end);
      this.#known = end;
    }
    const valid =
      bits[END_OF_BLOCK] !== 0 &&
      this.lengths.build(bits, 0, this.#lengthCount, true) &&
      this.distances.build(bits, this.#lengthCount, this.#distanceCount, true);
    return valid ? "complete" : "invalid";
  }
}
