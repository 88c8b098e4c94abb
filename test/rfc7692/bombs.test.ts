// What little input can blow up to much output, and what little of that is ever made.

import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DeflateTransform } from "../../packages/protocol/src/extensions/deflate-transform.ts";
import { collectGarbage } from "../support/gc.ts";
import { concat } from "../support/hex.ts";
import { CODECS } from "./codecs.ts";
import { zlibDeflate } from "./zlib.ts";

const LIMIT = 1 << 20;
const SLICE = 32 * 1024;

/** As a message: without its tail. */
function message(bytes: Uint8Array): Uint8Array {
  return zlibDeflate(bytes, { level: 9 }).slice(0, -4);
}

describe.each(CODECS)("with $name", ({ create }) => {
  const codec = create();
  const open = (): DeflateTransform =>
    new DeflateTransform({
      codec,
      outgoing: { windowBits: 15, contextTakeover: true },
      incoming: { windowBits: 15, contextTakeover: true },
      memoryLevel: 5,
      thresholdBytes: 0,
    });

  /** Pulls as the engine does, until the limit is exceeded; returns how many bytes were ever made. */
  const pullUntilTooBig = (transform: DeflateTransform, maxBytes = SLICE): number => {
    let produced = 0;
    while (produced <= LIMIT) {
      const piece = transform.pull(maxBytes);
      if (piece === undefined || piece === "invalid") return produced;
      expect(piece.length).toBeLessThanOrEqual(Math.min(maxBytes, SLICE));
      produced += piece.length;
    }
    return produced;
  };

  test("of a bomb, no more than the limit and 32 KiB is ever made", () => {
    const transform = open();
    transform.push(message(new Uint8Array(64 << 20)), true);
    const produced = pullUntilTooBig(transform);
    expect(produced).toBeGreaterThan(LIMIT);
    expect(produced).toBeLessThanOrEqual(LIMIT + SLICE);
  });

  test("a pull gives 32 KiB at most, whatever it is asked for", () => {
    const transform = open();
    transform.push(message(new Uint8Array(1 << 20)), true);
    expect((transform.pull(Number.MAX_SAFE_INTEGER) as Uint8Array).length).toBe(SLICE);
  });

  test("a bomb in fragments of one byte is found out in time, and long before its end", () => {
    const bomb = message(new Uint8Array(8 << 20));
    const transform = open();
    let produced = 0;
    let at = 0;
    for (; at < bomb.length && produced <= LIMIT; at++) {
      transform.push(bomb.subarray(at, at + 1), at === bomb.length - 1);
      produced += pullUntilTooBig(transform);
    }
    expect(produced).toBeLessThanOrEqual(LIMIT + SLICE);
    expect(at).toBeLessThan(bomb.length / 4);
  });

  test("a bomb that refers to an earlier message is found out, too", () => {
    const primer = Uint8Array.from({ length: 258 }, (_, at) => at);
    const both = deflateRawSync(primer, { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
    const bomb = deflateRawSync(concat(...new Array(20_000).fill(primer)), {
      level: 9,
      dictionary: primer,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    const transform = open();
    transform.push(both.subarray(0, -4), true);
    expect(pullUntilTooBig(transform)).toBe(258);
    transform.push(bomb.subarray(0, -4), true);
    expect(pullUntilTooBig(transform)).toBeLessThanOrEqual(LIMIT + SLICE);
  });

  test("a message of exactly the limit is within it, one byte more is beyond", () => {
    for (const [length, tooBig] of [
      [LIMIT - 1, false],
      [LIMIT, false],
      [LIMIT + 1, true],
    ] as const) {
      const transform = open();
      transform.push(message(new Uint8Array(length)), true);
      expect(pullUntilTooBig(transform) > LIMIT).toBe(tooBig);
    }
  });

  test("blocks without any output are gone through without making any", () => {
    const transform = open();
    const nothing = new Uint8Array(100_000);
    for (let at = 0; at + 5 <= nothing.length; at += 5) nothing.set([0, 0, 0, 0xff, 0xff], at);
    transform.push(nothing, false);
    expect(transform.pull(SLICE)).toBeUndefined();
    transform.push(Uint8Array.of(0), true);
    expect(transform.pull(SLICE)).toBeUndefined();
  });

  test("two thousand bombs in a row make no more than so many times the limit, and leave nothing behind", async () => {
    const bomb = message(new Uint8Array(4 << 20));
    let produced = 0;
    const explode = (count: number): void => {
      for (; count > 0; count--) {
        const transform = open();
        transform.push(bomb, true);
        for (let made = 0; made <= SLICE; ) {
          const piece = transform.pull(SLICE) as Uint8Array;
          made += piece.length;
          produced += piece.length;
        }
      }
    };
    explode(1_000);
    await collectGarbage();
    const before = process.memoryUsage();
    explode(1_000);
    await collectGarbage();
    const after = process.memoryUsage();
    expect(produced).toBe(2_000 * 2 * SLICE);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(256 << 10);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(1 << 20);
  });
});
