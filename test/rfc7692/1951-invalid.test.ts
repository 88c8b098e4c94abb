// What RFC 1951 does not allow, and the nearest things that it does.

import { describe, expect, test } from "vitest";
import { distanceBase, distanceExtra, lengthBase, lengthExtra } from "../../packages/protocol/src/deflate/alphabets.ts";
import { HuffmanCode } from "../../packages/protocol/src/deflate/huffman-code.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { concat, hex } from "../support/hex.ts";
import { CODECS, inflate } from "./codecs.ts";
import { BitString, DYNAMIC_BLOCK, FIXED_BLOCK, STORED_BLOCK, sparse } from "./deflate-bits.ts";
import { zlibInflate } from "./zlib.ts";

const FLUSH = (bits: BitString): Uint8Array => bits.bits(STORED_BLOCK).bytes(hex`00 00 ff ff`).toBytes();

/** The header of a dynamic block up to the code length code, whose lengths are given in the RFC's order. */
function codeLengthCode(...lengths: readonly number[]): BitString {
  const bits = new BitString()
    .bits(DYNAMIC_BLOCK)
    .number(0, 5)
    .number(0, 5)
    .number(lengths.length - 4, 4);
  for (const length of lengths) bits.number(length, 3);
  return bits;
}

describe.each(CODECS)("with $name", ({ create }) => {
  /** Demands that the stream is refused however it is cut, and that zlib refuses it, too. */
  const refuses = (stream: Uint8Array): void => {
    for (const sizes of [[stream.length], [1], [3, 1, 2]]) {
      const inflater = create().createInflater({ windowBits: 15 });
      expect(inflate(inflater, stream, sizes).invalid).toBe(true);
      expect(inflater.flushed).toBe(false);
      inflater.push(FLUSH(new BitString()));
      expect(inflater.pull(10)).toBe("invalid");
      expect(inflater.flushed).toBe(false);
    }
    expect(zlibInflate(stream).invalid).toBe(true);
  };
  /** Demands that the stream means `output` to us and to zlib. */
  const takes = (stream: Uint8Array, output: readonly number[], cuts: readonly number[][] = []): void => {
    for (const sizes of [[stream.length], [1], [3, 1, 2], ...cuts]) {
      const inflater = create().createInflater({ windowBits: 15 });
      const inflated = inflate(inflater, stream, sizes);
      expect(inflated.invalid).toBe(false);
      expectBytes(inflated.output, Uint8Array.from(output));
      expect(inflater.flushed).toBe(true);
    }
    expectBytes(zlibInflate(stream).output, Uint8Array.from(output));
  };

  describe("blocks (§3.2.3)", () => {
    test("block type 3 is reserved", () => {
      refuses(new BitString().bits("0 11").toBytes());
      refuses(new BitString().bits("1 11").toBytes());
      refuses(concat(FLUSH(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(256)), Uint8Array.of(0b110)));
    });

    test("padding before a stored block may have any value (§3.2.4)", () => {
      takes(concat(new BitString().bits(STORED_BLOCK).bits("11111").toBytes(), hex`00 00 ff ff`), []);
    });

    test("the length of a stored block must agree with its complement", () => {
      refuses(hex`00 05 00 fb ff`);
      refuses(hex`00 05 00 05 00`);
      refuses(hex`00 00 00 00 00`);
      refuses(hex`00 ff ff ff ff`);
      takes(concat(hex`00 01 00 fe ff 41`, FLUSH(new BitString())), [65]);
    });

    test("the longest stored block has 65,535 bytes", () => {
      const bytes = Array.from({ length: 65_535 }, (_, at) => at & 0xff);
      takes(concat(hex`00 ff ff 00 00`, bytes, FLUSH(new BitString())), bytes);
    });
  });

  describe("fixed codes (§3.2.6)", () => {
    test("the length symbols 286 and 287 are never used", () => {
      refuses(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(286).number(0, 16).toBytes());
      refuses(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(287).number(0, 16).toBytes());
    });

    test("the distance symbols 30 and 31 are never used", () => {
      refuses(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(257).fixedDistance(30).number(0, 16).toBytes());
      refuses(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(257).fixedDistance(31).number(0, 16).toBytes());
    });

    test("a length of 258 can be written in two ways", () => {
      const match = (bits: BitString): Uint8Array => FLUSH(bits.fixedDistance(0).fixed(256));
      const run = new Array(259).fill(65);
      takes(match(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(285)), run);
      takes(match(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(284).number(31, 5)), run);
    });
  });

  describe("distances", () => {
    test("none reaches before the beginning", () => {
      refuses(new BitString().bits(FIXED_BLOCK).fixedMatch(1).number(0, 16).toBytes());
      for (const distance of [3, 4, 5, 100, 32_768]) {
        refuses(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(66).fixedMatch(distance).number(0, 16).toBytes());
      }
      takes(
        FLUSH(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(66).fixedMatch(2).fixed(256)),
        [65, 66, 65, 66, 65],
      );
    });

    test("none reaches before the last reset", () => {
      const inflater = create().createInflater({ windowBits: 15 });
      expect(inflate(inflater, FLUSH(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(256))).invalid).toBe(false);
      inflater.reset();
      expect(inflate(inflater, new BitString().bits(FIXED_BLOCK).fixed(66).fixedMatch(2).toBytes()).invalid).toBe(true);
    });

    test("before any input, a reset changes nothing", () => {
      const inflater = create().createInflater({ windowBits: 15 });
      inflater.reset();
      expect(inflate(inflater, FLUSH(new BitString().bits(FIXED_BLOCK).fixed(65).fixed(256))).output).toEqual(
        Uint8Array.of(65),
      );
    });
  });

  describe("dynamic codes (§3.2.7)", () => {
    const end = { 65: 2, 66: 2, 67: 2, 256: 2 }; // A is 00, B is 01, C is 10, the end 11

    test("a complete code is taken", () => {
      const block = new BitString().dynamicHeader(sparse(257, end), [1, 1]).bits("00 01 10 11");
      takes(FLUSH(block), [65, 66, 67]);
    });

    test("at most 286 literals and lengths, and 30 distances", () => {
      refuses(new BitString().bits(DYNAMIC_BLOCK).number(30, 5).number(0, 5).number(0, 4).toBytes());
      refuses(new BitString().bits(DYNAMIC_BLOCK).number(31, 5).number(0, 5).number(0, 4).toBytes());
      refuses(new BitString().bits(DYNAMIC_BLOCK).number(0, 5).number(30, 5).number(0, 4).toBytes());
      refuses(new BitString().bits(DYNAMIC_BLOCK).number(0, 5).number(31, 5).number(0, 4).toBytes());
      takes(FLUSH(new BitString().dynamicHeader(sparse(286, end), sparse(30, { 0: 1, 29: 1 })).bits("11")), []);
    });

    test("an oversubscribed code is refused", () => {
      refuses(new BitString().dynamicHeader(sparse(257, { ...end, 68: 2 }), [1, 1]).toBytes());
      refuses(new BitString().dynamicHeader(sparse(257, end), [1, 1, 1]).toBytes());
      refuses(codeLengthCode(1, 1, 1, 0).number(0, 16).toBytes());
    });

    test("an incomplete code is refused", () => {
      refuses(new BitString().dynamicHeader(sparse(257, { 65: 2, 66: 2, 256: 2 }), [1, 1]).toBytes());
      refuses(new BitString().dynamicHeader(sparse(257, { 256: 2 }), [1, 1]).toBytes());
      refuses(new BitString().dynamicHeader(sparse(257, end), [2, 2, 2]).toBytes());
      refuses(new BitString().dynamicHeader(sparse(257, end), [2]).toBytes());
      refuses(codeLengthCode(2, 2, 2, 0).number(0, 16).toBytes());
      refuses(codeLengthCode(0, 0, 0, 1).number(0, 16).toBytes());
    });

    test("a code length code without any code is refused", () => {
      // zlib, which reads zeros then, refuses it later: there is no end of block among them.
      refuses(codeLengthCode(0, 0, 0, 0).number(0, 16).bytes(new Uint8Array(50)).toBytes());
    });

    test("a single code of one bit is taken, but not the bit that it leaves unused", () => {
      takes(FLUSH(new BitString().dynamicHeader(sparse(257, { 256: 1 }), [0]).bits("0")), []);
      refuses(
        new BitString()
          .dynamicHeader(sparse(257, { 256: 1 }), [0])
          .bits("1")
          .number(0, 16)
          .toBytes(),
      );
      const lengths = sparse(258, { 65: 2, 256: 2, 66: 2, 257: 2 }); // 257, a length of 3, is 11; the end is 10
      takes(FLUSH(new BitString().dynamicHeader(lengths, [1]).bits("00 11 0 10")), [65, 65, 65, 65]);
      refuses(new BitString().dynamicHeader(lengths, [1]).bits("00 11 1").number(0, 16).toBytes());
    });

    test("a block without distances is taken, but not a match in it", () => {
      const lengths = sparse(258, { 65: 2, 256: 2, 66: 2, 257: 2 });
      takes(FLUSH(new BitString().dynamicHeader(lengths, [0]).bits("00 01 10")), [65, 66]);
      refuses(new BitString().dynamicHeader(lengths, [0]).bits("00 11 0").number(0, 16).toBytes());
    });

    test("a block without an end is refused", () => {
      refuses(new BitString().dynamicHeader(sparse(257, { 65: 1, 66: 1 }), [1, 1]).toBytes());
    });

    test("the distance symbols 30 and 31 cannot be defined, so they cannot come", () => {
      const distances = sparse(30, { 28: 1, 29: 1 });
      const lengths = sparse(258, { 65: 2, 256: 2, 66: 2, 257: 2 });
      refuses(new BitString().dynamicHeader(lengths, distances).bits("00 11 1").number(8_191, 13).toBytes());
    });

    test("codes of 15 bits are taken", () => {
      // 1, 2, …, 14 bits, and two of 15: the literals 0 to 13, 14, and the end.
      const lengths = [...Array.from({ length: 14 }, (_, at) => at + 1), 15, ...new Array(241).fill(0), 15];
      const block = new BitString().dynamicHeader(lengths, [1, 1]);
      for (let literal = 0; literal < 14; literal++) block.bits(`${"1".repeat(literal)}0`);
      takes(
        FLUSH(block.bits(`${"1".repeat(14)}0`).bits("1".repeat(15))),
        Array.from({ length: 15 }, (_, at) => at),
      );
    });

    test("the longest codes, and those that need the largest tables, are taken, wherever they are cut", () => {
      // As many symbols of each length; no complete code needs more second tables (see 1951-huffman.test.ts).
      const lengthsOf = (counts: Readonly<Record<number, number>>): Uint8Array =>
        Uint8Array.from(Object.entries(counts).flatMap(([length, count]) => new Array(count).fill(Number(length))));
      const literals = HuffmanCode.of(lengthsOf({ 1: 1, 2: 1, 3: 1, 10: 1, 11: 229, 12: 49, 13: 1, 14: 1, 15: 2 }));
      const distances = HuffmanCode.of(
        lengthsOf({ 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 8: 1, 9: 9, 10: 9, 11: 1, 12: 1, 13: 1, 14: 1, 15: 2 }),
      );
      const write = (bits: BitString, code: HuffmanCode, symbol: number): BitString =>
        bits.number(code.entries[symbol]! >>> 4, code.entries[symbol]! & 15);

      const history = Array.from({ length: 32_768 }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
      const stream = new BitString().bits(STORED_BLOCK).bytes([0x00, 0x80, 0xff, 0x7f, ...history]);
      stream.dynamicHeader([...literals.lengths], [...distances.lengths]);
      const output = [...history];
      for (let literal = 0; literal < 256; literal++) {
        write(stream, literals, literal);
        output.push(literal);
      }
      for (let round = 0; round < 4; round++) {
        for (let symbol = 0; symbol < 30; symbol++) {
          // Length 284 has 15 bits and 5 more, distance 29 has 15 and 13 more: 48 bits for a match.
          const at = round === 0 ? symbol % 29 : 27;
          const length = lengthBase[at]!;
          const distance = distanceBase[round === 1 ? 29 : symbol]!;
          write(stream, literals, 257 + at).number(0, lengthExtra[at]!);
          write(stream, distances, round === 1 ? 29 : symbol).number(0, distanceExtra[round === 1 ? 29 : symbol]!);
          for (let copied = 0; copied < length; copied++) output.push(output[output.length - distance]!);
        }
      }
      takes(FLUSH(write(stream, literals, 256)), output, [[4], [5], [6, 7], [9, 10, 11], [64]]);
    });

    describe("repetitions of code lengths", () => {
      // A code length code in which 0 is 00, 1 is 01, 16 is 10, 17 is 110, 18 is 111.
      const header = (literals: number, distances: number): BitString => {
        const bits = new BitString()
          .bits(DYNAMIC_BLOCK)
          .number(literals - 257, 5)
          .number(distances - 1, 5)
          .number(14, 4);
        const lengths = [2, 3, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        for (const length of lengths) bits.number(length, 3);
        return bits;
      };
      const zeros = (bits: BitString, count: number): BitString => bits.bits("111").number(count - 11, 7);

      test("a repetition of nothing is refused", () => {
        refuses(header(257, 1).bits("10").number(0, 2).number(0, 16).toBytes());
      });

      test("repetitions of 11 to 138 zeros, 3 to 10 zeros, and 3 to 6 others", () => {
        const lengths = zeros(header(257, 4), 65).bits("01"); // 65 zeros; A: 1 bit
        zeros(lengths, 138);
        zeros(lengths, 42);
        lengths.bits("110").number(7, 3).bits("01"); // 10 zeros; the end: 1 bit
        lengths.bits("00 00 01 01"); // two unused distances, and two of 1 bit
        takes(FLUSH(lengths.bits("0 0 1")), [65, 65]);
      });

      test("a repetition may go from literals on into distances", () => {
        const lengths = zeros(header(257, 4), 138);
        zeros(lengths, 116).bits("00 01 01"); // 255 zeros, then two of 1 bit
        lengths.bits("00 00 00 00");
        takes(FLUSH(lengths.bits("1")), []);
        const across = zeros(header(257, 12), 138);
        zeros(across, 116).bits("00 01 01");
        zeros(across, 12);
        takes(FLUSH(across.bits("1")), []);
      });

      test("a repetition beyond the last length is refused", () => {
        const zerosBefore = (): BitString => zeros(zeros(header(257, 1), 138), 118);
        refuses(zerosBefore().bits("01").bits("10").number(0, 2).number(0, 16).toBytes());
        refuses(zerosBefore().bits("01").bits("110").number(0, 3).number(0, 16).toBytes());
        refuses(zerosBefore().bits("01").bits("111").number(0, 7).number(0, 16).toBytes());
      });
    });
  });
});
