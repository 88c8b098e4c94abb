// What every TextCodec must do, in any runtime: exactly what the portable one does.

import assert from "node:assert/strict";
import { portableTextCodec, type TextCodec } from "@sansock/protocol";

/** Each length of UTF-8, what decoders like to drop or to replace, and halves of surrogate pairs. */
const units = ["a", "\u00e9", "\u4e00", "\u{1f600}", "\ufeff", "\ufffd", "\0", "\ud800", "\udc00", "\u007f", "\u07ff"];
/** Around the lengths at which codecs change their ways. */
const lengths = [...Array(200).keys(), 255, 256, 257, 264, 1000, 1001, 10_000, 10_010];

/** Throws if `codec` differs from the portable one, for text or for bytes, well-formed or not. */
export function checkTextCodec(codec: TextCodec): void {
  for (const length of lengths) {
    let text = "";
    const kinds = (length % units.length) + 1; // with one kind it is ASCII
    for (let index = 0; index < length; index++) text += units[(index * 7 + length) % kinds];
    const expected = new Uint8Array(3 * text.length + 2);
    const actual = new Uint8Array(expected.length);
    const count = portableTextCodec.encodeInto(text, expected, 1);
    assert.equal(codec.byteLength(text), count);
    assert.equal(codec.encodeInto(text, actual, 1), count);
    assert.deepEqual(actual, expected);
    assert.equal(codec.decode(actual, 1, count + 1), replaceLoneSurrogates(text));
    checkBytes(codec, actual, count);
    for (const [at, byte] of [
      [1, 0xff],
      [count, 0xc3],
      [(count >> 1) + 1, 0x80],
      [(count >> 1) + 1, 0xf4],
    ] as const) {
      const broken = actual.slice();
      broken[at] = byte;
      checkBytes(codec, broken, count);
    }
  }
}

function checkBytes(codec: TextCodec, bytes: Uint8Array, count: number): void {
  const text = portableTextCodec.decode(bytes, 1, count + 1);
  assert.equal(codec.decode(bytes, 1, count + 1), text);
  assert.equal(codec.isWellFormed?.(bytes.subarray(1, count + 1)) ?? text !== undefined, text !== undefined);
}

function replaceLoneSurrogates(text: string): string {
  return [...text].map((character) => (/^[\ud800-\udfff]$/.test(character) ? "\ufffd" : character)).join("");
}
