import { decodeUtf8, encodeUtf8Into, isWellFormedUtf8, utf8Length } from "./utf8.ts";

/**
 * UTF-8 to text and back. A runtime may have a faster one than portable JavaScript; the portable one is the default, and
 * the tests' oracle for every other.
 */
export interface TextCodec {
  /**
   * The text of `bytes` from `start` to `end`, a leading U+FEFF included; `undefined` if they are not well-formed. Only
   * reads.
   */
  decode(bytes: Uint8Array, start: number, end: number): string | undefined;
  /** Whether `bytes` are well-formed UTF-8. Only reads. Without it the portable validation is used. */
  isWellFormed?(bytes: Uint8Array): boolean;
  /** How many bytes `encodeInto` writes for `text`. */
  byteLength(text: string): number;
  /**
   * Writes `text` into `target` from `offset` on and returns the number of bytes written; a lone surrogate becomes
   * U+FFFD. There is room for three bytes a UTF-16 unit, or for exactly what is needed.
   */
  encodeInto(text: string, target: Uint8Array, offset: number): number;
}

/** The `TextCodec` for any runtime. */
export const portableTextCodec: TextCodec = {
  decode: (bytes, start, end) => decodeUtf8(bytes.subarray(start, end)),
  isWellFormed: isWellFormedUtf8,
  byteLength: utf8Length,
  encodeInto: encodeUtf8Into,
};

/** `text` as UTF-8, in memory of its own. */
export function encodeText(codec: TextCodec, text: string): Uint8Array {
  const bytes = new Uint8Array(codec.byteLength(text));
  codec.encodeInto(text, bytes, 0);
  return bytes;
}
