/*
 * UTF-8 as RFC 3629 §4 writes it: a grammar, tried form by form, byte by byte. Slow on purpose; it shares nothing with
 * the engine's validator, which it is there to check.
 */

type Range = readonly [first: number, last: number];

const TAIL: Range = [0x80, 0xbf]; // UTF8-tail = %x80-BF

/** The nine forms of one character, in the order of the grammar. */
export const UTF8_CHARACTER_FORMS: readonly (readonly Range[])[] = [
  [[0x00, 0x7f]], // UTF8-1
  [[0xc2, 0xdf], TAIL], // UTF8-2
  [[0xe0, 0xe0], [0xa0, 0xbf], TAIL], // UTF8-3
  [[0xe1, 0xec], TAIL, TAIL],
  [[0xed, 0xed], [0x80, 0x9f], TAIL],
  [[0xee, 0xef], TAIL, TAIL],
  [[0xf0, 0xf0], [0x90, 0xbf], TAIL, TAIL], // UTF8-4
  [[0xf1, 0xf3], TAIL, TAIL, TAIL],
  [[0xf4, 0xf4], [0x80, 0x8f], TAIL, TAIL],
];

/** What a string of bytes is, read as UTF-8. */
export interface Utf8Reading {
  /** The characters that are complete, up to the first byte that cannot be. */
  readonly text: string;
  /** The index of the first byte that no valid text can have there; `undefined` if there is none. */
  readonly impossibleAt: number | undefined;
  /** Whether the bytes end inside a character that more bytes could complete. */
  readonly incomplete: boolean;
}

/** Reads `bytes` from the start. */
export function readUtf8(bytes: ArrayLike<number>): Utf8Reading {
  const text: string[] = [];
  for (let index = 0; index < bytes.length; ) {
    const character = readCharacter(bytes, index);
    if (character.kind === "impossible") {
      return { text: text.join(""), impossibleAt: character.at, incomplete: false };
    }
    if (character.kind === "incomplete") {
      return { text: text.join(""), impossibleAt: undefined, incomplete: true };
    }
    text.push(String.fromCodePoint(character.scalar));
    index += character.length;
  }
  return { text: text.join(""), impossibleAt: undefined, incomplete: false };
}

type Character =
  | { readonly kind: "character"; readonly scalar: number; readonly length: number }
  | { readonly kind: "incomplete" }
  | { readonly kind: "impossible"; readonly at: number };

function readCharacter(bytes: ArrayLike<number>, start: number): Character {
  // How far does each form agree with what is there? The first byte on which all forms have given up is the culprit.
  let furthest = 0;
  for (const form of UTF8_CHARACTER_FORMS) {
    let agreed = 0;
    while (agreed < form.length && start + agreed < bytes.length && within(bytes[start + agreed]!, form[agreed]!)) {
      agreed += 1;
    }
    if (agreed === form.length) return { kind: "character", scalar: scalarValue(bytes, start, agreed), length: agreed };
    furthest = Math.max(furthest, agreed);
  }
  return start + furthest === bytes.length ? { kind: "incomplete" } : { kind: "impossible", at: start + furthest };
}

function within(byte: number, [first, last]: Range): boolean {
  return byte >= first && byte <= last;
}

/** RFC 3629 §3: "Extract the payload bits" of a sequence that the grammar has accepted. */
function scalarValue(bytes: ArrayLike<number>, start: number, length: number): number {
  const bits = (index: number, count: number): number => bytes[start + index]! & (2 ** count - 1);
  if (length === 1) return bits(0, 7);
  if (length === 2) return bits(0, 5) * 64 + bits(1, 6);
  if (length === 3) return bits(0, 4) * 64 ** 2 + bits(1, 6) * 64 + bits(2, 6);
  return bits(0, 3) * 64 ** 3 + bits(1, 6) * 64 ** 2 + bits(2, 6) * 64 + bits(3, 6);
}

/** The UTF-8 of one Unicode scalar value, RFC 3629 §3. */
export function encodeScalar(scalar: number): number[] {
  const tail = (shift: number): number => 0x80 + (Math.floor(scalar / 64 ** shift) % 64);
  if (scalar <= 0x7f) return [scalar];
  if (scalar <= 0x7ff) return [0xc0 + Math.floor(scalar / 64), tail(0)];
  if (scalar <= 0xffff) return [0xe0 + Math.floor(scalar / 64 ** 2), tail(1), tail(0)];
  return [0xf0 + Math.floor(scalar / 64 ** 3), tail(2), tail(1), tail(0)];
}

/** The UTF-8 of a string; a lone surrogate, which has none, becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const scalars = [...text].map((character) => character.codePointAt(0)!);
  return Uint8Array.from(
    scalars.flatMap((scalar) => encodeScalar(scalar >= 0xd800 && scalar <= 0xdfff ? 0xfffd : scalar)),
  );
}
