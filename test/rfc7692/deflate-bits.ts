// DEFLATE streams written by hand, bit by bit, legal or not (RFC 1951 §3.1.1).

import { codeLengthOrder } from "../../packages/protocol/src/deflate/alphabets.ts";

/** What begins a block with BFINAL zero: the three bits, in the order in which they are sent. */
export const STORED_BLOCK = "0 00";
export const FIXED_BLOCK = "0 10";
export const DYNAMIC_BLOCK = "0 01";

/** Collects bits. */
export class BitString {
  readonly #bits: number[] = [];

  get length(): number {
    return this.#bits.length;
  }

  /** Bits as they are sent, first to last; spaces do not count. Huffman codes read like that in the RFC's tables. */
  bits(digits: string): this {
    for (const digit of digits.replaceAll(" ", "")) this.#bits.push(Number(digit));
    return this;
  }

  /** A number of so many bits, which is sent lowest bit first. */
  number(value: number, count: number): this {
    for (let bit = 0; bit < count; bit++) this.#bits.push((value >>> bit) & 1);
    return this;
  }

  /** Fills the byte. */
  align(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  /** Whole bytes, as in a stored block. */
  bytes(bytes: Iterable<number>): this {
    this.align();
    for (const byte of bytes) this.number(byte, 8);
    return this;
  }

  /** A literal, or a match length without its extra bits, in the fixed code (§3.2.6). */
  fixed(symbol: number): this {
    if (symbol < 144) return this.bits((0b00110000 + symbol).toString(2).padStart(8, "0"));
    if (symbol < 256) return this.bits((0b110010000 + symbol - 144).toString(2));
    if (symbol < 280) return this.bits((symbol - 256).toString(2).padStart(7, "0"));
    return this.bits((0b11000000 + symbol - 280).toString(2));
  }

  /** A distance symbol in the fixed code, without its extra bits. */
  fixedDistance(symbol: number): this {
    return this.bits(symbol.toString(2).padStart(5, "0"));
  }

  /** A match of three bytes at this distance, in the fixed codes. */
  fixedMatch(distance: number): this {
    this.fixed(257);
    if (distance <= 4) return this.fixedDistance(distance - 1);
    const extra = Math.floor(Math.log2(distance - 1)) - 1;
    const half = ((distance - 1) >>> extra) & 1;
    return this.fixedDistance(extra * 2 + 2 + half).number((distance - 1) & ((1 << extra) - 1), extra);
  }

  /**
   * The header of a dynamic block, whose code length code gives every length from 0 to 15 a code of four bits; the
   * lengths of literals, of which there must be 257 or more, and of distances are written out one by one.
   */
  dynamicHeader(lengths: readonly number[], distances: readonly number[]): this {
    this.bits(DYNAMIC_BLOCK)
      .number(lengths.length - 257, 5)
      .number(distances.length - 1, 5)
      .number(15, 4);
    for (const symbol of codeLengthOrder) this.number(symbol < 16 ? 4 : 0, 3);
    for (const length of [...lengths, ...distances]) this.codeLength(length);
    return this;
  }

  /** One length in the code that `dynamicHeader` defines. */
  codeLength(length: number): this {
    return this.bits(length.toString(2).padStart(4, "0"));
  }

  /** All bits, filled up to a byte. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, at) => {
      bytes[at >>> 3]! |= bit << (at & 7);
    });
    return bytes;
  }
}

/** An array of 0 with some places filled: `sparse(257, { 65: 1, 256: 1 })`. */
export function sparse(length: number, places: Readonly<Record<number, number>>): number[] {
  return Array.from({ length }, (_, at) => places[at] ?? 0);
}
