import { describe, expect, test } from "vitest";
import { fromHex } from "./hex.ts";
import { encodeScalar, encodeUtf8, readUtf8 } from "./utf8.ts";

describe("the reference reading of UTF-8", () => {
  // RFC 3629 §7 gives these.
  test.each([
    ["41 e2 89 a2 ce 91 2e", "A\u2262\u0391."],
    ["ed 95 9c ea b5 ad ec 96 b4", "\ud55c\uad6d\uc5b4"],
    ["e6 97 a5 e6 9c ac e8 aa 9e", "\u65e5\u672c\u8a9e"],
    ["ef bb bf f0 a3 8e b4", "\ufeff\u{233b4}"],
  ])("reads the example %s of RFC 3629 §7", (bytes, text) => {
    expect(readUtf8(fromHex(bytes))).toEqual({ text, impossibleAt: undefined, incomplete: false });
    expect(encodeUtf8(text)).toEqual(fromHex(bytes));
  });

  test.each([
    ["c0 80", 0], // an overlong NUL
    ["c1 bf", 0],
    ["80", 0],
    ["f5", 0],
    ["ff", 0],
    ["61 e0 9f bf", 2], // overlong
    ["61 ed a0 80", 2], // a surrogate
    ["f0 8f bf bf", 1], // overlong
    ["f4 90 80 80", 1], // beyond U+10FFFF
    ["e2 82 41", 2],
    ["f0 9f 98 41", 3],
    ["c3 41", 1],
  ])("finds %s impossible at index %i", (bytes, impossibleAt) => {
    expect(readUtf8(fromHex(bytes))).toMatchObject({ impossibleAt, incomplete: false });
  });

  test.each(["c3", "e2", "e2 82", "f0", "f0 9f", "f0 9f 98", "61 f4 8f bf"])("finds %s incomplete", (bytes) => {
    expect(readUtf8(fromHex(bytes))).toMatchObject({ impossibleAt: undefined, incomplete: true });
  });

  test("agrees with the platform's decoder about every sequence of up to two bytes, and about every scalar value", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const platform = (bytes: Uint8Array): string | undefined => {
      try {
        return decoder.decode(bytes);
      } catch {
        return undefined;
      }
    };
    const differences: unknown[] = [];
    const compare = (...bytes: number[]): void => {
      const { text, impossibleAt, incomplete } = readUtf8(bytes);
      const expected = platform(Uint8Array.from(bytes));
      if ((impossibleAt === undefined && !incomplete ? text : undefined) !== expected) differences.push(bytes);
    };
    for (let first = 0; first < 256; first += 1) {
      compare(first);
      for (let second = 0; second < 256; second += 1) compare(first, second);
    }
    for (let scalar = 0; scalar <= 0x10ffff; scalar += 1) {
      if (scalar >= 0xd800 && scalar <= 0xdfff) continue;
      compare(...encodeScalar(scalar));
    }
    expect(differences).toEqual([]);
  });
});
