/**
 * A growing output, written bit by bit, the first bit lowest (RFC 1951 §3.1.1). One writer serves many streams, one
 * after the other: up to seven bits that do not fill a byte are handed back and given again.
 */
export class BitWriter {
  /** Beyond this, the buffer is not kept for the next stream. */
  static readonly #KEPT_BYTES = 64 * 1024;

  #bytes = new Uint8Array(4096);
  #length = 0;
  #bits = 0;
  #bitCount = 0;

  /** The bits that do not fill a byte, and how many they are. */
  get bits(): number {
    return this.#bits;
  }
  get bitCount(): number {
    return this.#bitCount;
  }

  /** Begins a new output with the bits left over from an earlier one. */
  begin(bits: number, bitCount: number): void {
    this.#length = 0;
    this.#bits = bits;
    this.#bitCount = bitCount;
  }

  /** Must precede writing: makes room for `bits` more. */
  reserve(bits: number): void {
    const needed = this.#length + (bits >>> 3) + 8;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }

  /** Writes the `count` low bits of `value`, at most 16; the others must be zero. */
  write(value: number, count: number): void {
    this.#bits |= value << this.#bitCount;
    this.#bitCount += count;
    if (this.#bitCount < 16) return;
    this.#bytes[this.#length++] = this.#bits;
    this.#bytes[this.#length++] = this.#bits >>> 8;
    this.#bits >>>= 16;
    this.#bitCount -= 16;
  }

  /** Fills the current byte with zeros. */
  align(): void {
    this.#bitCount = (this.#bitCount + 7) & ~7;
    this.#spill();
  }

  /** Copies whole bytes; only where `align` was called. */
  copy(source: Uint8Array, start: number, end: number): void {
    this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  /** What was written since `begin`, in whole bytes, as the caller's own; `bits` keeps the rest. */
  finish(): Uint8Array {
    this.#spill();
    const result = this.#bytes.slice(0, this.#length);
    if (this.#bytes.length > BitWriter.#KEPT_BYTES) this.#bytes = new Uint8Array(4096);
    return result;
  }

  #spill(): void {
    while (this.#bitCount >= 8) {
      this.#bytes[this.#length++] = this.#bits;
      this.#bits >>>= 8;
      this.#bitCount -= 8;
    }
  }
}
