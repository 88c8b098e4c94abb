/** Pieces are joined up to this size: to copy as much costs less than a second write. */
const JOINED_BYTES = 64 * 1024;

/** Bytes that wait to be written. Small pieces that wait together become one write; large ones are not copied. */
export class WriteQueue {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** How many bytes wait, with those that `next()` has returned and that were not written. */
  get bytes(): number {
    return this.#bytes;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** What to write next, `undefined` if nothing is left. It stays in the queue until it was `written`. */
  next(): Uint8Array | undefined {
    const first = this.#pieces[0];
    if (first !== undefined && this.#pieces.length > 1 && first.length < JOINED_BYTES) return this.#join();
    return first;
  }

  /** So many of the bytes that `next()` has returned are with the operating system. */
  written(count: number): void {
    this.#bytes -= count;
    const first = this.#pieces[0]!;
    if (count === first.length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(count);
  }

  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  /** Makes one piece of the first ones, with as much of a large one as there is room for. */
  #join(): Uint8Array {
    const pieces = this.#pieces;
    const joined = new Uint8Array(Math.min(this.#bytes, JOINED_BYTES));
    let length = 0;
    let whole = 0;
    for (const piece of pieces) {
      const room = joined.length - length;
      if (piece.length > room) {
        joined.set(piece.subarray(0, room), length);
        pieces[whole] = piece.subarray(room);
        break;
      }
      joined.set(piece, length);
      length += piece.length;
      whole++;
    }
    pieces.splice(0, whole, joined);
    return joined;
  }
}
