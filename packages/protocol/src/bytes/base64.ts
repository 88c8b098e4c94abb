// Base64 (RFC 4648 §4), with padding, in its one canonical form.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const PAD = 0x3d;

/** `bytes` in base64, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    // Past the end a typed array gives undefined, which the shifts turn into zero bits.
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const third = at + 1 < bytes.length ? unitOf(group >> 6) : PAD;
    const fourth = at + 2 < bytes.length ? unitOf(group) : PAD;
    // Four at once: half the time, and a quarter of the garbage, of one after another.
    text += String.fromCharCode(unitOf(group >> 18), unitOf(group >> 12), third, fourth);
  }
  return text;
}

/** The character that stands for the last six bits of `group`. */
function unitOf(group: number): number {
  return alphabet.charCodeAt(group & 63);
}

/**
 * What canonical base64 stands for, `undefined` for anything else: padding that is missing or superfluous, white space,
 * other alphabets, and set bits behind the last byte (RFC 4648 §3.5), so that one value has one spelling.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = text.length - padding;
  const bytes = new Uint8Array((digits * 3) >> 2);
  let bits = 0;
  let value = 0;
  let at = 0;
  for (let index = 0; index < digits; index++) {
    const digit = digitOf(text.charCodeAt(index));
    if (digit < 0) return undefined;
    value = (value << 6) | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = value >> bits;
    value &= (1 << bits) - 1;
  }
  return value === 0 ? bytes : undefined;
}

function digitOf(unit: number): number {
  if (unit >= 0x41 && unit <= 0x5a) return unit - 0x41;
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x61 + 26;
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30 + 52;
  return unit === 0x2b ? 62 : unit === 0x2f ? 63 : -1;
}
