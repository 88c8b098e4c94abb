// XOR masking (RFC 6455 §5.3), in place. A mask key is a number in wire order: its first byte is the most significant.

import type { Words } from "./words.ts";

/** Below this many bytes, looking for word boundaries costs more than it saves. */
const WORDWISE_FROM = 48;

/** Whether `applyMask` would use words for this many bytes. */
export function prefersWords(length: number): boolean {
  return length >= WORDWISE_FROM;
}

/**
 * Masks or unmasks `bytes` from `start` to `end`, in place, and returns the key, rotated to go on where this stopped, as
 * a signed number (an unsigned one may not fit into V8's small integers, and would be 16 bytes of garbage). `words` are
 * those within `bytes`; without them the work is done byte by byte, at a tenth of the speed.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number, words?: Words): number {
  let at = start;
  let rotated = key | 0;
  if (words !== undefined && end - start >= WORDWISE_FROM) {
    const { lead, size } = words;
    while (((at - lead) & (size - 1)) !== 0) {
      bytes[at] = bytes[at]! ^ (rotated >>> 24);
      rotated = (rotated << 8) | (rotated >>> 24);
      at++;
    }
    const stop = end - ((end - lead) & (size - 1));
    words.xor(at, stop, rotated);
    at = stop;
  }
  for (; at < end; at++) {
    bytes[at] = bytes[at]! ^ (rotated >>> 24);
    rotated = (rotated << 8) | (rotated >>> 24);
  }
  return rotated;
}
