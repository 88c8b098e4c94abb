/**
 * The last bytes of a stream, as many as its window allows: a ring that holds what exists, doubling as it grows, so
 * that a connection that said little costs little. Its fields are public for the loops that read it byte by byte.
 */
export class History {
  /** The size of the window, a power of two. */
  readonly windowSize: number;
  /** The ring: a power of two long. The byte `n` before the next one is at `(position - n) & mask`. */
  bytes: Uint8Array = new Uint8Array(0);
  mask = -1;
  /** How many bytes are in the ring, at most `windowSize`. */
  length = 0;
  /** Counts every byte ever appended, modulo 2^16, which any ring divides. */
  position = 0;

  constructor(windowBits: number) {
    this.windowSize = 1 << windowBits;
  }

  /** A copy, oldest byte first. */
  toBytes(): Uint8Array {
    const { bytes, mask, length, position } = this;
    const copy = new Uint8Array(length);
    const start = (position - length) & mask;
    const first = bytes.subarray(start, start + length);
    copy.set(first);
    copy.set(bytes.subarray(0, length - first.length), first.length);
    return copy;
  }

  /** Makes room for `byteLength` more bytes, and says whether the ring had to become larger. */
  reserve(byteLength: number): boolean {
    const needed = Math.min(this.length + byteLength, this.windowSize);
    if (needed <= this.bytes.length) return false;
    let capacity = 256;
    while (capacity < needed) capacity *= 2;
    const past = this.toBytes();
    this.bytes = new Uint8Array(capacity);
    this.mask = capacity - 1;
    this.#write(past, 0, past.length, this.position - past.length);
    return true;
  }

  /** Appends `source[0..end)`; only its last `windowSize` bytes matter. */
  append(source: Uint8Array, end: number): void {
    this.reserve(end);
    const start = Math.max(0, end - this.windowSize);
    this.#write(source, start, end, this.position + start);
    this.position = (this.position + end) & 0xffff;
    this.length = Math.min(this.length + end, this.windowSize);
  }

  /** Forgets everything, but keeps the memory. */
  clear(): void {
    this.length = 0;
  }

  /** Copies `source[start..end)`, which fits, to the ring, from this position on. */
  #write(source: Uint8Array, start: number, end: number, position: number): void {
    const { bytes, mask } = this;
    const target = position & mask;
    const wrap = Math.min(end, start + bytes.length - target);
    bytes.set(source.subarray(start, wrap), target);
    if (wrap < end) bytes.set(source.subarray(wrap, end));
  }
}
