// The header of a frame we send (RFC 6455 §5.2): always with the shortest form of the length.

/** The length of the header in front of a payload of this many bytes. */
export function headerLength(payloadLength: number, masked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10) + (masked ? 4 : 0);
}

/**
 * Writes a header into `target` at `offset` and returns the offset behind it. `firstByte` is FIN, RSV and the opcode;
 * `maskKey` is in wire order, `undefined` for an unmasked frame.
 */
export function writeHeader(
  target: Uint8Array,
  offset: number,
  firstByte: number,
  payloadLength: number,
  maskKey: number | undefined,
): number {
  const maskBit = maskKey === undefined ? 0 : 0x80;
  let at = offset;
  target[at++] = firstByte;
  if (payloadLength < 126) {
    target[at++] = maskBit | payloadLength;
  } else if (payloadLength < 65_536) {
    target[at++] = maskBit | 126;
    target[at++] = payloadLength >> 8;
    target[at++] = payloadLength;
  } else {
    const high = Math.floor(payloadLength / 0x1_0000_0000);
    target[at++] = maskBit | 127;
    at = writeWord(target, at, high);
    at = writeWord(target, at, payloadLength);
  }
  return maskKey === undefined ? at : writeWord(target, at, maskKey);
}

/** Writes the lower 32 bits, the most significant byte first. */
function writeWord(target: Uint8Array, at: number, word: number): number {
  target[at] = word >>> 24;
  target[at + 1] = word >>> 16;
  target[at + 2] = word >>> 8;
  target[at + 3] = word;
  return at + 4;
}
