/** Bytes written as the RFC writes them, for tables of strings: `fromHex("81 05 48 65 6c 6c 6f")`. Spaces do not count. */
export function fromHex(digits: string): Uint8Array {
  const pairs = digits.replaceAll(/\s/g, "").match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}
