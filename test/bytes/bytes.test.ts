import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../packages/protocol/src/bytes/base64.ts";
import {
  concatBytes,
  copyInto,
  copyOf,
  EMPTY,
  equalBytes,
  isUsableBytes,
  viewOf,
} from "../../packages/protocol/src/bytes/bytes.ts";
import { Queue } from "../../packages/protocol/src/bytes/queue.ts";
import { randomFraction } from "../../packages/protocol/src/bytes/random.ts";
import { seeded } from "../reference/seed.ts";
import { collectGarbage } from "../support/gc.ts";
import { hex } from "../support/hex.ts";
import { failingRandom } from "../support/random.ts";

describe("bytes", () => {
  test("equalBytes compares lengths and contents", () => {
    expect(equalBytes(hex`01 02`, hex`01 02`)).toBe(true);
    expect(equalBytes(hex``, EMPTY)).toBe(true);
    expect(equalBytes(hex`01 02`, hex`01 03`)).toBe(false);
    expect(equalBytes(hex`01 02`, hex`01`)).toBe(false);
    expect(equalBytes(hex`01`, hex`01 02`)).toBe(false);
  });

  test("concatBytes joins any number of parts", () => {
    expect(concatBytes([])).toEqual(hex``);
    expect(concatBytes([hex`01`, hex``, hex`02 03`])).toEqual(hex`01 02 03`);
  });

  test("viewOf and copyOf make plain arrays, also of a Buffer, one sharing its memory and one not", () => {
    const buffer = Buffer.from([0, 1, 2, 3]).subarray(1);
    for (const make of [viewOf, copyOf]) {
      const bytes = make(buffer, 1, 3);
      expect(bytes.constructor).toBe(Uint8Array);
      expect([...bytes]).toEqual([2, 3]);
      expect(bytes.buffer === buffer.buffer).toBe(make === viewOf);
    }
    const long = new Uint8Array(1000).map((_, index) => index);
    expect(copyOf(long, 10, 990)).toEqual(long.subarray(10, 990));
  });

  test("copyInto writes bytes into others, few and many", () => {
    for (const length of [0, 1, 16, 17, 1_000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => index + 1);
      const target = new Uint8Array(length + 3).fill(0xee);
      copyInto(target, 2, bytes);
      expect(target).toEqual(Uint8Array.from([0xee, 0xee, ...bytes, 0xee]));
    }
  });

  test("isUsableBytes refuses what is no Uint8Array, and one whose memory is gone, which would pass for an empty one", () => {
    const gone = new Uint8Array(3);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(gone.length).toBe(0);
    for (const wrong of [gone, undefined, null, "abc", [1, 2], new ArrayBuffer(2), new Uint16Array(2)]) {
      expect(isUsableBytes(wrong)).toBe(false);
    }
    for (const usable of [hex``, hex`01 02`, Buffer.from("abc")]) expect(isUsableBytes(usable)).toBe(true);
  });
});

describe("Queue", () => {
  test("it is first in, first out, for any order of pushes and shifts", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3_000 }), { maxLength: 20 }), (turns) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        let next = 0;
        turns.forEach((count, turn) => {
          for (let index = 0; index < count; index++) {
            if (turn % 2 === 0) {
              queue.push(next);
              model.push(next++);
            } else if (queue.shift() !== model.shift()) expect.fail("out of order");
          }
          expect(queue.length).toBe(model.length);
        });
      }),
      seeded(60),
    );
  });
});

describe("Queue (memory)", () => {
  test("what has passed through it leaves no places behind, though it never was empty", async () => {
    const queue = new Queue<number>();
    for (let count = 0; count < 10; count++) queue.push(count);
    await collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 3_000_000; count++) {
      queue.push(count);
      queue.shift();
    }
    await collectGarbage();
    // Places for all of them would be 24 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
    expect(queue.length).toBe(10);
  });
});

describe("randomFraction", () => {
  test("is from 0 to just below 1, the first byte weighs most, and it is 0 without entropy", () => {
    const of = (bytes: Uint8Array): number => randomFraction((target) => target.set(bytes));
    expect(of(hex`00 00 00 00`)).toBe(0);
    expect(of(hex`80 00 00 00`)).toBe(0.5);
    expect(of(hex`40 00 00 01`)).toBe(0.25 + 2 ** -32);
    expect(of(hex`ff ff ff ff`)).toBe(1 - 2 ** -32);
    expect(randomFraction(failingRandom)).toBe(0);
  });
});

describe("base64", () => {
  test("encodes as the platform does, and decodes what it encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
      seeded(500),
    );
  });

  test("accepts nothing but the canonical form: what decodes is what encodes to it", () => {
    const letters = fc.constantFrom(..."AQgwBz/+9=-_ \n\u0100");
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 9 }), (characters) => {
        const text = characters.join("");
        const bytes = decodeBase64(text);
        if (bytes !== undefined) expect(encodeBase64(bytes)).toBe(text);
        else expect(Buffer.from(text, "base64").toString("base64")).not.toBe(text);
      }),
      seeded(2_000),
    );
  });

  test("a Sec-WebSocket-Key is 16 bytes in 24 characters", () => {
    expect(decodeBase64("dGhlIHNhbXBsZSBub25jZQ==")).toEqual(Uint8Array.from(Buffer.from("the sample nonce")));
    for (const text of [
      "dGhlIHNhbXBsZSBub25jZQ",
      "dGhlIHNhbXBsZSBub25jZQ=",
      "dGhlIHNhbXBsZSBub25jZR==",
      "dGhlIHNhbXBsZSBub25jZQ== ",
      "dGhlIHNhbXBsZSBub25jZ===",
      "dGhl=HNhbXBsZSBub25jZQ==",
      "====",
    ]) {
      expect(decodeBase64(text)).toBeUndefined();
    }
  });
});
