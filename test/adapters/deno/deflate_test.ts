// What Deno's zlib does for permessage-deflate, judged by the portable inflater, which enforces windows.

import assert from "node:assert/strict";
import { portableDeflate } from "@sansock/protocol";
import { denoDeflate } from "../../../packages/deno-adapter/src/deno-deflate.ts";

const { test } = Deno;

/** Numbers in text, which repeat themselves near and far, and beyond every window. */
function text(length: number): Uint8Array {
  let text = "";
  for (let index = 0; text.length < length; index++)
    text += `{"id":${index},"value":${Math.imul(index % 3000, 0x9e3779b1)}}`;
  return new TextEncoder().encode(text.slice(0, length));
}

function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24);
}

test("messages of all sizes, one after another, come out as they were, in every window", () => {
  const sizes = [0, 1, 100, 8191, 8192, 8193, 10, 70_000, 300, 20_000, 0, 8192];
  for (let windowBits = 8; windowBits <= 15; windowBits++) {
    for (const memoryLevel of [1, 5, 9]) {
      const deflater = denoDeflate().createDeflater({ windowBits, memoryLevel });
      const inflater = portableDeflate().createInflater({ windowBits });
      for (const [index, size] of sizes.entries()) {
        const message = index % 3 === 2 ? noise(size) : text(size);
        const compressed = deflater.deflate(message, true);
        assert.deepEqual([...compressed.subarray(-4)], [0x00, 0x00, 0xff, 0xff]);
        inflater.push(compressed);
        const received = new Uint8Array(size);
        let at = 0;
        for (let piece = inflater.pull(65_536); piece !== undefined; piece = inflater.pull(65_536)) {
          assert(piece !== "invalid", `${size} bytes, a window of ${windowBits} bits`);
          received.set(piece, at);
          at += piece.length;
        }
        assert(inflater.flushed);
        assert.equal(at, size);
        assert.deepEqual(received, message);
      }
    }
  }
});

test("a long message in pieces, between short ones, refers to nothing that the peer does not have", () => {
  const deflater = denoDeflate().createDeflater({ windowBits: 12, memoryLevel: 5 });
  const inflater = portableDeflate().createInflater({ windowBits: 12 });
  const message = text(100_000);
  const pieces = [0, 50, 9_000, 9_100, 60_000, 100_000];
  inflater.push(deflater.deflate(text(500), true));
  for (const [index, start] of pieces.slice(0, -1).entries()) {
    const end = pieces[index + 1]!;
    inflater.push(deflater.deflate(message.subarray(start, end), end === message.length));
  }
  const received: number[] = [];
  for (let piece = inflater.pull(4096); piece !== undefined; piece = inflater.pull(4096)) {
    assert(piece !== "invalid");
    received.push(...piece);
  }
  assert(inflater.flushed);
  assert.deepEqual(Uint8Array.from(received.slice(500)), message);
});

test("a long message after reset() refers to nothing", () => {
  const deflater = denoDeflate().createDeflater({ windowBits: 15, memoryLevel: 5 });
  const first = deflater.deflate(text(20_000), true);
  deflater.reset();
  assert.deepEqual(deflater.deflate(text(20_000), true), first);
});
