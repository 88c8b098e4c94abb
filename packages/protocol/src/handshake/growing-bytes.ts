import { EMPTY } from "../bytes/bytes.ts";

/** One contiguous run of bytes that grows at its end. Capacity doubles, so that a drip costs no more than a gush. */
export class GrowingBytes {
  #bytes: Uint8Array = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies `chunk` to the end and returns everything so far, a view that the next `append` may make stale. */
  append(chunk: Uint8Array): Uint8Array {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
    return this.#bytes.subarray(0, length);
  }
}
