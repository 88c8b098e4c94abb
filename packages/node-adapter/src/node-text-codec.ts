import { isUtf8 } from "node:buffer";
import { portableTextCodec, type TextCodec } from "@sansock/protocol";

// Not documented, but in every Node: they work on any Uint8Array, without a Buffer being made of it first.
interface BufferMethods {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number;
}
const { utf8Slice, utf8Write } = Buffer.prototype as unknown as BufferMethods;

/** Up to this length a loop in JavaScript writes text about as fast as a call into the runtime does, or faster. */
const SHORT = 16;

/** UTF-8 by Node's own means: to decode 100 bytes takes 60 ns, two thirds of what TextDecoder takes. */
export const nodeTextCodec: TextCodec = {
  decode(bytes, start, end) {
    const text = utf8Slice.call(bytes, start, end);
    // What is not well-formed has become U+FFFD. Text may also contain one that was sent.
    return text.includes("\ufffd") && !isUtf8(viewOf(bytes, start, end)) ? undefined : text;
  },
  isWellFormed: isUtf8,
  byteLength: (text) => Buffer.byteLength(text),
  encodeInto(text, target, offset) {
    if (text.length <= SHORT) return portableTextCodec.encodeInto(text, target, offset);
    return utf8Write.call(target, text, offset, target.length - offset);
  },
};

/** Not `subarray`, which makes a Buffer of a part of a Buffer. */
function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}
