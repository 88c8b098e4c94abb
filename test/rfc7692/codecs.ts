// The codecs under test, each of which must pass everything; and two ways to run a stream through one.

import { nodeDeflate } from "../../packages/node-adapter/src/node-deflate.ts";
import { type DeflateCodec, type Inflater, portableDeflate } from "../../packages/protocol/src/index.ts";
import { concat } from "../support/hex.ts";

export interface CodecUnderTest {
  readonly name: string;
  readonly create: () => DeflateCodec;
  /** How far back its compressor refers at most, in pieces as long as the window. */
  readonly reach: (windowSize: number) => number;
}

export const CODECS: readonly CodecUnderTest[] = [
  { name: "the portable codec", create: portableDeflate, reach: (windowSize) => windowSize },
  // Long pieces are zlib's, which never uses the last 262 bytes of the window.
  { name: "Node's codec", create: nodeDeflate, reach: (windowSize) => windowSize - (windowSize < 8_192 ? 0 : 262) },
];

export const WINDOW_BITS: readonly number[] = [8, 9, 10, 11, 12, 13, 14, 15];

/** What an inflater made of its input so far. */
export interface Inflated {
  readonly output: Uint8Array;
  readonly invalid: boolean;
}

/** Takes all there is, in pieces of up to `maxBytes`. */
export function pullAll(inflater: Pick<Inflater, "pull">, maxBytes = 65_536): Inflated {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = inflater.pull(maxBytes);
    if (piece === undefined || piece === "invalid") {
      return { output: concat(...pieces), invalid: piece === "invalid" };
    }
    if (piece.length === 0 || piece.length > maxBytes) throw new Error(`pull(${maxBytes}) gave ${piece.length} bytes`);
    pieces.push(piece);
  }
}

/** Inflates `input`, pushed in pieces of the given sizes (again and again), pulled in pieces of up to the given ones. */
export function inflate(
  inflater: Inflater,
  input: Uint8Array,
  pushSizes: readonly number[] = [input.length],
  pullSizes: readonly number[] = [65_536],
): Inflated {
  const pieces: Uint8Array[] = [];
  let pushes = 0;
  let pulls = 0;
  for (let at = 0; at < input.length; ) {
    const size = pushSizes[pushes++ % pushSizes.length]!;
    inflater.push(input.subarray(at, at + size));
    at += size;
    for (;;) {
      const maxBytes = pullSizes[pulls++ % pullSizes.length]!;
      const piece = inflater.pull(maxBytes);
      if (piece === "invalid") return { output: concat(...pieces), invalid: true };
      if (piece === undefined) break;
      if (piece.length === 0 || piece.length > maxBytes)
        throw new Error(`pull(${maxBytes}) gave ${piece.length} bytes`);
      pieces.push(piece);
    }
  }
  return { output: concat(...pieces), invalid: false };
}
