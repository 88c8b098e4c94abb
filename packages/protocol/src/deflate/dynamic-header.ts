import { codeLengthOrder, DISTANCE_SYMBOLS, END_OF_BLOCK, extraOfCodeLength, LENGTH_SYMBOLS } from "./alphabets.ts";
import type { BitWriter } from "./bit-writer.ts";
import { HuffmanCode } from "./huffman-code.ts";
import { Tally } from "./tally.ts";

/** The header of a dynamic block (RFC 1951 §3.2.7): the lengths of its two codes, themselves coded. */
export class DynamicHeader {
  readonly #code = new HuffmanCode(codeLengthOrder.length, 7);
  readonly #tally = new Tally(codeLengthOrder.length);
  /** The two codes' lengths, run-length coded: a symbol, and its extra bits shifted left by 5. */
  readonly #runs = new Uint16Array(LENGTH_SYMBOLS + DISTANCE_SYMBOLS);
  #runCount = 0;
  #extraBits = 0;
  #lengthCount = 0;
  #distanceCount = 0;
  #bitLengthCount = 0;

  /** Prepares the header for these code lengths; returns its size in bits. */
  prepare(lengths: Uint8Array, distances: Uint8Array): number {
    this.#lengthCount = usedSymbols(lengths, END_OF_BLOCK + 1);
    this.#distanceCount = usedSymbols(distances, 1);
    this.#runCount = 0;
    this.#extraBits = 0;
    this.#tally.clear();
    this.#addRuns(lengths, this.#lengthCount);
    this.#addRuns(distances, this.#distanceCount);
    this.#code.build(this.#tally);
    const bitLengths = this.#code.lengths;
    this.#bitLengthCount = codeLengthOrder.length;
    while (bitLengths[codeLengthOrder[this.#bitLengthCount - 1]!] === 0) this.#bitLengthCount--;
    return 14 + this.#bitLengthCount * 3 + this.#tally.cost(bitLengths) + this.#extraBits;
  }

  write(writer: BitWriter): void {
    writer.write(this.#lengthCount - 257, 5);
    writer.write(this.#distanceCount - 1, 5);
    writer.write(this.#bitLengthCount - 4, 4);
    const { lengths, entries } = this.#code;
    for (let at = 0; at < this.#bitLengthCount; at++) writer.write(lengths[codeLengthOrder[at]!]!, 3);
    for (let at = 0; at < this.#runCount; at++) {
      const run = this.#runs[at]!;
      const entry = entries[run & 31]!;
      writer.write(entry >>> 4, entry & 15);
      writer.write(run >>> 5, extraOfCodeLength(run & 31));
    }
  }

  #addRuns(lengths: Uint8Array, count: number): void {
    for (let at = 0; at < count; ) {
      const length = lengths[at]!;
      let repeated = 1;
      while (at + repeated < count && lengths[at + repeated] === length) repeated++;
      at += repeated;
      if (length === 0) {
        while (repeated >= 11) {
          const size = Math.min(repeated, 138);
          this.#addRun(18, size - 11);
          repeated -= size;
        }
        if (repeated >= 3) {
          this.#addRun(17, repeated - 3);
          repeated = 0;
        }
      } else {
        this.#addRun(length, 0);
        repeated--;
        while (repeated >= 3) {
          const size = Math.min(repeated, 6);
          this.#addRun(16, size - 3);
          repeated -= size;
        }
      }
      while (repeated-- > 0) this.#addRun(length, 0);
    }
  }

  #addRun(symbol: number, extra: number): void {
    this.#runs[this.#runCount++] = (extra << 5) | symbol;
    this.#tally.add(symbol);
    this.#extraBits += extraOfCodeLength(symbol);
  }
}

/** How many symbols a dynamic block must list, at least `least`. */
function usedSymbols(lengths: Uint8Array, least: number): number {
  let count = lengths.length;
  while (count > least && lengths[count - 1] === 0) count--;
  return count;
}
