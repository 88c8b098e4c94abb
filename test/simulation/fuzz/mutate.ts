// Damage to bytes, as only chance can think of it.

import type { SeededRandom } from "@sansock/protocol/testing";

/** Bytes at which parsers like to be wrong. */
const INTERESTING = [
  0x00, 0x01, 0x0a, 0x0d, 0x20, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x88, 0xbf, 0xc0, 0xed, 0xf4, 0xfe, 0xff,
];

/** A damaged copy of `bytes`; now and then an intact one. */
export function mutated(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let result = Array.from(bytes);
  for (let count = random.pick([0, 0, 1, 1, 2, 5]); count > 0; count--) {
    const at = random.integer(0, result.length);
    switch (random.integer(0, 6)) {
      case 0:
        if (at < result.length) result[at]! ^= 1 << random.integer(0, 7);
        break;
      case 1:
        if (at < result.length) result[at] = random.pick(INTERESTING);
        break;
      case 2:
        result.splice(at, random.integer(1, 4));
        break;
      case 3:
        result.splice(at, 0, ...random.bytes(random.integer(1, 4)));
        break;
      case 4:
        result.splice(at, 0, ...result.slice(at, at + random.integer(1, 20))); // the same again
        break;
      case 5:
        result = result.slice(0, at);
        break;
      default:
        if (at + 1 < result.length) [result[at], result[at + 1]] = [result[at + 1]!, result[at]!];
    }
  }
  return Uint8Array.from(result);
}

/** `bytes` in chunks of their own, in one piece, byte by byte, or anything between. */
export function chunks(bytes: Uint8Array, random: SeededRandom): Uint8Array[] {
  const most = random.pick([1, 2, 7, 50, Number.POSITIVE_INFINITY]);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number.isFinite(most) ? random.integer(1, most) : bytes.length;
    parts.push(bytes.slice(at, at + length));
    at += length;
  }
  return parts;
}
