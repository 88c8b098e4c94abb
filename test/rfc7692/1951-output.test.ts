// What the portable deflater makes of given bytes, to the last bit: that it is right is tested elsewhere, that it stays as
// small as it is, here. Whoever makes it smaller writes down the new numbers; no number should grow by accident.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { portableDeflate } from "../../packages/protocol/src/index.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { concat, utf8 } from "../support/hex.ts";
import { generator } from "./arbitraries.ts";
import { zlibInflate } from "./zlib.ts";

function randomBytes(length: number, alphabet = 256, seed = 1): Uint8Array {
  const random = generator(seed);
  return Uint8Array.from({ length }, () => Math.floor(random() * alphabet));
}

function words(count: number): Uint8Array {
  const random = generator(2);
  const list = "the of and a to in is you that it he was for on are as with his they I at be this have from".split(" ");
  return utf8(Array.from({ length: count }, () => list[Math.floor(random() ** 2 * list.length)]).join(" "));
}

function records(count: number): Uint8Array {
  const random = generator(3);
  const record = (_: unknown, id: number) => ({ id, price: Math.floor(random() * 1e5) / 100, name: `item ${id % 7}` });
  return utf8(JSON.stringify(Array.from({ length: count }, record)));
}

/** Bytes of which each is rarer than the one before, as much as makes its code as long as can be, in any order. */
function fibonacci(): Uint8Array {
  const random = generator(4);
  const counts = [1, 1];
  while (counts.length < 19) counts.push(counts.at(-1)! + counts.at(-2)!);
  const bytes = counts.flatMap((count, byte) => new Array<number>(count).fill(byte * 13));
  return Uint8Array.from(
    bytes.map((byte) => ({ byte, key: random() })).sort((a, b) => a.key - b.key),
    ({ byte }) => byte,
  );
}

/** More symbols than are sorted by hand. */
function rareBytes(): Uint8Array {
  const random = generator(9);
  return Uint8Array.from({ length: 8_000 }, () => Math.floor(random() ** 3 * 120));
}

/** All bytes, of which the even ones are four times as common as the odd ones. */
function evenBytes(): Uint8Array {
  const random = generator(10);
  return Uint8Array.from({ length: 16_000 }, () => Math.floor(random() * 128) * 2 + (random() < 0.2 ? 1 : 0));
}

/** Every length of a match, far and near, between bytes that do not repeat. */
function matches(): Uint8Array {
  const source = randomBytes(600, 256, 5);
  const noise = randomBytes(3_000, 256, 6);
  const parts: Uint8Array[] = [source];
  for (let length = 3; length <= 300; length++) {
    const from = (length * 7) % (source.length - length);
    parts.push(source.subarray(from, from + length), noise.subarray(length * 9, length * 9 + (length % 5)));
  }
  return concat(...parts);
}

const inputs: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(0),
  "a short word": utf8("Hello"),
  "a short record": records(2),
  records: records(600),
  words: words(12_000),
  "one byte again and again": new Uint8Array(100_000),
  "two bytes": randomBytes(20_000, 2),
  "noise, a little": randomBytes(300),
  "noise, a lot": randomBytes(70_000),
  "noise that is repeated from far away": concat(randomBytes(32_768, 256, 7), randomBytes(32_768, 256, 7)),
  "noise that is repeated from too far away": concat(randomBytes(33_000, 256, 8), randomBytes(33_000, 256, 8)),
  "bytes of very different frequencies": fibonacci(),
  "matches of every length": matches(),
  "many bytes, some of them rare": rareBytes(),
};

const options: Readonly<Record<string, { readonly windowBits: number; readonly memoryLevel: number }>> = {
  "a large window": { windowBits: 15, memoryLevel: 8 },
  "a small window": { windowBits: 9, memoryLevel: 8 },
  "little memory": { windowBits: 15, memoryLevel: 1 },
};

/** How many bytes, and how their SHA-256 begins. */
const expected: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a large window": {
    nothing: "5 eb6ab504",
    "a short word": "11 2f242ae6",
    "a short record": "63 303485d1",
    records: "4405 377ca9a0",
    words: "11322 85a20da0",
    "one byte again and again": "118 d979d6af",
    "two bytes": "3405 880e9ca2",
    "noise, a little": "310 7af6cf5c",
    "noise, a lot": "70030 bfe28c80",
    "noise that is repeated from far away": "34004 9fbbadbd",
    "noise that is repeated from too far away": "66030 a4a8af11",
    "bytes of very different frequencies": "4296 205e97a7",
    "matches of every length": "2792 df3497f3",
    "many bytes, some of them rare": "6049 ba8fee5a",
    sequence: "8137 eb5ae5f2",
  },
  "a small window": {
    nothing: "5 eb6ab504",
    "a short word": "11 2f242ae6",
    "a short record": "63 303485d1",
    records: "3944 06361606",
    words: "11984 96e6bf9a",
    "one byte again and again": "118 d979d6af",
    "two bytes": "3477 48edf9f8",
    "noise, a little": "310 7af6cf5c",
    "noise, a lot": "70030 bfe28c80",
    "noise that is repeated from far away": "65561 dcd5dbbd",
    "noise that is repeated from too far away": "66030 a4a8af11",
    "bytes of very different frequencies": "4075 a494b20d",
    "matches of every length": "6713 59e38815",
    "many bytes, some of them rare": "6008 0acfec0e",
    sequence: "7768 67713dc4",
  },
  "little memory": {
    nothing: "5 eb6ab504",
    "a short word": "11 2f242ae6",
    "a short record": "63 303485d1",
    records: "4678 e6e1bfb6",
    words: "13322 6dd1154d",
    "one byte again and again": "118 d979d6af",
    "two bytes": "3485 e9daab18",
    "noise, a little": "310 7af6cf5c",
    "noise, a lot": "70030 bfe28c80",
    "noise that is repeated from far away": "65561 dcd5dbbd",
    "noise that is repeated from too far away": "66030 a4a8af11",
    "bytes of very different frequencies": "4086 fe07e776",
    "matches of every length": "7213 6e079f5d",
    "many bytes, some of them rare": "5998 dc222c98",
    sequence: "8528 586047b1",
  },
};

function summary(bytes: Uint8Array): string {
  return `${bytes.length} ${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}`;
}

describe.each(Object.keys(options))("with %s, what is deflated is as small as it was:", (name) => {
  test.each(Object.keys(inputs))("%s", (input) => {
    const bytes = inputs[input]!;
    const deflated = portableDeflate().createDeflater(options[name]!).deflate(bytes, true);
    expectBytes(zlibInflate(deflated, options[name]!.windowBits).output, bytes);
    expect(summary(deflated)).toBe(expected[name]?.[input]);
  });

  /** Those that are told one after the other. */
  const sequence = [
    "a short word",
    "a short record",
    "nothing",
    "records",
    "noise, a little",
    "a short record",
    "two bytes",
  ];

  test("one after the other, with what came before", () => {
    const deflater = portableDeflate().createDeflater(options[name]!);
    const deflated = sequence.map((input) => deflater.deflate(inputs[input]!, true));
    const bytes = concat(...sequence.map((input) => inputs[input]!));
    expectBytes(zlibInflate(concat(...deflated), options[name]!.windowBits).output, bytes);
    expect(summary(concat(...deflated))).toBe(expected[name]?.sequence);
  });

  test("one after the other, without", () => {
    const codec = portableDeflate();
    for (const input of sequence) {
      const deflater = codec.createDeflater(options[name]!);
      expect(summary(deflater.deflate(inputs[input]!, true))).toBe(expected[name]?.[input]);
      deflater.reset();
    }
  });
});

describe("at borders and in close calls, what is deflated is as small as it was:", () => {
  const noise = randomBytes(16_382);
  test.each<[name: string, messages: readonly Uint8Array[], expected: string]>([
    ["as long stored as in the fixed codes", [Uint8Array.from({ length: 40 }, (_, at) => 136 + at)], "50 e447028d"],
    ["codes of its own are expected to save just a sixteenth", [randomBytes(60, 24, 74_856)], "66 05c172e5"],
    ["codes of its own look shorter than they are with their header", [words(19)], "57 5939d9cf"],
    ["codes of its own look shorter only as long as distances cost nothing", [randomBytes(23, 2, 19)], "24 aac51e90"],
    ["as many literals as a block holds", [randomBytes(16_384)], "16394 20d310c6"],
    ["as many literals as a block holds, and one", [randomBytes(16_385)], "16396 1df1cfc1"],
    [
      "a block with room for one literal, behind a match",
      [concat(noise, noise.subarray(100, 108), utf8("more"))],
      "16405 f9557398",
    ],
    [
      "a stored block whose last bytes are a match",
      [concat(noise.subarray(0, 300), noise.subarray(100, 104))],
      "314 315ec793",
    ],
    ["all bytes, with codes of which no two neighbours are as long", [evenBytes()], "15609 584f2c25"],
    ["matches from one message into the next", [randomBytes(22, 2, 231), randomBytes(22, 2, 232)], "34 7af0032d"],
  ])("%s", (_name, messages, expected) => {
    const deflater = portableDeflate().createDeflater({ windowBits: 15, memoryLevel: 8 });
    const deflated = concat(...messages.map((message) => deflater.deflate(message, true)));
    expectBytes(zlibInflate(deflated, 15).output, concat(...messages));
    expect(summary(deflated)).toBe(expected);
  });
});
