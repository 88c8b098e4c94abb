// Whole frames as plain values, for tools and property tests. Connections use the decoder and the outbox instead.

import { copyOf } from "../bytes/bytes.ts";
import { applyMask } from "../bytes/mask.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { headerLength, writeHeader } from "./frame-header.ts";

/** One frame (RFC 6455 §5.2), whether or not it is legal where it stands. */
export interface Frame {
  /** Whether it is the last fragment of its message. */
  readonly fin: boolean;
  /** RSV1 to RSV3 as a number from 0 to 7; RSV1 is 4. */
  readonly rsv: number;
  /** 0 to 15. */
  readonly opcode: number;
  /** The masking key as a 32-bit number in wire order, `undefined` for an unmasked frame. */
  readonly maskKey: number | undefined;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

/** What `decodeFrames` found. */
export interface DecodedFrames {
  readonly frames: readonly Frame[];
  /** The bytes of a last frame that is not complete. */
  readonly rest: Uint8Array;
}

/**
 * A frame as bytes, with the shortest form of its length. `payload` is only read; the result is the caller's.
 *
 * Throws `UsageError` "bad-argument" for an `opcode`, `rsv` or `maskKey` out of range.
 *
 * ```ts
 * const hello = new Uint8Array([0x48, 0x65, 0x6c, 0x6c, 0x6f]);
 * encodeFrame({ fin: true, rsv: 0, opcode: 1, maskKey: undefined, payload: hello }); // 81 05 48 65 6c 6c 6f
 * ```
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { fin, rsv, opcode, maskKey, payload } = frame;
  if (!isIntegerUpTo(opcode, 15)) throw new UsageError("bad-argument", "opcode must be an integer from 0 to 15");
  if (!isIntegerUpTo(rsv, 7)) throw new UsageError("bad-argument", "rsv must be an integer from 0 to 7");
  if (maskKey !== undefined && !isIntegerUpTo(maskKey, 0xffff_ffff)) {
    throw new UsageError("bad-argument", "maskKey must be an unsigned 32-bit integer");
  }
  const bytes = new Uint8Array(headerLength(payload.length, maskKey !== undefined) + payload.length);
  const start = writeHeader(bytes, 0, (fin ? 0x80 : 0) | (rsv << 4) | opcode, payload.length, maskKey);
  bytes.set(payload, start);
  if (maskKey !== undefined) applyMask(bytes, start, bytes.length, maskKey);
  return bytes;
}

/**
 * All complete frames in `bytes`, and what is left over. It takes frames as they are written: whether they are legal
 * (reserved bits, lengths, masks, order) is judged by `FrameDecoder`. `bytes` is only read; payloads and `rest` are
 * copies.
 */
export function decodeFrames(bytes: Uint8Array): DecodedFrames {
  const frames: Frame[] = [];
  let at = 0;
  for (;;) {
    const decoded = decodeFrameAt(bytes, at);
    if (decoded === undefined) return { frames, rest: copyOf(bytes, at, bytes.length) };
    frames.push(decoded.frame);
    at = decoded.end;
  }
}

function decodeFrameAt(bytes: Uint8Array, at: number): { frame: Frame; end: number } | undefined {
  const first = bytes[at]!;
  const second = bytes[at + 1]!;
  const marker = second & 0x7f;
  const lengthBytes = marker === 126 ? 2 : marker === 127 ? 8 : 0;
  const keyAt = at + 2 + lengthBytes;
  const start = keyAt + (second >= 0x80 ? 4 : 0);
  if (start > bytes.length) return undefined;
  const length = lengthBytes === 0 ? marker : readInteger(bytes, at + 2, lengthBytes);
  const end = start + length;
  if (end > bytes.length) return undefined; // so is one of 2^53 bytes and more, though its length is not exact
  const payload = copyOf(bytes, start, end);
  const maskKey = second >= 0x80 ? readInteger(bytes, keyAt, 4) : undefined;
  if (maskKey !== undefined) applyMask(payload, 0, length, maskKey);
  return { frame: { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, maskKey, payload }, end };
}

function readInteger(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) value = value * 256 + bytes[index]!;
  return value;
}

function isIntegerUpTo(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}
