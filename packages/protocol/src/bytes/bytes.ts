/** No bytes. Frozen in effect: it has no element to change. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

// Chunks may be a runtime's own kind of Uint8Array: Node's Buffer has a `slice` that makes no copy, and would reach
// applications as a type that other runtimes do not have. So views and copies are made of the memory itself.

/** A plain view of the bytes from `start` to `end`. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** Up to this length bytes are copied one by one, at 2 ns each; a call to `set`, and a view to copy from, take longer. */
const COPIED_BY_HAND = 16;

/** A plain copy of the bytes from `start` to `end`. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const copy = new Uint8Array(length);
  if (length > COPIED_BY_HAND) copy.set(viewOf(bytes, start, end));
  else for (let index = 0; index < length; index++) copy[index] = bytes[start + index]!;
  return copy;
}

/** Writes `bytes` into `target` from `offset` on. */
export function copyInto(target: Uint8Array, offset: number, bytes: Uint8Array): void {
  const { length } = bytes;
  if (length > COPIED_BY_HAND) target.set(bytes, offset);
  else for (let index = 0; index < length; index++) target[offset + index] = bytes[index]!;
}

/**
 * Whether `value` is a `Uint8Array` with its memory still under it. One whose buffer was detached (transferred), or
 * shrank away, has length 0 and would pass for an empty one.
 */
export function isUsableBytes(value: unknown): value is Uint8Array {
  if (!(value instanceof Uint8Array)) return false;
  if (value.length > 0) return true;
  try {
    value.at(0); // throws if there is no memory
    return true;
  } catch {
    return false;
  }
}

/** All `parts` in one piece. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * A received chunk, and what every view of it has to know. Asking an array for it takes V8 as long as making the view, so
 * it is asked once for all the messages in a chunk.
 */
export class ReceivedChunk {
  readonly bytes: Uint8Array;
  readonly memory: ArrayBufferLike;
  readonly memoryBytes: number;
  readonly offset: number;
  /** Whether a view of it was given away. */
  isShared = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.memory = bytes.buffer;
    this.memoryBytes = this.memory.byteLength;
    this.offset = bytes.byteOffset;
  }
}

/** From this length on, a piece may keep sixteen times its size alive. */
const VIEWED_FROM = 512;
/** No more than so much is kept alive by a shorter one. */
const HELD_BY_SHORT = 2048;

/**
 * A piece of a received chunk, to give away: a view where that keeps little else alive, a copy where a few bytes would
 * hold a large chunk in memory for as long as somebody keeps them. What is kept alive is at most 2 KiB, or sixteen times
 * the piece's own size if that is 512 bytes or more: a chunk of ordinary messages need not be copied.
 */
export function detachBytes(chunk: ReceivedChunk, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length <= COPIED_BY_HAND) return copyOf(chunk.bytes, start, end);
  const most = length < VIEWED_FROM ? HELD_BY_SHORT : length * 16;
  if (chunk.memoryBytes > most) return copyOf(chunk.bytes, start, end);
  chunk.isShared = true;
  return new Uint8Array(chunk.memory, chunk.offset + start, length);
}
