/**
 * Bytes written as the RFC writes them: ``hex`81 05 48 65 6c 6c 6f` ``. Spaces do not count, and other bytes can be put
 * in: ``hex`81 05 ${utf8("Hello")}` ``.
 */
export function hex(digits: TemplateStringsArray, ...inserted: readonly Uint8Array[]): Uint8Array {
  const bytes: number[] = [];
  digits.forEach((part, index) => {
    const pairs = part.replaceAll(/\s/g, "").match(/../g) ?? [];
    bytes.push(...pairs.map((pair) => Number.parseInt(pair, 16)), ...(inserted[index] ?? []));
  });
  return Uint8Array.from(bytes);
}

/** The reverse, for messages and comparisons: `"81 05 48"`. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** One array with the bytes of all. */
export function concat(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** `text` in UTF-8, by the platform's encoder: an oracle that is not the engine's own. */
export function utf8(text: string): Uint8Array {
  return Uint8Array.from(new TextEncoder().encode(text));
}
