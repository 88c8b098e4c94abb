import { MAX_CODE_BITS } from "./alphabets.ts";
import type { Tally } from "./tally.ts";

/** A canonical Huffman code (RFC 1951 §3.2.2) for writing, made anew from frequencies for every dynamic block. */
export class HuffmanCode {
  /** The length of each symbol's code in bits; 0 if it has none. */
  readonly lengths: Uint8Array;
  /** Each symbol's code as the stream has it, the first bit lowest, shifted left by 4, and its length. */
  readonly entries: Uint32Array;
  readonly #limit: number;
  /** How many codes have each length. */
  readonly #counts = new Uint16Array(MAX_CODE_BITS + 1);
  /** The next code of each length. */
  readonly #next = new Uint16Array(MAX_CODE_BITS + 1);
  /** The used symbols by rising frequency: the frequency, shifted left by 9, and the symbol. */
  readonly #sorted: Uint32Array;
  // The tree: first its leaves, as sorted, then its inner nodes, as made; the root is the last.
  readonly #weights: Uint32Array;
  readonly #parents: Uint16Array;
  readonly #depths: Uint16Array;

  /** `limit`: the longest code allowed, in bits. */
  constructor(symbols: number, limit: number) {
    this.lengths = new Uint8Array(symbols);
    this.entries = new Uint32Array(symbols);
    this.#limit = limit;
    this.#sorted = new Uint32Array(symbols);
    this.#weights = new Uint32Array(symbols * 2);
    this.#parents = new Uint16Array(symbols * 2);
    this.#depths = new Uint16Array(symbols * 2);
  }

  /** The code with the given lengths. */
  static of(lengths: Uint8Array): HuffmanCode {
    const code = new HuffmanCode(lengths.length, MAX_CODE_BITS);
    code.lengths.set(lengths);
    for (const bits of lengths) code.#counts[bits]!++;
    code.#assign();
    return code;
  }

  /**
   * Finds the shortest code for these counts, or nearly so where the limit cuts it. At least two symbols get one,
   * since some decoders refuse a code of a single symbol.
   */
  build(tally: Tally): void {
    const sorted = this.#sorted;
    const used = tally.sort(sorted);
    this.#countDepths(used);
    this.#cutToLimit();
    const { lengths } = this;
    const counts = this.#counts;
    lengths.fill(0);
    let bits = this.#limit;
    let left = counts[bits]!;
    for (let at = 0; at < used; at++) {
      while (left === 0) left = counts[--bits]!; // the rarest symbols get the longest codes
      left--;
      lengths[sorted[at]! & 511] = bits;
    }
    this.#assign();
  }

  /** Huffman's algorithm: joins the two lightest nodes until one is left. Leaves how many codes have each length. */
  #countDepths(leaves: number): void {
    const sorted = this.#sorted;
    const weights = this.#weights;
    const parents = this.#parents;
    const depths = this.#depths;
    for (let leaf = 0; leaf < leaves; leaf++) weights[leaf] = sorted[leaf]! >>> 9;
    const root = leaves * 2 - 2;
    // Inner nodes are made in the order of their weights, so two queues replace a heap.
    let leaf = 0;
    let inner = leaves;
    for (let node = leaves; node <= root; node++) {
      const first = leaf < leaves && (inner === node || weights[leaf]! <= weights[inner]!) ? leaf++ : inner++;
      const second = leaf < leaves && (inner === node || weights[leaf]! <= weights[inner]!) ? leaf++ : inner++;
      weights[node] = weights[first]! + weights[second]!;
      parents[first] = node;
      parents[second] = node;
    }
    const counts = this.#counts.fill(0);
    depths[root] = 0;
    for (let node = root - 1; node >= 0; node--) {
      const depth = depths[parents[node]!]! + 1;
      depths[node] = depth;
      if (node < leaves) counts[Math.min(depth, this.#limit)]!++;
    }
  }

  /** Codes that were cut to the limit claim more than the code space (Kraft's inequality): splits shorter ones. */
  #cutToLimit(): void {
    const counts = this.#counts;
    const limit = this.#limit;
    let claimed = 0;
    for (let bits = 1; bits <= limit; bits++) claimed += counts[bits]! << (limit - bits);
    for (; claimed > 1 << limit; claimed--) {
      let bits = limit - 1;
      while (counts[bits] === 0) bits--;
      // A code of this length becomes two that are a bit longer, the second of them for a code that was cut.
      counts[bits]!--;
      counts[bits + 1]! += 2;
      counts[limit]!--;
    }
  }

  /** §3.2.2: codes of the same length are consecutive, in the order of their symbols. */
  #assign(): void {
    const { lengths, entries } = this;
    const counts = this.#counts;
    const next = this.#next;
    next[1] = 0;
    for (let bits = 2; bits <= MAX_CODE_BITS; bits++) next[bits] = (next[bits - 1]! + counts[bits - 1]!) << 1;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const bits = lengths[symbol]!;
      if (bits !== 0) entries[symbol] = (reverse(next[bits]!++, bits) << 4) | bits;
    }
  }
}

/** The `count` low bits of `value` in reverse order: Huffman codes alone are packed highest bit first (§3.1.1). */
function reverse(value: number, count: number): number {
  let bits = ((value & 0x5555) << 1) | ((value >>> 1) & 0x5555);
  bits = ((bits & 0x3333) << 2) | ((bits >>> 2) & 0x3333);
  bits = ((bits & 0x0f0f) << 4) | ((bits >>> 4) & 0x0f0f);
  return (((bits & 0xff) << 8) | (bits >>> 8)) >>> (16 - count);
}
