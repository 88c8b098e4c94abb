import {
  DISTANCE_SYMBOLS,
  distanceBase,
  distanceExtra,
  END_OF_BLOCK,
  fixedDistanceBits,
  fixedLengthBits,
  LENGTH_SYMBOLS,
  lengthBase,
  lengthExtra,
  MAX_CODE_BITS,
} from "./alphabets.ts";
import type { BitWriter } from "./bit-writer.ts";
import { DynamicHeader } from "./dynamic-header.ts";
import { HuffmanCode } from "./huffman-code.ts";
import { Tally } from "./tally.ts";

/** The most literals and matches that one block holds. */
const BLOCK_TOKENS = 16 * 1024;
/** The three header bits of a block (§3.2.3), BFINAL zero. */
const STORED = 0b000;
const FIXED = 0b010;
const DYNAMIC = 0b100;

/** About what the header of a dynamic block takes: so much for itself, and so much for each symbol that it defines. */
const HEADER_BITS = 90;
const HEADER_BITS_PER_SYMBOL = 4;
/**
 * A dynamic block must save a sixteenth. It costs each side one or two microseconds more than a fixed one, a third of
 * all the work for a small message; smaller savings than this add up to a tenth of a percent (measured).
 */
const DYNAMIC_SAVING = 16;

/**
 * One block in the making: collects the literals and the matches that the search found, and writes them in the
 * shortest of the three forms of RFC 1951 §3.2.3.
 */
export class Block {
  /** Literals as they are; matches as `distance << 9 | length`, so that a distance of zero means a literal. */
  readonly tokens: Uint32Array = new Uint32Array(BLOCK_TOKENS);
  /** How many tokens there are. */
  count = 0;

  readonly #lengthTally = new Tally(LENGTH_SYMBOLS);
  readonly #distanceTally = new Tally(DISTANCE_SYMBOLS);
  readonly #lengths = new HuffmanCode(LENGTH_SYMBOLS, MAX_CODE_BITS);
  readonly #distances = new HuffmanCode(DISTANCE_SYMBOLS, MAX_CODE_BITS);
  readonly #fixedLengths = HuffmanCode.of(fixedLengthBits());
  readonly #fixedDistances = HuffmanCode.of(fixedDistanceBits());
  readonly #header = new DynamicHeader();
  /** The symbol of each match length. */
  readonly #lengthSymbols = new Uint16Array(259);
  readonly #lengthBase = Uint16Array.from(lengthBase);
  readonly #lengthExtra = Uint8Array.from(lengthExtra);
  readonly #distanceBase = Uint16Array.from(distanceBase);
  readonly #distanceExtra = Uint8Array.from(distanceExtra);

  constructor() {
    for (let at = 0; at < lengthBase.length; at++) {
      this.#lengthSymbols.fill(at, lengthBase[at], lengthBase[at + 1] ?? 259);
    }
  }

  /** Writes the tokens, which stand for `source[start..end)`, and begins anew. */
  write(writer: BitWriter, source: Uint8Array, start: number, end: number): void {
    const extraBits = this.#countSymbols();
    const fixedBits = 3 + extraBits + this.#cost(this.#fixedLengths, this.#fixedDistances);
    let dynamicBits = Number.POSITIVE_INFINITY;
    if (extraBits + this.#estimate() < fixedBits - fixedBits / DYNAMIC_SAVING) {
      this.#lengths.build(this.#lengthTally);
      this.#distances.build(this.#distanceTally);
      const headerBits = this.#header.prepare(this.#lengths.lengths, this.#distances.lengths);
      dynamicBits = 3 + headerBits + extraBits + this.#cost(this.#lengths, this.#distances);
    }
    const bits = Math.min(fixedBits, dynamicBits);
    if (storedBits(end - start) < bits) {
      writeStored(writer, source, start, end);
    } else {
      writer.reserve(bits);
      if (fixedBits === bits) {
        writer.write(FIXED, 3);
        this.#writeTokens(writer, this.#fixedLengths, this.#fixedDistances);
      } else {
        writer.write(DYNAMIC, 3);
        this.#header.write(writer);
        this.#writeTokens(writer, this.#lengths, this.#distances);
      }
    }
    this.count = 0;
    this.#lengthTally.clear();
    this.#distanceTally.clear();
  }

  /** Counts the symbols of all tokens; returns how many extra bits they take. */
  #countSymbols(): number {
    const { tokens, count } = this;
    const lengthTally = this.#lengthTally;
    const distanceTally = this.#distanceTally;
    const lengthSymbols = this.#lengthSymbols;
    let extraBits = 0;
    for (let at = 0; at < count; at++) {
      const token = tokens[at]!;
      const distance = token >>> 9;
      if (distance === 0) {
        lengthTally.add(token);
        continue;
      }
      const length = lengthSymbols[token & 511]!;
      const symbol = distanceSymbol(distance);
      lengthTally.add(END_OF_BLOCK + 1 + length);
      distanceTally.add(symbol);
      extraBits += this.#lengthExtra[length]! + this.#distanceExtra[symbol]!;
    }
    lengthTally.add(END_OF_BLOCK);
    return extraBits;
  }

  /** How many bits the counted symbols take in these codes. */
  #cost(lengths: HuffmanCode, distances: HuffmanCode): number {
    return this.#lengthTally.cost(lengths.lengths) + this.#distanceTally.cost(distances.lengths);
  }

  /** About how many bits the counted symbols would take in codes of their own, with the header that defines those. */
  #estimate(): number {
    const symbols = this.#lengthTally.size + this.#distanceTally.size;
    return HEADER_BITS + symbols * HEADER_BITS_PER_SYMBOL + this.#lengthTally.entropy() + this.#distanceTally.entropy();
  }

  #writeTokens(writer: BitWriter, lengthCode: HuffmanCode, distanceCode: HuffmanCode): void {
    const { tokens, count } = this;
    const lengths = lengthCode.entries;
    const distances = distanceCode.entries;
    const lengthSymbols = this.#lengthSymbols;
    for (let at = 0; at < count; at++) {
      const token = tokens[at]!;
      const distance = token >>> 9;
      if (distance === 0) {
        const entry = lengths[token]!;
        writer.write(entry >>> 4, entry & 15);
        continue;
      }
      const length = token & 511;
      const lengthAt = lengthSymbols[length]!;
      const lengthEntry = lengths[END_OF_BLOCK + 1 + lengthAt]!;
      writer.write(lengthEntry >>> 4, lengthEntry & 15);
      writer.write(length - this.#lengthBase[lengthAt]!, this.#lengthExtra[lengthAt]!);
      const symbol = distanceSymbol(distance);
      const distanceEntry = distances[symbol]!;
      writer.write(distanceEntry >>> 4, distanceEntry & 15);
      writer.write(distance - this.#distanceBase[symbol]!, this.#distanceExtra[symbol]!);
    }
    const end = lengths[END_OF_BLOCK]!;
    writer.write(end >>> 4, end & 15);
  }
}

/** §3.2.5: each pair of symbols from 4 on covers twice the distances of the pair before. */
function distanceSymbol(distance: number): number {
  if (distance <= 4) return distance - 1;
  const bits = 30 - Math.clz32(distance - 1);
  return bits * 2 + 2 + (((distance - 1) >>> bits) & 1);
}

/** How many bits a stored block takes at most. */
function storedBits(byteLength: number): number {
  return byteLength * 8 + 42;
}

/**
 * One stored block is enough: 65,536 bytes in `BLOCK_TOKENS` tokens would be four bytes a token, and no match takes more
 * than 31 bits in the fixed codes.
 */
function writeStored(writer: BitWriter, source: Uint8Array, start: number, end: number): void {
  const byteLength = end - start;
  writer.reserve(storedBits(byteLength));
  writer.write(STORED, 3);
  writer.align();
  writer.write(byteLength, 16);
  writer.write(byteLength ^ 0xffff, 16);
  writer.copy(source, start, end);
}
