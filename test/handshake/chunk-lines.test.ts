// RFC 9112 §7.1: the lines around chunks, byte by byte, up to their borders.

import { describe, expect, test } from "vitest";
import { ChunkLines } from "../../packages/protocol/src/handshake/chunk-lines.ts";
import { latin1 } from "./support.ts";

/** What each line end of `text` gave; nothing may come of any other byte. */
function push(lines: ChunkLines, text: string): unknown[] {
  const results: unknown[] = [];
  for (const byte of latin1(text)) {
    const result = lines.push(byte);
    if (byte === 0x0a || result !== undefined) results.push(result);
  }
  return results;
}

describe("a chunk's size", () => {
  test.each([
    ["1\r\n", 1],
    ["a0\r\n", 160],
    ["00010\r\n", 16],
    ["fFfFfFfF\r\n", 0xffff_ffff],
    ["5 ;x=y\r\n", 5],
  ])("%j says so", (line, size) => {
    expect(push(new ChunkLines(), line)).toEqual([size]);
  });

  test.each(["\r\n", "x\r\n", "5x\r\n", "50\n", "123456789\r\n"])("%j is none", (line) => {
    expect(push(new ChunkLines(), line)).toEqual(["malformed"]);
  });

  test("may have extensions behind it, up to 1024 bytes a line", () => {
    expect(push(new ChunkLines(), `5;${"x".repeat(1_021)}\r\n`)).toEqual([5]);
    expect(push(new ChunkLines(), `5;${"x".repeat(1_022)}\r`)).toEqual(["malformed"]);
  });
});

describe("the last chunk", () => {
  test("has the size 0, which is no chunk, and up to 64 trailer lines behind it", () => {
    const trailers = new Array<undefined>(64).fill(undefined);
    expect(push(new ChunkLines(), `0\r\n${"a: b\r\n".repeat(64)}\r\n`)).toEqual([undefined, ...trailers, "last"]);
    expect(push(new ChunkLines(), `0\r\n${"a: b\r\n".repeat(65)}`)).toEqual([undefined, ...trailers, "malformed"]);
  });
});
