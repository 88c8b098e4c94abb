import { describe, expect, test } from "vitest";
import { fromHex } from "../reference/hex.ts";
import { encodeUtf8 } from "../reference/utf8.ts";
import { CORPORA, slices } from "./corpora.ts";
import { zlibCompression } from "./zlib-codec.ts";

const hello = encodeUtf8("Hello");
const terms = (takeover: boolean, windowBits: number) => ({
  own: { takeover, windowBits },
  other: { takeover, windowBits },
});

describe("the fuzzing peer's compression", () => {
  test("reads the examples of RFC 7692 §7.2.3", () => {
    for (const example of [
      "f2 48 cd c9 c9 07 00",
      "00 05 00 fa ff 48 65 6c 6c 6f 00",
      "f3 48 cd c9 c9 07 00 00",
      "f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
    ]) {
      expect(zlibCompression(terms(true, 15)).decompress(fromHex(example))).toEqual(hello);
    }
  });

  test("takes the context over: the second of two equal messages refers to the first", () => {
    const peer = zlibCompression(terms(true, 15));
    expect(peer.decompress(fromHex("f2 48 cd c9 c9 07 00"))).toEqual(hello);
    expect(peer.decompress(fromHex("f2 00 11 00 00"))).toEqual(hello);
  });

  test("writes an empty message as one byte", () => {
    expect(zlibCompression(terms(true, 15)).compress(new Uint8Array(0))).toEqual(fromHex("00"));
  });

  test.each([
    [true, 15],
    [true, 9],
    [false, 15],
    [false, 9],
  ])("understands itself with takeover %s and %i window bits", (takeover, windowBits) => {
    const here = zlibCompression(terms(takeover, windowBits));
    const there = zlibCompression(terms(takeover, windowBits));
    for (const corpus of CORPORA) {
      for (const message of slices(corpus, 5000, 6)) {
        expect(there.decompress(here.compress(message))).toEqual(message);
      }
    }
  });
});
