/*
 * Frames as RFC 6455 §5.2 draws them, bit by bit: to write what a peer sends, legal or not, and to take apart what the
 * engine wrote.
 */

/** One frame. What is left out is what a well-behaved sender of a whole message would choose. */
export interface Frame {
  readonly fin?: boolean;
  /** RSV1 to RSV3 as a number from 0 to 7, RSV1 the most significant. */
  readonly rsv?: number;
  readonly opcode: number;
  readonly payload?: Uint8Array;
  /** Four bytes; absent in a frame that is not masked. */
  readonly maskKey?: Uint8Array | undefined;
  /** The form of the length field, in bits; by default the shortest. */
  readonly lengthBits?: 7 | 16 | 64;
}

/** The bytes of a frame. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { fin = true, rsv = 0, opcode, payload = new Uint8Array(0), maskKey } = frame;
  const key = maskKey === undefined ? [] : [...maskKey];
  const header = [
    (fin ? 128 : 0) + rsv * 16 + opcode,
    ...lengthField(payload.length, frame.lengthBits ?? shortestForm(payload.length), maskKey !== undefined),
    ...key,
  ];
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(header);
  bytes.set(maskKey === undefined ? payload : applyMask(payload, maskKey), header.length);
  return bytes;
}

/** The second byte of a header and the extended length after it. `length` may be a `bigint`, to declare the absurd. */
export function lengthField(length: number | bigint, bits: 7 | 16 | 64, masked: boolean): number[] {
  const mask = masked ? 128 : 0;
  if (bits === 7) return [mask + Number(length)];
  const extended: number[] = [];
  for (let shift = bits - 8; shift >= 0; shift -= 8) extended.push(Number((BigInt(length) >> BigInt(shift)) & 0xffn));
  return [mask + (bits === 16 ? 126 : 127), ...extended];
}

/** §5.2: "the minimal number of bytes MUST be used to encode the length". */
export function shortestForm(length: number | bigint): 7 | 16 | 64 {
  if (length <= 125) return 7;
  return length <= 65535 ? 16 : 64;
}

/** §5.3: "transformed-octet-i = original-octet-i XOR masking-key-octet-j", j being i modulo 4. A new array. */
export function applyMask(payload: Uint8Array, key: Uint8Array): Uint8Array {
  const transformed = new Uint8Array(payload.length);
  for (let i = 0; i < payload.length; i += 1) transformed[i] = payload[i]! ^ key[i % 4]!;
  return transformed;
}

/** A frame that was taken apart; every field is known. */
export interface DecodedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly maskKey: Uint8Array | undefined;
  readonly lengthBits: 7 | 16 | 64;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

/** All complete frames at the start of `bytes`, and what is left over. Judges nothing. */
export function decodeFrames(bytes: Uint8Array): {
  readonly frames: readonly DecodedFrame[];
  readonly rest: Uint8Array;
} {
  const frames: DecodedFrame[] = [];
  let rest = bytes;
  for (;;) {
    const decoded = decodeFrame(rest);
    if (decoded === undefined) return { frames, rest };
    frames.push(decoded.frame);
    rest = rest.subarray(decoded.length);
  }
}

function decodeFrame(bytes: Uint8Array): { readonly frame: DecodedFrame; readonly length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const masked = bytes[1]! >= 128;
  const seven = bytes[1]! % 128;
  const lengthBits = seven === 126 ? 16 : seven === 127 ? 64 : 7;
  const lengthBytes = lengthBits === 7 ? 0 : lengthBits / 8;
  const headerLength = 2 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length < headerLength) return undefined;
  let payloadLength = lengthBits === 7 ? seven : 0;
  for (let i = 0; i < lengthBytes; i += 1) payloadLength = payloadLength * 256 + bytes[2 + i]!;
  if (bytes.length < headerLength + payloadLength) return undefined;
  const maskKey = masked ? bytes.slice(headerLength - 4, headerLength) : undefined;
  const raw = bytes.subarray(headerLength, headerLength + payloadLength);
  return {
    frame: {
      fin: bytes[0]! >= 128,
      rsv: Math.floor(bytes[0]! / 16) % 8,
      opcode: bytes[0]! % 16,
      masked,
      maskKey,
      lengthBits,
      payload: maskKey === undefined ? raw.slice() : applyMask(raw, maskKey),
    },
    length: headerLength + payloadLength,
  };
}
