import type { Block } from "./block.ts";
import { History } from "./history.ts";

/** Shorter matches are not looked for: they save nearly nothing, and hashing four bytes finds better candidates. */
const MIN_MATCH = 4;
const MAX_MATCH = 258;
/** How many candidates are compared. */
const MAX_CHAIN = 16;
/** A match this long ends the search. */
const GOOD_LENGTH = 64;
/** A match this long is taken without looking whether one at the next byte is longer. */
const LAZY_LENGTH = 16;

/** Spreads four bytes over 32 bits; the highest are the hash. */
const HASH_FACTOR = 0x9e3779b1;

const NO_POSITIONS: Uint16Array = new Uint16Array(0);

/**
 * Finds repetitions (RFC 1951 §4): a hash of four bytes leads to the newest position where it occurred, and from each
 * position a chain to the one before. Nothing is ever cleared or moved: positions are counted modulo 2^16, and one that is out of
 * date is recognised by its distance or by comparing the bytes, which is done anyway; the ones that are not come first. So
 * the work for a message does not depend on the size of the window. Everything grows with the history.
 */
export class MatchFinder {
  readonly windowBits: number;
  readonly memoryLevel: number;
  readonly history: History;
  #hashShift = 32;
  /** The newest position for each hash: a power of two of them, at most 32 times 2 to the power of the memory level. */
  #heads = NO_POSITIONS;
  /** For each position, modulo their number: the one before it with the same hash. At most twice as many as heads. */
  #chains = NO_POSITIONS;
  /** Whether the history has bytes that are not indexed. */
  #outdated = false;

  constructor(windowBits: number, memoryLevel: number) {
    this.windowBits = windowBits;
    this.memoryLevel = memoryLevel;
    this.history = new History(windowBits);
  }

  /** Must precede `parse`: makes room for `byteLength` more bytes. */
  reserve(byteLength: number): void {
    if (this.history.reserve(byteLength) || this.#outdated) this.#index();
  }

  /** Appends what `parse` was given. */
  append(input: Uint8Array): void {
    this.history.append(input, input.length);
  }

  /** Appends what was compressed elsewhere; it is indexed when it is needed. */
  skip(input: Uint8Array): void {
    this.append(input);
    this.#outdated = true;
  }

  /** Indexes the history anew. A ring that grows doubles, so this adds a constant to the cost of each byte. */
  #index(): void {
    const { history } = this;
    const { bytes, mask, position } = history;
    this.#heads = new Uint16Array(Math.min(bytes.length, 32 << this.memoryLevel));
    this.#chains = new Uint16Array(Math.min(bytes.length, 64 << this.memoryLevel));
    this.#hashShift = Math.clz32(this.#heads.length) + 1;
    const chainMask = this.#chains.length - 1;
    for (let distance = history.length; distance >= MIN_MATCH; distance--) {
      const at = position - distance;
      const word =
        bytes[at & mask]! |
        (bytes[(at + 1) & mask]! << 8) |
        (bytes[(at + 2) & mask]! << 16) |
        (bytes[(at + 3) & mask]! << 24);
      const hash = Math.imul(word, HASH_FACTOR) >>> this.#hashShift;
      this.#chains[at & chainMask] = this.#heads[hash]!;
      this.#heads[hash] = at;
    }
    this.#outdated = false;
  }

  /** Turns `input` from `start` on into literals and matches, until the block is full; returns how far it came. */
  parse(input: Uint8Array, start: number, block: Block): number {
    const { tokens } = block;
    const { bytes: past, mask, position: base, length: pastLength, windowSize } = this.history;
    const heads = this.#heads;
    const chains = this.#chains;
    const chainMask = chains.length - 1;
    const hashShift = this.#hashShift;
    const end = input.length;
    const lastHashed = end - MIN_MATCH;
    const room = tokens.length - 1;
    let count = block.count;
    let at = start;
    // The match at `at - 1`, held back while a longer one may follow it.
    let heldLength = 0;
    let heldDistance = 0;
    let isHeld = false;

    while (at <= lastHashed && count < room) {
      const word = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24);
      const hash = Math.imul(word, HASH_FACTOR) >>> hashShift;
      const position = (base + at) & 0xffff;
      let candidate = heads[hash]!;
      heads[hash] = position;
      chains[position & chainMask] = candidate;

      let longest = Math.max(heldLength, MIN_MATCH - 1);
      let longestDistance = 0;
      const limit = Math.min(MAX_MATCH, end - at);
      if (heldLength < LAZY_LENGTH && longest < limit) {
        const reach = Math.min(windowSize, pastLength + at);
        let wanted = input[at + longest]!;
        let last = 0;
        for (let chain = MAX_CHAIN; chain > 0; chain--) {
          const distance = (position - candidate) & 0xffff;
          if (distance <= last || distance > reach) break;
          last = distance;
          const from = at - distance;
          let length = 0;
          if (from >= 0) {
            if (input[from + longest]! === wanted) {
              while (length < limit && input[from + length]! === input[at + length]!) length++;
            }
          } else {
            const probe = from + longest;
            if ((probe >= 0 ? input[probe]! : past[(base + probe) & mask]!) === wanted) {
              const inPast = Math.min(limit, -from);
              const first = base + from;
              while (length < inPast && past[(first + length) & mask]! === input[at + length]!) length++;
              if (length === -from) while (length < limit && input[from + length]! === input[at + length]!) length++;
            }
          }
          if (length > longest) {
            longest = length;
            longestDistance = distance;
            if (length >= GOOD_LENGTH || length === limit) break;
            wanted = input[at + longest]!;
          }
          candidate = chains[candidate & chainMask]!;
        }
      }

      if (longestDistance > 0) {
        if (isHeld) tokens[count++] = input[at - 1]!;
        heldLength = longest;
        heldDistance = longestDistance;
        isHeld = true;
        at++;
      } else if (heldLength > 0) {
        tokens[count++] = (heldDistance << 9) | heldLength;
        const next = at - 1 + heldLength;
        const stop = Math.min(next - 1, lastHashed);
        let word = (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24);
        for (at++; at <= stop; at++) {
          word = (word >>> 8) | (input[at + 3]! << 24);
          const hash = Math.imul(word, HASH_FACTOR) >>> hashShift;
          const position = (base + at) & 0xffff;
          chains[position & chainMask] = heads[hash]!;
          heads[hash] = position;
        }
        at = next;
        heldLength = 0;
        isHeld = false;
      } else {
        if (isHeld) tokens[count++] = input[at - 1]!;
        isHeld = true;
        at++;
      }
    }
    if (heldLength > 0) {
      tokens[count++] = (heldDistance << 9) | heldLength;
      at += heldLength - 1;
    } else if (isHeld) {
      tokens[count++] = input[at - 1]!;
    }
    if (at > lastHashed) while (at < end && count <= room) tokens[count++] = input[at++]!;
    block.count = count;
    return at;
  }
}
