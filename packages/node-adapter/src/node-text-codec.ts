import { isUtf8 } from "node:buffer";
import { portableTextCodec, type TextCodec } from "@sansock/protocol";

// Not documented, but in every Node: they work on any Uint8Array, without a Buffer being made of it first.
interface BufferMethods {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number;
}
const { latin1Slice, utf8Slice, utf8Write } = Buffer.prototype as unknown as BufferMethods;

/** Up to this length a loop in JavaScript finds out that text is ASCII faster than a call into the runtime does. */
const SHORT = 96;

/** UTF-8 by Node's own means. */
export const nodeTextCodec: TextCodec = {
  decode(bytes, start, end) {
    if (end - start <= SHORT && isAscii(bytes, start, end)) return latin1Slice.call(bytes, start, end);
    return isUtf8(bytes.subarray(start, end)) ? utf8Slice.call(bytes, start, end) : undefined;
  },
  isWellFormed: isUtf8,
  byteLength: (text) => Buffer.byteLength(text),
  encodeInto(text, target, offset) {
    if (text.length <= SHORT) return portableTextCodec.encodeInto(text, target, offset);
    return utf8Write.call(target, text, offset, target.length - offset);
  },
};

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  for (let at = start; at < end; at++) seen |= bytes[at]!;
  return seen < 0x80;
}
