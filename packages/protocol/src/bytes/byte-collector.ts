import { viewOf } from "./bytes.ts";
import type { Free } from "./memory.ts";

/** A segment is never larger than this, and at least the smallest; in between it grows with what was collected. */
const SMALLEST_SEGMENT = 256;
const LARGEST_SEGMENT = 64 * 1024;
/** Smaller pieces are always copied: as objects of their own they would cost more than they hold. */
const BY_REFERENCE_FROM = 4096;

/** Whether a collector keeps a piece of `chunk` by reference: one of which 15/16 are payload costs less kept than copied. */
export function isKept(chunk: Uint8Array, length: number): boolean {
  return length >= BY_REFERENCE_FROM && length * 16 >= chunk.buffer.byteLength * 15;
}

/**
 * Collects the pieces of one message and joins them once. It never reserves what was only announced: what it holds is
 * at most about 1.1 times what it was given (plus 256 bytes), also when that came one byte at a time; an empty piece
 * costs nothing.
 */
export class ByteCollector {
  readonly #free: Free | undefined;
  readonly #parts: Uint8Array[] = [];
  /** Memory of parts that is nobody else's. */
  #owned: ArrayBuffer[] | undefined = undefined;
  #segment: Uint8Array | undefined;
  #used = 0;
  #length = 0;
  #retained = 0;

  /** `free` takes what is left over when parts are joined that nobody else refers to. */
  constructor(free?: Free) {
    this.#free = free;
  }

  /** Bytes given so far. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory held for them. */
  get retainedBytes(): number {
    return this.#retained;
  }

  /**
   * Takes the bytes of `chunk` from `start` to `end`; a chunk that is (nearly) nothing else is kept by reference. `missing`
   * bytes are known to follow: room is made for them where they are few. `memory` is the chunk's, if the chunk is
   * kept and nobody else refers to it.
   */
  append(chunk: Uint8Array, start: number, end: number, missing = 0, memory?: ArrayBuffer): void {
    const length = end - start;
    this.#length += length;
    if (isKept(chunk, length)) {
      this.#closeSegment();
      this.#parts.push(viewOf(chunk, start, end));
      this.#retained += chunk.buffer.byteLength;
      if (memory !== undefined) (this.#owned ??= []).push(memory);
      return;
    }
    let at = start;
    while (at < end) {
      const segment = (this.#segment ??= this.#newSegment(end - at, missing));
      const count = Math.min(end - at, segment.length - this.#used);
      if (count <= 16) {
        // Copying a few bytes by hand takes a tenth of the time that a view of them does.
        for (let index = 0; index < count; index++) segment[this.#used + index] = chunk[at + index]!;
      } else {
        segment.set(chunk.subarray(at, at + count), this.#used);
      }
      this.#used += count;
      at += count;
      if (this.#used === segment.length) this.#closeSegment();
    }
  }

  /** Everything in one piece, which belongs to the caller. The collector is empty afterwards. */
  take(): Uint8Array {
    this.#closeSegment();
    const parts = this.#parts.splice(0);
    const only = parts.length === 1 ? parts[0]! : undefined;
    const whole = only !== undefined && only.length === only.buffer.byteLength ? only : this.#join(parts);
    this.#reset(whole !== only);
    return whole;
  }

  /** Like `append` and then `take`, for the last piece: it is copied no more than once. */
  takeWith(chunk: Uint8Array, start: number, end: number): Uint8Array {
    const fits = this.#segment !== undefined && this.#segment.length - this.#used >= end - start;
    if (this.#length === 0 || fits) {
      this.append(chunk, start, end);
      return this.take();
    }
    this.#closeSegment();
    this.#length += end - start;
    const whole = this.#join([...this.#parts.splice(0), chunk.subarray(start, end)]);
    this.#reset(true);
    return whole;
  }

  #join(parts: readonly Uint8Array[]): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** Everything was given out, as a copy if it was `joined`. */
  #reset(joined: boolean): void {
    this.#length = 0;
    this.#retained = 0;
    if (this.#owned === undefined) return;
    if (joined) for (const memory of this.#owned) this.#free!(memory);
    this.#owned = undefined;
  }

  /** With room for what there is to copy now, and for what is missing if that is no more than a sixteenth of it. */
  #newSegment(count: number, missing: number): Uint8Array {
    const wanted = missing <= count >> 4 ? count + missing : count;
    const size = Math.min(LARGEST_SEGMENT, Math.max(SMALLEST_SEGMENT, this.#length >> 4, wanted));
    this.#retained += size;
    return new Uint8Array(size);
  }

  #closeSegment(): void {
    if (this.#segment === undefined) return;
    const segment = this.#segment;
    const wasteful = this.#used * 16 < segment.length * 15;
    this.#parts.push(wasteful ? segment.slice(0, this.#used) : segment.subarray(0, this.#used));
    if (wasteful) this.#retained -= segment.length - this.#used;
    this.#segment = undefined;
    this.#used = 0;
  }
}
