// UTF-8: exhaustive where that is possible. The oracles are the platform's TextEncoder and isUtf8.

import { isUtf8 as isWellFormed } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeText } from "../../packages/protocol/src/bytes/text-codec.ts";
import {
  decodeUtf8,
  encodeUtf8,
  encodeUtf8Into,
  isWellFormedUtf8,
  UTF8_ACCEPT,
  UTF8_REJECT,
  utf8Length,
  validateUtf8,
} from "../../packages/protocol/src/bytes/utf8.ts";
import { portableTextCodec } from "../../packages/protocol/src/index.ts";
import { seeded } from "../reference/seed.ts";
import { concat, hex } from "../support/hex.ts";

const encoder = new TextEncoder();

/** Whether some continuation of `bytes` is well-formed: the definition of failing fast. */
function isPrefix(bytes: Uint8Array): boolean {
  const continuations = [[], [0x80], [0x80, 0x80], [0x80, 0x80, 0x80], [0xbf], [0xbf, 0x80], [0xbf, 0x80, 0x80]];
  return continuations.some((continuation) => isWellFormed(concat(bytes, Uint8Array.from(continuation))));
}

function validate(bytes: Uint8Array): number {
  return validateUtf8(UTF8_ACCEPT, bytes, 0, bytes.length);
}

/** All 1 112 064 of them, in the order of their numbers. */
function everyScalar(): string {
  const parts: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    if (codePoint < 0xd800 || codePoint > 0xdfff) parts.push(String.fromCodePoint(codePoint));
  }
  return parts.join("");
}

describe("sec/utf8-exhaustive", () => {
  test("every scalar value is encoded, measured, validated and decoded as the platform does it", () => {
    const text = everyScalar();
    const bytes = encodeUtf8(text);
    expect(Buffer.compare(bytes, encoder.encode(text))).toBe(0);
    expect(utf8Length(text)).toBe(bytes.length);
    expect(validate(bytes)).toBe(UTF8_ACCEPT);
    expect(decodeUtf8(bytes) === text).toBe(true);
  });

  test("every sequence of one and of two bytes is judged right, and at the right byte", () => {
    for (let first = 0; first < 256; first++) {
      const one = Uint8Array.of(first);
      if ((validate(one) === UTF8_ACCEPT) !== isWellFormed(one)) expect.fail(`${first}`);
      if ((validate(one) !== UTF8_REJECT) !== isPrefix(one)) expect.fail(`${first} as a prefix`);
      for (let second = 0; second < 256; second++) {
        const two = Uint8Array.of(first, second);
        if ((validate(two) === UTF8_ACCEPT) !== isWellFormed(two)) expect.fail(`${two}`);
      }
    }
  });

  test("every sequence of two and of three bytes behind a lead byte is judged right", () => {
    // Behind E0 to F4; behind anything else two bytes decide, which is tested above.
    for (let first = 0xe0; first <= 0xf5; first++) {
      for (let second = 0x70; second <= 0xc8; second++) {
        const two = Uint8Array.of(first, second);
        if ((validate(two) !== UTF8_REJECT) !== isPrefix(two)) expect.fail(`${two} as a prefix`);
        for (const third of [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]) {
          const three = Uint8Array.of(first, second, third);
          if ((validate(three) === UTF8_ACCEPT) !== isWellFormed(three)) expect.fail(`${three}`);
          for (const fourth of [0x7f, 0x80, 0xbf, 0xc0]) {
            const four = Uint8Array.of(first, second, third, fourth);
            if ((validate(four) === UTF8_ACCEPT) !== isWellFormed(four)) expect.fail(`${four}`);
          }
        }
      }
    }
  });

  test("once rejected, always rejected", () => {
    for (let byte = 0; byte < 256; byte++) {
      if (validateUtf8(UTF8_REJECT, Uint8Array.of(byte), 0, 1) !== UTF8_REJECT) expect.fail(`${byte}`);
    }
    expect(validate(hex`ff 61 62 63`)).toBe(UTF8_REJECT);
  });
});

describe("validation", () => {
  test("text is well-formed if it ends between two code points", () => {
    expect(isWellFormedUtf8(hex``)).toBe(true);
    expect(isWellFormedUtf8(hex`61 c3 a9`)).toBe(true);
    expect(isWellFormedUtf8(hex`61 c3`)).toBe(false);
    expect(isWellFormedUtf8(hex`61 ff`)).toBe(false);
  });

  test("stops and goes on at any byte: the state is all that counts", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat({ max: 12 }), (noise, somewhere) => {
        const bytes = concat(encoder.encode("aé€😀"), noise);
        const cut = Math.min(somewhere, bytes.length);
        const state = validateUtf8(UTF8_ACCEPT, bytes, 0, cut);
        return validateUtf8(state, bytes, cut, bytes.length) === validate(bytes);
      }),
      seeded(1_000),
    );
  });

  test("looks at nothing outside its range", () => {
    const bytes = hex`ff 61 c3 a9 ff`;
    expect(validateUtf8(UTF8_ACCEPT, bytes, 1, 4)).toBe(UTF8_ACCEPT);
    expect(validateUtf8(UTF8_ACCEPT, bytes, 2, 2)).toBe(UTF8_ACCEPT);
    expect(portableTextCodec.decode(bytes, 1, 4)).toBe("aé");
    expect(portableTextCodec.decode(bytes, 1, 3)).toBeUndefined();
  });
});

describe("encoding", () => {
  const anyText = fc.array(fc.nat({ max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units));
  const surrogates = fc
    .array(fc.constantFrom("a", "é", "€", "😀", "\ud800", "\udbff", "\udc00", "\udfff"), { maxLength: 8 })
    .map((parts) => parts.join(""));

  test("any UTF-16, lone surrogates included, is encoded as the platform does it", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, surrogates), (text) => {
        const expected = encoder.encode(text);
        expect(Buffer.compare(encodeUtf8(text), expected)).toBe(0);
        expect(utf8Length(text)).toBe(expected.length);
      }),
      seeded(1_000),
    );
  });

  test("goes where it is told, and no further", () => {
    const target = new Uint8Array(8).fill(0xee);
    expect(encodeUtf8Into("é€", target, 2)).toBe(5);
    expect(target).toEqual(hex`ee ee c3 a9 e2 82 ac ee`);
    expect(portableTextCodec.encodeInto("a", target, 0)).toBe(1);
    expect(target[0]).toBe(0x61);
  });
});

describe("encodeText", () => {
  test("gives the text in memory of its own, exactly as large", () => {
    const bytes = encodeText(portableTextCodec, "é€😀");
    expect(bytes).toEqual(hex`c3 a9 e2 82 ac f0 9f 98 80`);
    expect(bytes.buffer.byteLength).toBe(9);
  });
});

describe("decoding", () => {
  test("a leading U+FEFF belongs to the text", () => {
    expect(decodeUtf8(hex`ef bb bf 61`)).toBe("\ufeffa");
  });

  test("what is not well-formed is undefined", () => {
    for (const bytes of [hex`80`, hex`c3`, hex`ed a0 80`, hex`f4 90 80 80`, hex`c0 80`]) {
      expect(decodeUtf8(bytes)).toBeUndefined();
    }
  });
});
