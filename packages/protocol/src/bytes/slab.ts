// Memory for what is sent: making a buffer for every write costs more than filling it, and filling memory that was never
// touched costs more than filling memory that is in the processor's cache.

import type { Allocate } from "./memory.ts";
import { type WordBits, type Words, wordsWithin } from "./words.ts";

/** How much is made at once. A write that a slow peer does not take keeps its slab alive, and no more than that. */
const SLAB_BYTES = 16 * 1024;
/** Memory up to this size is kept for the next large write, one piece of it. */
const SPARE_UP_TO = 256 * 1024;

/**
 * Regions of memory, each for one owner, for any number of connections: small ones one behind the other in a slab, large
 * ones each in memory of its own. What was lent to a transport is used again only if the transport says that it is done
 * with it. Then, as each write ends before the next begins, all writes go through the same few warm kilobytes: against
 * memory of its own that takes a third off a write of 1 KiB (measured on Node, system call included).
 */
export class Slab {
  readonly allocate: Allocate;
  readonly #wordBits: WordBits;
  #memory: Uint8Array | undefined = undefined;
  #used = 0;
  /** Memory for a large write that nobody uses. */
  #spare: Uint8Array | undefined = undefined;
  /** What was lent last, as a view of `#lentFrom`, and to whom; `#borrower` is `undefined` once it was given back. */
  #lent: Uint8Array | undefined = undefined;
  #lentFrom: Uint8Array | undefined = undefined;
  #lentStart = 0;
  #borrower: object | undefined = undefined;
  #words: Words | undefined = undefined;
  #wordsOf: Uint8Array | undefined = undefined;

  constructor(allocate: Allocate, wordBits: WordBits) {
    this.allocate = allocate;
    this.#wordBits = wordBits;
  }

  /** Reserves `count` bytes of `memory`, from the returned offset on. More than a slab gets memory of its own. */
  reserve(count: number): number {
    if (this.#memory === undefined || this.#used + count > this.#memory.length) {
      this.#memory = this.allocate(Math.max(SLAB_BYTES, count));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += count;
    return start;
  }

  /** What the last `reserve` was about. */
  get memory(): Uint8Array {
    return this.#memory!;
  }

  /** Makes the last region, which ended at `end`, longer by `count` bytes, if it is the last and there is room. */
  extend(memory: Uint8Array, end: number, count: number): boolean {
    if (memory !== this.#memory || end !== this.#used || end + count > memory.length) return false;
    this.#used += count;
    return true;
  }

  /** Memory of its own, of at least `count` bytes. */
  take(count: number): Uint8Array {
    const spare = this.#spare;
    if (spare === undefined || spare.length < count) return this.allocate(count);
    this.#spare = undefined;
    return spare;
  }

  /** The words in memory of this slab, to mask what is sent. The view is made once for as long as the memory is in use. */
  wordsOf(memory: Uint8Array): Words {
    if (this.#words === undefined || this.#wordsOf !== memory) {
      this.#words = wordsWithin(memory, this.#wordBits);
      this.#wordsOf = memory;
    }
    return this.#words;
  }

  /**
   * The bytes from `start` to `end` of a region that goes on to `regionEnd`, for a transport. They belong to it, unless
   * and until the borrower calls `reclaim`. The rest of the region is free.
   */
  lend(borrower: object, memory: Uint8Array, start: number, end: number, regionEnd: number): Uint8Array {
    if (memory === this.#memory && regionEnd === this.#used) this.#used = end;
    let bytes = this.#lent;
    const sameAgain =
      this.#borrower === undefined &&
      this.#lentFrom === memory &&
      this.#lentStart === start &&
      bytes?.length === end - start;
    if (!sameAgain) bytes = memory.subarray(start, end); // a view takes longer to make than a small frame
    this.#lent = bytes;
    this.#lentFrom = memory;
    this.#lentStart = start;
    this.#borrower = borrower;
    return bytes!;
  }

  /** What was lent to `borrower` last is used again, if nobody borrowed since: its transport is done with all of it. */
  reclaim(borrower: object): void {
    if (this.#borrower !== borrower) return;
    this.#borrower = undefined;
    const memory = this.#lentFrom!;
    if (memory === this.#memory) {
      if (this.#lentStart + this.#lent!.length === this.#used) this.#used = this.#lentStart;
    } else if (memory.length <= SPARE_UP_TO && memory.length > (this.#spare?.length ?? SLAB_BYTES / 4)) {
      this.#spare = memory;
    }
  }
}
