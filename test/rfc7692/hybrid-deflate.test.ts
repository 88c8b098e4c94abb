// Who compresses what in a codec of two halves: portable code, or the runtime.

import { describe, expect, test } from "vitest";
import { type DeflaterOptions, hybridDeflate } from "../../packages/protocol/src/index.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { inflate } from "./codecs.ts";

const FLUSH = hex`00 00 00 ff ff`;

/** A codec whose runtime compresses from 10 bytes on, by storing them, in windows of 9 bits or more. */
function start(windowBits = 15) {
  const calls: { readonly bytes: Uint8Array; readonly options: DeflaterOptions; readonly history: Uint8Array }[] = [];
  const codec = hybridDeflate({
    fromBytes: 10,
    leastWindowBits: 9,
    deflate(bytes, options, history) {
      calls.push({ bytes, options, history: history() });
      return concat([0, bytes.length, 0, 255 - bytes.length, 255], bytes, FLUSH);
    },
  });
  const options = { windowBits, memoryLevel: 3 };
  return { calls, options, codec, deflater: codec.createDeflater(options) };
}

describe("a codec of two halves", () => {
  test("has the runtime compress long pieces, from the size that it says, and none that is shorter", () => {
    const { calls, options, codec, deflater } = start();
    const pieces = ["123456789", "1234567890", "short"].map(utf8);
    const deflated = pieces.map((piece) => deflater.deflate(piece, true));
    expect(calls).toEqual([{ bytes: pieces[1], options, history: pieces[0] }]);
    expect(inflate(codec.createInflater(options), concat(...deflated))).toEqual({
      output: concat(...pieces),
      invalid: false,
    });
  });

  test("has the runtime keep to no window that is smaller than it can", () => {
    for (const [windowBits, count] of [
      [8, 0],
      [9, 1],
    ] as const) {
      const { calls, deflater } = start(windowBits);
      deflater.deflate(utf8("1234567890"), true);
      expect(calls).toHaveLength(count);
    }
  });

  test("ends what portable code has begun before the runtime goes on", () => {
    const { calls, options, codec, deflater } = start();
    const deflated = [deflater.deflate(utf8("begun, "), false), deflater.deflate(utf8("1234567890"), true)];
    expect(calls).toHaveLength(1);
    expect(inflate(codec.createInflater(options), concat(...deflated)).output).toEqual(utf8("begun, 1234567890"));
  });

  test("refers to nothing before a reset", () => {
    const { calls, deflater } = start();
    deflater.deflate(utf8("forgotten"), true);
    deflater.reset();
    deflater.deflate(utf8("1234567890"), true);
    expect(calls[0]?.history).toEqual(new Uint8Array(0));
  });
});
