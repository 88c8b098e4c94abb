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
export const COPIED_BY_HAND = 16;

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
  copyAll(parts, whole);
  return whole;
}

/** Writes all `parts` to the beginning of `target`, one behind the other. */
export function copyAll(parts: readonly Uint8Array[], target: Uint8Array): void {
  let at = 0;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
}
