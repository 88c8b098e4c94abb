import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../packages/protocol/src/bytes/base64.ts";
import { decodeLatin1, encodeLatin1 } from "../../packages/protocol/src/bytes/latin1.ts";
import { isToken, isTokenUnit, trimWhitespace } from "../../packages/protocol/src/bytes/token.ts";
import { acceptKey } from "../../packages/protocol/src/handshake/index.ts";
import { RFC_ACCEPT, RFC_KEY } from "./support.ts";

describe("base64", () => {
  // RFC 4648 §10
  test.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ])("of %j is %j", (plain, encoded) => {
    expect(encodeBase64(Buffer.from(plain))).toBe(encoded);
    expect(Buffer.from(decodeBase64(encoded)!).toString()).toBe(plain);
  });

  test("is what the platform makes of the same bytes, and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const encoded = Buffer.from(bytes).toString("base64");
        expect(encodeBase64(bytes)).toBe(encoded);
        expect(decodeBase64(encoded)).toEqual(bytes);
      }),
    );
  });

  test("has one spelling: whatever is decoded encodes to the same text", () => {
    const digits = [..."ABCDwxyz0189+/=-_ \n\u0141"];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...digits), { maxLength: 12 }), (units) => {
        const text = units.join("");
        const bytes = decodeBase64(text);
        if (bytes !== undefined) expect(encodeBase64(bytes)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(["A", "AA", "AAA", "AA=", "A===", "====", "AB==", "AAB=", "AA==AA==", "A A=", "AA-_", "AA\u00c0=", "=AAA"])(
    "is not %j",
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});

describe("Latin-1", () => {
  test("has a character for each byte", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const text = decodeLatin1(all, 0, 256);
    expect(text).toBe(Buffer.from(all).toString("latin1"));
    expect(encodeLatin1(text)).toEqual(all);
  });

  test("takes a part of any length", () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index % 251);
    for (const [start, end] of [
      [0, 0],
      [3, 3],
      [0, 4096],
      [1, 4097],
      [0, 4097],
      [5, 20_000],
    ] as const) {
      expect(decodeLatin1(bytes, start, end)).toBe(Buffer.from(bytes.subarray(start, end)).toString("latin1"));
    }
  });
});

describe("a token", () => {
  test("has the 77 characters of RFC 9110 §5.6.2, and no others", () => {
    const units = Array.from({ length: 70_000 }, (_, unit) => unit).filter(isTokenUnit);
    const expected = /[-!#$%&'*+.^_`|~0-9A-Za-z]/;
    expect(units).toHaveLength(77);
    expect(units.every((unit) => expected.test(String.fromCharCode(unit)))).toBe(true);
    expect(isTokenUnit(Number.NaN)).toBe(false);
  });

  test("is not empty", () => {
    expect(isToken("")).toBe(false);
    expect(isToken("a")).toBe(true);
    expect(isToken("a b")).toBe(false);
  });
});

test("whitespace to be trimmed is spaces and tabs, at both ends", () => {
  expect(trimWhitespace(" \t a\u00a0 b\t ")).toBe("a\u00a0 b");
  expect(trimWhitespace(" \t ")).toBe("");
  expect(trimWhitespace("")).toBe("");
});

test("H21 the answer to a key is base64 of the SHA-1 of key and GUID, as in RFC 6455 §1.3", () => {
  expect(acceptKey(RFC_KEY)).toBe(RFC_ACCEPT);
  expect(acceptKey("x3JJHMbDL1EzLkh9GBhXDw==")).toBe("HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
  const digest = (text: string) => createHash("sha1").update(text).digest("base64");
  expect(acceptKey(RFC_KEY, digest)).toBe(RFC_ACCEPT);
});
