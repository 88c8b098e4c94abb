// Pieces of received chunks, to give away.

import { COPIED_BY_HAND, copyOf, viewOf } from "./bytes.ts";

/** From this length on, a piece may keep sixteen times its size alive. */
const VIEWED_FROM = 512;
/** No more than so much is kept alive by a shorter one, */
const HELD_BY_SHORT = 2048;
/** and by the shortest of the others. */
const HELD_BY_LONG: number = VIEWED_FROM * 16;
/** V8 has typed arrays up to this size in its heap, where memory of their own costs next to nothing. */
const OWN_MEMORY_UP_TO = 64;

/**
 * A received chunk, and what every view of it has to know. Asking an array for it takes V8 as long as making the view, so
 * it is asked once for all the messages in a chunk.
 */
export class ReceivedChunk {
  readonly bytes: Uint8Array;
  readonly #memory: ArrayBufferLike;
  readonly #memoryBytes: number;
  readonly #offset: number;
  #isShared = false;
  #shortCopies: Copies | undefined = undefined;
  #longCopies: Copies | undefined = undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#memory = bytes.buffer;
    this.#memoryBytes = this.#memory.byteLength;
    this.#offset = bytes.byteOffset;
  }

  /** Whether a view of it was given away. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /**
   * The bytes from `start` to `end`: a view where that keeps little else alive, a copy where a few bytes would
   * hold a large chunk in memory for as long as somebody keeps them. What is kept alive is at most 2 KiB, or sixteen times
   * the piece's own size if that is 512 bytes or more: a chunk of ordinary messages need not be copied.
   */
  detach(start: number, end: number): Uint8Array {
    const length = end - start;
    if (length <= COPIED_BY_HAND) return copyOf(this.bytes, start, end);
    if (this.#memoryBytes > (length < VIEWED_FROM ? HELD_BY_SHORT : length * 16)) return this.#copy(start, end);
    this.#isShared = true;
    return new Uint8Array(this.#memory, this.#offset + start, length);
  }

  #copy(start: number, end: number): Uint8Array {
    const length = end - start;
    if (length <= OWN_MEMORY_UP_TO || length > HELD_BY_LONG / 2) return copyOf(this.bytes, start, end);
    if (length < VIEWED_FROM) return (this.#shortCopies ??= new Copies(HELD_BY_SHORT)).copy(this.bytes, start, end);
    return (this.#longCopies ??= new Copies(HELD_BY_LONG)).copy(this.bytes, start, end);
  }
}

/**
 * Copies of pieces of one chunk, several to a block of memory: making memory for each takes V8 a microsecond and a half, a view
 * of some a tenth of that. Nobody else's bytes are in a block.
 */
class Copies {
  readonly #blockBytes: number;
  #block: Uint8Array | undefined = undefined;
  #used = 0;

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
  }

  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    if (this.#block === undefined || this.#used + length > this.#block.length) {
      this.#block = new Uint8Array(Math.min(this.#blockBytes, bytes.length - start)); // no more than may still be needed
      this.#used = 0;
    }
    const copy = viewOf(this.#block, this.#used, this.#used + length);
    copy.set(viewOf(bytes, start, end));
    this.#used += length;
    return copy;
  }
}
