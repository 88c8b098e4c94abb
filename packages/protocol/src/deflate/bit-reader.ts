const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * An input that comes in pieces, read bit by bit, the first bit lowest (RFC 1951 §3.1.1). Its fields are public for
 * the one loop that keeps them in locals.
 */
export class BitReader {
  /** The piece being read, and how far. */
  input: Uint8Array = NO_BYTES;
  at = 0;
  /** Up to 32 bits that were taken from the input and not yet consumed; the next one is the lowest. */
  bits = 0;
  bitCount = 0;
  #waiting: Uint8Array[] = [];

  /** Whether every bit was consumed. */
  get exhausted(): boolean {
    return this.bitCount === 0 && !this.hasInput();
  }

  /** Adds a piece, which is kept by reference and only read. */
  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
  }

  /** Forgets all input. */
  drop(): void {
    this.input = NO_BYTES;
    this.at = 0;
    this.#waiting = [];
  }

  /** Whether there is a byte at `at`, which may be the first one of the next piece. */
  hasInput(): boolean {
    while (this.at === this.input.length) {
      const next = this.#waiting.shift();
      // What was read is not held on to: it may be a small part of a large buffer.
      this.input = next ?? NO_BYTES;
      this.at = 0;
      if (next === undefined) return false;
    }
    return true;
  }

  /** Tries to have `count` bits, at most 25, in `bits`; says whether it does. */
  need(count: number): boolean {
    while (this.bitCount < count) {
      if (!this.hasInput()) return false;
      this.bits |= this.input[this.at++]! << this.bitCount;
      this.bitCount += 8;
    }
    return true;
  }

  /** Consumes `count` bits, which must be there, and returns them. */
  take(count: number): number {
    const value = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.bitCount -= count;
    return value;
  }

  /** Consumes the rest of a byte that was begun. */
  align(): void {
    this.take(this.bitCount & 7);
  }

  /**
   * Copies up to `byteLength` whole bytes to `target` at `offset`; returns how many. Only after the length of a stored
   * block: its four bytes were the last ones in `bits`.
   */
  copy(target: Uint8Array, offset: number, byteLength: number): number {
    let copied = 0;
    while (copied < byteLength && this.hasInput()) {
      const size = Math.min(byteLength - copied, this.input.length - this.at);
      target.set(this.input.subarray(this.at, this.at + size), offset + copied);
      this.at += size;
      copied += size;
    }
    return copied;
  }
}
