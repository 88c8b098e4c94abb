/** Pieces are joined up to this size: to copy as much costs less than a second write. */
const JOINED_BYTES = 64 * 1024;
/** So many buffers for joining are kept by the process. More are in use only while networks are slow. */
const MOST_SPARES = 16;

const spares: Uint8Array[] = [];

/** Bytes that wait to be written. Small pieces that wait together become one write; large ones are not copied. */
export class WriteQueue {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** The buffer under the first piece, if it was joined. */
  #joined: Uint8Array | undefined = undefined;

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
    if (first === undefined || this.#pieces.length === 1 || first.length >= JOINED_BYTES) return first;
    return this.#joined === undefined ? this.#join() : first;
  }

  /** So many of the bytes that `next()` has returned are with the operating system. */
  written(count: number): void {
    this.#bytes -= count;
    const first = this.#pieces[0]!;
    if (count < first.length) {
      this.#pieces[0] = first.subarray(count);
      return;
    }
    this.#pieces.shift();
    if (this.#joined === undefined) return;
    if (spares.length < MOST_SPARES) spares.push(this.#joined);
    this.#joined = undefined;
  }

  /** Forgets everything, also what is being written. */
  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
    this.#joined = undefined;
  }

  /** Makes one piece of the first ones, with as much of a large one as there is room for. */
  #join(): Uint8Array {
    const buffer = spares.pop() ?? new Uint8Array(JOINED_BYTES);
    const pieces = this.#pieces;
    let length = 0;
    let whole = 0;
    for (const piece of pieces) {
      const room = JOINED_BYTES - length;
      if (piece.length > room) {
        buffer.set(piece.subarray(0, room), length);
        pieces[whole] = piece.subarray(room);
        length = JOINED_BYTES;
        break;
      }
      buffer.set(piece, length);
      length += piece.length;
      whole++;
    }
    const joined = buffer.subarray(0, length);
    pieces.splice(0, whole, joined);
    this.#joined = buffer;
    return joined;
  }
}
