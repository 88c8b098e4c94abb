// RFC 7692 §7.2: where a compressed message begins and ends.

import { describe, expect, test } from "vitest";
import {
  DeflateTransform,
  type DeflateTransformOptions,
} from "../../packages/protocol/src/extensions/deflate-transform.ts";
import { concat, hex, toHex, utf8 } from "../support/hex.ts";
import { generator } from "./arbitraries.ts";
import { CODECS, pullAll } from "./codecs.ts";
import { BitString, FIXED_BLOCK, STORED_BLOCK, sparse } from "./deflate-bits.ts";
import { zlibInflate } from "./zlib.ts";

const BOTH = { windowBits: 15, contextTakeover: true };
const NEITHER = { windowBits: 15, contextTakeover: false };
const TAIL = hex`00 00 ff ff`;

describe.each(CODECS)("with $name", ({ create }) => {
  const transformOf = (options: Partial<DeflateTransformOptions> = {}): DeflateTransform =>
    new DeflateTransform({
      codec: create(),
      outgoing: BOTH,
      incoming: BOTH,
      memoryLevel: 5,
      thresholdBytes: 0,
      ...options,
    });

  /** The text of a message that came in these fragments, or "invalid". */
  const receive = (transform: DeflateTransform, ...fragments: readonly Uint8Array[]): string => {
    const pieces: Uint8Array[] = [];
    for (const [index, fragment] of fragments.entries()) {
      transform.push(fragment, index === fragments.length - 1);
      const { output, invalid } = pullAll(transform, 1_000);
      if (invalid) return "invalid";
      pieces.push(output);
    }
    return new TextDecoder().decode(concat(...pieces));
  };

  test("a compressed message is marked with RSV1 (§6)", () => {
    expect(transformOf().rsv).toBe(0x40);
  });

  describe("the examples of §7.2.3", () => {
    test(".1: a message compressed using one compressed block", () => {
      expect(receive(transformOf(), hex`f2 48 cd c9 c9 07 00`)).toBe("Hello");
      expect(toHex(transformOf().encode(utf8("Hello"), true))).toBe("f2 48 cd c9 c9 07 00");
    });

    test(".1: the same in two fragments, cut anywhere", () => {
      const payload = hex`f2 48 cd c9 c9 07 00`;
      for (let cut = 0; cut <= payload.length; cut++) {
        expect(receive(transformOf(), payload.subarray(0, cut), payload.subarray(cut))).toBe("Hello");
      }
    });

    test(".2: sharing the LZ77 sliding window", () => {
      const transform = transformOf();
      expect(receive(transform, hex`f2 48 cd c9 c9 07 00`)).toBe("Hello");
      expect(receive(transform, hex`f2 48 cd c9 c9 07 00`)).toBe("Hello");
      expect(receive(transform, hex`f2 00 11 00 00`)).toBe("Hello");
    });

    test(".3: a block with no compression", () => {
      expect(receive(transformOf(), hex`00 05 00 fa ff 48 65 6c 6c 6f 00`)).toBe("Hello");
    });

    test(".4: a block with BFINAL set to 1", () => {
      expect(receive(transformOf(), hex`f3 48 cd c9 c9 07 00 00`)).toBe("Hello");
    });

    test(".5: two blocks in one message", () => {
      expect(receive(transformOf(), hex`f2 48 05 00 00 00 ff ff ca c9 c9 07 00`)).toBe("Hello");
    });

    test(".6: an empty message", () => {
      expect(receive(transformOf(), hex`00`)).toBe("");
      expect(toHex(transformOf().encode(hex``, true))).toBe("00");
    });
  });

  describe("the tail (§7.2.1, §7.2.2)", () => {
    test("an empty message is one byte, never none, wherever it comes", () => {
      const transform = transformOf();
      expect(toHex(transform.encode(hex``, true))).toBe("00");
      transform.encode(utf8("something"), true);
      expect(toHex(transform.encode(hex``, true))).toBe("00");
      transform.encode(utf8("some"), false);
      const rest = transform.encode(hex``, true);
      expect(rest.length).toBeGreaterThan(0);
      expect(toHex(transform.encode(hex``, true))).toBe("00");
    });

    test("exactly four bytes are removed from what zlib takes as one stream", () => {
      const transform = transformOf();
      const messages = ["a", "", "bb", "the quick brown fox ".repeat(50), "\u{1f980}"].map(utf8);
      const stream = messages.flatMap((message) => [transform.encode(message, true), TAIL]);
      expect(toHex(zlibInflate(concat(...stream)).output)).toBe(toHex(concat(...messages)));
    });

    test("a payload that contains the tail, or ends with it, is taken for what it is", () => {
      const inside = new BitString().bits(STORED_BLOCK).bytes(hex`04 00 fb ff`).bytes(TAIL).bits(STORED_BLOCK);
      expect(receive(transformOf(), inside.toBytes())).toBe(new TextDecoder().decode(TAIL));
      const flushedTwice = hex`f2 48 cd c9 c9 07 00 00 00 ff ff 00`;
      expect(receive(transformOf(), flushedTwice)).toBe("Hello");
    });

    test("several flushes in one message are nothing special", () => {
      expect(receive(transformOf(), concat(hex`00`, TAIL, hex`00`, TAIL, hex`f2 48 cd c9 c9 07 00`))).toBe("Hello");
    });
  });

  describe("a message that does not end where it should is refused", () => {
    test.each<[string, Uint8Array]>([
      ["no bytes at all", hex``],
      ["in the middle of a block", hex`f2 48 cd`],
      ["before the header of the last block", hex`f2 48 cd c9 c9 07`],
      ["with its tail still there", hex`f2 48 cd c9 c9 07 00 00 00 ff ff`],
      ["with a part of its tail still there", hex`f2 48 cd c9 c9 07 00 00 00`],
      ["in the length of a stored block", hex`00 05`],
      ["in the check of a stored block", hex`00 05 00 fa`],
      ["in a stored block, of which the tail would be the rest", hex`00 09 00 f6 ff 48 65 6c 6c 6f`],
      ["in a stored block, whose bytes the tail would be", hex`00 04 00 fb ff`],
      ["with BFINAL, but without the block after it", hex`f3 48 cd c9 c9 07 00`],
      ["in the header of a dynamic block", hex`04`],
      ["in the code lengths of a dynamic block", hex`05 e0 81 08`],
    ])("%s", (_, payload) => {
      expect(receive(transformOf(), payload)).toBe("invalid");
      expect(receive(transformOf(), payload.subarray(0, 1), payload.subarray(1), hex``)).toBe("invalid");
    });

    test("in a dynamic block, whose end the tail would be", () => {
      // A is 00, B is 01, and the end is fifteen ones: the tail is half an A, seven As, a B, and the end.
      const literals = sparse(257, { 65: 2, 66: 2, 67: 2, 256: 15 });
      for (let bits = 3; bits <= 15; bits++) literals[67 + bits] = bits; // C is 10, then 110, 1110, and so on
      const bits = new BitString().dynamicHeader(literals, [1, 1]).bits("110 00 00 00 0");
      expect(bits.length % 8).toBe(0);
      const payload = bits.toBytes();
      const transform = transformOf();
      expect(receive(transform, hex`f2 48 cd c9 c9 07 00`)).toBe("Hello");
      expect(zlibInflate(concat(payload, TAIL)).invalid).toBe(false);
      expect(receive(transform, payload)).toBe("invalid");
    });

    test("every proper prefix of a message", () => {
      const text = `${"a text, a text, a text that is long enough for a dynamic block: ".repeat(3)}0123456789abcdefghijklmnop`;
      const payload = transformOf().encode(utf8(text), true);
      expect(receive(transformOf(), payload)).toBe(text);
      for (let length = 0; length < payload.length; length++) {
        expect(receive(transformOf(), payload.subarray(0, length))).toBe("invalid");
      }
    });

    test("what was decoded before is delivered, and nothing is ever again", () => {
      const transform = transformOf();
      transform.push(hex`f2 48 cd c9 c9 07`, true);
      expect(transform.pull(3)).toEqual(utf8("Hel"));
      expect(transform.pull(3)).toEqual(utf8("lo"));
      expect(transform.pull(3)).toBe("invalid");
      expect(transform.pull(3)).toBe("invalid");
      transform.push(hex`f2 48 cd c9 c9 07 00`, true);
      expect(transform.pull(3)).toBe("invalid");
    });
  });

  describe("BFINAL (§7.2.3.4)", () => {
    test("does not end the stream: the next message is decoded, and may refer to the one before", () => {
      const transform = transformOf();
      expect(receive(transform, hex`f3 48 cd c9 c9 07 00 00`)).toBe("Hello");
      expect(receive(transform, hex`f2 48 cd c9 c9 07 00`)).toBe("Hello");
      expect(receive(transform, hex`f2 00 11 00 00`)).toBe("Hello");
    });

    test("in the middle of a message, the next block begins at the next byte", () => {
      const final = new BitString().bits("1 10").fixed(72).fixed(256).align();
      const next = final.bits(FIXED_BLOCK).fixed(105).fixed(256).bits(STORED_BLOCK);
      expect(receive(transformOf(), next.toBytes())).toBe("Hi");
    });

    test("on a stored block", () => {
      expect(receive(transformOf(), hex`01 02 00 fd ff 48 69 00`)).toBe("Hi");
    });

    test("on the empty stored block at the end", () => {
      const transform = transformOf();
      expect(receive(transform, hex`f2 48 cd c9 c9 07 00`)).toBe("Hello");
      expect(receive(transform, hex`01`)).toBe("");
      expect(receive(transform, hex`f2 00 11 00 00`)).toBe("Hello");
    });
  });

  describe("context takeover (§7.1.1)", () => {
    test("without it, the compressor refers to nothing before, and forgets at every message", () => {
      const transform = transformOf({ outgoing: NEITHER });
      const alone = toHex(transform.encode(utf8("Hello, Hello, Hello"), true));
      expect(toHex(transform.encode(utf8("Hello, Hello, Hello"), true))).toBe(alone);
      transform.encode(utf8("Hello, "), false);
      const whole = concat(transform.encode(utf8("Hello"), true));
      expect(toHex(transform.encode(utf8("Hello, Hello, Hello"), true))).toBe(alone);
      expect(whole.length).toBeLessThan(alone.length);
    });

    test("without it, fragments of one message still refer to each other", () => {
      const transform = transformOf({ outgoing: NEITHER, incoming: NEITHER });
      const text =
        "one hundred bytes that are not like each other, or nearly so: 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ";
      const first = transform.encode(utf8(text), false);
      const second = transform.encode(utf8(text), true);
      expect(second.length).toBeLessThan(20);
      expect(receive(transform, first, second)).toBe(text + text);
      expect(receive(transform, first, second)).toBe(text + text);
    });

    test("without it, an incoming reference to an earlier message is refused", () => {
      const transform = transformOf({ incoming: NEITHER });
      expect(receive(transform, hex`f2 48 cd c9 c9 07 00`)).toBe("Hello");
      expect(receive(transform, hex`f2 00 11 00 00`)).toBe("invalid");
    });

    test("without it, an empty message changes nothing", () => {
      const transform = transformOf({ outgoing: NEITHER, incoming: NEITHER });
      for (let count = 0; count < 3; count++) {
        expect(toHex(transform.encode(hex``, true))).toBe("00");
        expect(receive(transform, hex`00`)).toBe("");
      }
    });
  });

  test("a short message refers to a long one before it", () => {
    const transform = transformOf({ outgoing: { windowBits: 12, contextTakeover: true } });
    const text = Array.from({ length: 4_000 }, (_, at) => String((at * 7_919) % 10_007)).join(",");
    transform.encode(utf8(text), true);
    expect(transform.encode(utf8(text.slice(-200)), true).length).toBeLessThan(16);
    expect(transform.encode(utf8(text.slice(-3_000, -2_800)), true).length).toBeLessThan(16);
  });

  test("output of any size around that of the first buffer is whole", () => {
    const random = generator(3);
    const noise = Uint8Array.from({ length: 4_200 }, () => random() * 256);
    for (let length = 4_060; length < 4_110; length++) {
      const transform = transformOf();
      const fragments = [
        transform.encode(noise.subarray(0, 9), false),
        transform.encode(noise.subarray(9, length), true),
      ];
      const { output } = zlibInflate(concat(...fragments, TAIL));
      expect(toHex(output)).toBe(toHex(noise.subarray(0, length)));
    }
  });

  test("fragments without FIN may compress to nothing yet, and come out in order", () => {
    const transform = transformOf();
    const texts = ["", "a", "", "bc", "d".repeat(9_000), "", "e"];
    const fragments = texts.map((text, index) => transform.encode(utf8(text), index === texts.length - 1));
    expect(receive(transform, ...fragments)).toBe(texts.join(""));
  });

  test("`pull` has nothing before anything was pushed, nor after the end of a message", () => {
    const transform = transformOf();
    expect(transform.pull(10)).toBeUndefined();
    expect(receive(transform, hex`f2 48 cd c9 c9 07 00`)).toBe("Hello");
    expect(transform.pull(10)).toBeUndefined();
    transform.push(hex``, false);
    expect(transform.pull(10)).toBeUndefined();
  });

  test("what is pushed and what is encoded is only read", () => {
    const transform = transformOf();
    const payload = hex`f2 48 cd c9 c9 07 00`;
    const chunk = concat(payload, hex`aa aa aa aa`);
    transform.push(chunk.subarray(0, payload.length), true);
    pullAll(transform);
    expect(toHex(chunk)).toBe("f2 48 cd c9 c9 07 00 aa aa aa aa");
    const text = utf8("Hello, Hello, ".repeat(1_000));
    const before = toHex(text);
    transform.encode(text, true);
    expect(toHex(text)).toBe(before);
  });

  test("results belong to the caller: later calls do not change them", () => {
    const transform = transformOf();
    const first = transform.encode(utf8("first first first"), true);
    const copy = toHex(first);
    transform.encode(utf8("second second"), true);
    expect(toHex(first)).toBe(copy);
    transform.push(first, true);
    const output = transform.pull(100);
    transform.push(transformOf().encode(utf8("x".repeat(100)), true), true);
    pullAll(transform);
    expect(output).toEqual(utf8("first first first"));
  });
});
