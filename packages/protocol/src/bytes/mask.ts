// XOR masking (RFC 6455 §5.3), in place. A mask key is a number in wire order: its first byte is the most significant.

/** Below this many bytes, looking for word boundaries costs more than it saves. */
const WORDWISE_FROM = 48;

// Turns a key in wire order into a word in the order of this machine's memory. Written and read within one call.
const keyBytes = new Uint8Array(4);
const keyWord = new Int32Array(keyBytes.buffer);

/**
 * A view of the whole 32-bit words inside `bytes`, of which there must be enough to prefer words, for `applyMask`. Making
 * one costs about as much as masking 100 bytes, so one is shared by all the frames of a chunk.
 */
export function wordsWithin(bytes: Uint8Array): Int32Array {
  const first = bytes.byteOffset + (-bytes.byteOffset & 3);
  const count = wordsIn(bytes.byteOffset + bytes.byteLength - first);
  return new Int32Array(bytes.buffer, first, count);
}

/** Not a shift, which would make a negative number of 2 GiB and more. */
function wordsIn(length: number): number {
  return (length - (length & 3)) / 4;
}

/** Whether `applyMask` would use a word view for this many bytes. */
export function prefersWords(length: number): boolean {
  return length >= WORDWISE_FROM;
}

/**
 * Masks or unmasks `bytes` from `start` to `end`, in place, and returns the key rotated to go on where this stopped.
 * `words` is `wordsWithin(bytes)`; without it the work is done byte by byte, at a tenth of the speed.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number, words?: Int32Array): number {
  let at = start;
  let rotated = key | 0;
  if (words !== undefined && end - start >= WORDWISE_FROM) {
    while (((bytes.byteOffset + at) & 3) !== 0) {
      bytes[at] = bytes[at]! ^ (rotated >>> 24);
      rotated = (rotated << 8) | (rotated >>> 24);
      at++;
    }
    keyBytes[0] = rotated >>> 24;
    keyBytes[1] = rotated >>> 16;
    keyBytes[2] = rotated >>> 8;
    keyBytes[3] = rotated;
    const word = keyWord[0]!;
    const offset = bytes.byteOffset - words.byteOffset;
    let index = wordsIn(offset + at);
    const stop = wordsIn(offset + end);
    // Unrolled by eight: 5 to 7 GB/s, against 0.5 for single bytes.
    for (const unrolled = stop - 7; index < unrolled; index += 8) {
      words[index] = words[index]! ^ word;
      words[index + 1] = words[index + 1]! ^ word;
      words[index + 2] = words[index + 2]! ^ word;
      words[index + 3] = words[index + 3]! ^ word;
      words[index + 4] = words[index + 4]! ^ word;
      words[index + 5] = words[index + 5]! ^ word;
      words[index + 6] = words[index + 6]! ^ word;
      words[index + 7] = words[index + 7]! ^ word;
    }
    for (; index < stop; index++) words[index] = words[index]! ^ word;
    at = stop * 4 - offset;
  }
  for (; at < end; at++) {
    bytes[at] = bytes[at]! ^ (rotated >>> 24);
    rotated = (rotated << 8) | (rotated >>> 24);
  }
  return rotated >>> 0;
}
