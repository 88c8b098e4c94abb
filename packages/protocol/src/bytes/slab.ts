// Memory for what is sent, a little at a time: making a buffer for every small write costs more than filling it.

/** How much is made at once. A write that a slow peer does not take keeps its slab alive, and no more than that. */
const SLAB_BYTES = 16 * 1024;

/** Makes zero-filled memory. */
export type Allocate = (length: number) => Uint8Array;

/** Regions of memory that was never used before, each for one owner. Any number of connections may share a slab. */
export class Slab {
  readonly allocate: Allocate;
  #memory: Uint8Array | undefined = undefined;
  #used = 0;

  constructor(allocate: Allocate) {
    this.allocate = allocate;
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

  /** Gives back what lies between `from` and `end`, if it is the end of the last region. */
  giveBack(memory: Uint8Array, from: number, end: number): void {
    if (memory === this.#memory && end === this.#used) this.#used = from;
  }
}
