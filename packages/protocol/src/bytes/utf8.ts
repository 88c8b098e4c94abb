// UTF-8 (RFC 3629): validation that may stop and go on at any byte, decoding and encoding.

// Not in the ES-only library that this package compiles against. It is the one platform global the engine uses: pure,
// synchronous, and present in every runtime. `ignoreBOM` keeps a leading U+FEFF, which belongs to the message.
declare const TextDecoder: new (
  label: "utf-8",
  options: { fatal: true; ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };

/** Between two code points: the state to begin with, and the one to end in. */
export const UTF8_ACCEPT = 0;
/** A byte came that no well-formed text has there. It is never left again. */
export const UTF8_REJECT = 8;

// The states in between, after RFC 3629 §4: how many continuation bytes are still to come, and what the next may be.
const ONE_MORE = 1;
const TWO_MORE = 2;
const THREE_MORE = 3;
const AFTER_E0 = 4; // A0-BF, or it would be overlong
const AFTER_ED = 5; // 80-9F, or it would be a surrogate
const AFTER_F0 = 6; // 90-BF, or it would be overlong
const AFTER_F4 = 7; // 80-8F, or it would be above U+10FFFF

const transitions: Uint8Array = buildTransitions();

function buildTransitions(): Uint8Array {
  const table = new Uint8Array(9 * 256).fill(UTF8_REJECT);
  const allow = (state: number, first: number, last: number, next: number): void => {
    table.fill(next, state * 256 + first, state * 256 + last + 1);
  };
  allow(UTF8_ACCEPT, 0x00, 0x7f, UTF8_ACCEPT);
  allow(UTF8_ACCEPT, 0xc2, 0xdf, ONE_MORE);
  allow(UTF8_ACCEPT, 0xe0, 0xe0, AFTER_E0);
  allow(UTF8_ACCEPT, 0xe1, 0xec, TWO_MORE);
  allow(UTF8_ACCEPT, 0xed, 0xed, AFTER_ED);
  allow(UTF8_ACCEPT, 0xee, 0xef, TWO_MORE);
  allow(UTF8_ACCEPT, 0xf0, 0xf0, AFTER_F0);
  allow(UTF8_ACCEPT, 0xf1, 0xf3, THREE_MORE);
  allow(UTF8_ACCEPT, 0xf4, 0xf4, AFTER_F4);
  allow(ONE_MORE, 0x80, 0xbf, UTF8_ACCEPT);
  allow(TWO_MORE, 0x80, 0xbf, ONE_MORE);
  allow(THREE_MORE, 0x80, 0xbf, TWO_MORE);
  allow(AFTER_E0, 0xa0, 0xbf, ONE_MORE);
  allow(AFTER_ED, 0x80, 0x9f, ONE_MORE);
  allow(AFTER_F0, 0x90, 0xbf, TWO_MORE);
  allow(AFTER_F4, 0x80, 0x8f, TWO_MORE);
  return table;
}

/** Goes on validating `bytes` from `start` to `end` in `state` and returns the state after them. */
export function validateUtf8(state: number, bytes: Uint8Array, start: number, end: number): number {
  let current = state;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((current | (byte & 0x80)) === 0) continue; // ASCII between two code points, the common case
    current = transitions[(current << 8) | byte]!;
    if (current === UTF8_REJECT) return UTF8_REJECT;
  }
  return current;
}

/** Whether `bytes` are well-formed. */
export function isWellFormedUtf8(bytes: Uint8Array): boolean {
  return validateUtf8(UTF8_ACCEPT, bytes, 0, bytes.length) === UTF8_ACCEPT;
}

let decoder: { decode(bytes: Uint8Array): string } | undefined;

/** The text of well-formed UTF-8, `undefined` for anything else. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // a TypeError by its contract; also a text longer than the runtime's strings can be
  }
}

/** The number of bytes that `encodeUtf8Into` writes for `text`. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (!isPairAt(text, index, unit)) length += 2; // of a pair, the second half counts for both
  }
  return length;
}

/**
 * Writes `text` as UTF-8 into `target` from `offset` on and returns the number of bytes written. There must be room for
 * three bytes a UTF-16 unit, or for `utf8Length(text)`. A lone surrogate becomes U+FFFD, as everywhere on the web.
 */
export function encodeUtf8Into(text: string, target: Uint8Array, offset: number): number {
  let at = offset;
  const length = text.length;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      target[at++] = unit;
    } else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
    } else if (isPairAt(text, index, unit)) {
      const codePoint = 0x10000 + ((unit - 0xd800) << 10) + (text.charCodeAt(++index) - 0xdc00);
      target[at++] = 0xf0 | (codePoint >> 18);
      target[at++] = 0x80 | ((codePoint >> 12) & 0x3f);
      target[at++] = 0x80 | ((codePoint >> 6) & 0x3f);
      target[at++] = 0x80 | (codePoint & 0x3f);
    } else {
      const scalar = isSurrogate(unit) ? 0xfffd : unit;
      target[at++] = 0xe0 | (scalar >> 12);
      target[at++] = 0x80 | ((scalar >> 6) & 0x3f);
      target[at++] = 0x80 | (scalar & 0x3f);
    }
  }
  return at - offset;
}

/** `text` as UTF-8, in bytes of its own. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  encodeUtf8Into(text, bytes, 0);
  return bytes;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

function isPairAt(text: string, index: number, unit: number): boolean {
  // Past the end charCodeAt is NaN, which the mask turns into 0.
  return (unit & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
}
