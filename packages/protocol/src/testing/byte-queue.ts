/** Bytes in order: in by pieces of any size, out by pieces of any other. */
export class ByteQueue {
  readonly #pieces: Uint8Array[] = [];
  /** Where the first piece begins. */
  #offset = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Keeps `bytes` by reference. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** Up to `count` bytes, copied into memory of their own. */
  take(count: number): Uint8Array {
    const taken = new Uint8Array(Math.min(count, this.#length));
    let at = 0;
    while (at < taken.length) {
      const first = this.#pieces[0]!;
      const part = first.subarray(this.#offset, this.#offset + taken.length - at);
      taken.set(part, at);
      at += part.length;
      this.#offset += part.length;
      if (this.#offset === first.length) {
        this.#pieces.shift();
        this.#offset = 0;
      }
    }
    this.#length -= taken.length;
    return taken;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#offset = 0;
    this.#length = 0;
  }
}
