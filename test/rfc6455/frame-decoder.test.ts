// What FrameDecoder takes at once, the whole of a short message, obeys the same rules as what it takes byte by byte
// (RFC 6455 §5.1, §5.2, §10.4).

import { describe, expect, test } from "vitest";
import { FrameDecoder, type FrameDecoderOptions } from "../../packages/protocol/src/index.ts";
import { concat, hex } from "../support/hex.ts";

/** Opcodes and lengths of the frames in `bytes`, and the rule that was broken. */
function found(options: FrameDecoderOptions, bytes: Uint8Array, chunkLength: number): unknown[] {
  const decoder = new FrameDecoder(options);
  const steps: unknown[] = [];
  for (let at = 0; at < bytes.length; at += chunkLength) {
    decoder.feed(bytes.slice(at, at + chunkLength));
    for (let step = decoder.advance(); step !== "needs-bytes"; step = decoder.advance()) {
      if (step === "violation") return [...steps, decoder.violation];
      if (decoder.frameEnds) steps.push([decoder.opcode, decoder.payloadLength]);
    }
  }
  return steps;
}

/** What is found in `bytes` as one chunk, and byte by byte. */
function foundBothWays(options: FrameDecoderOptions, bytes: Uint8Array): unknown[] {
  const whole = found(options, bytes, bytes.length);
  expect(found(options, bytes, 1)).toEqual(whole);
  return whole;
}

describe("a short message in one chunk", () => {
  const pong = hex`8a 00`;

  test("whose length has a longer form than needed is refused", () => {
    for (const length of [0, 1, 125]) {
      const frame = concat(hex`82 7e`, [0, length], new Uint8Array(length), pong, new Uint8Array(8));
      expect(foundBothWays({ masked: false }, frame)).toEqual(["length-not-minimal"]);
    }
    for (const length of [126, 127]) {
      const frame = concat(hex`82 7e`, [0, length], new Uint8Array(length), pong);
      expect(foundBothWays({ masked: false }, frame)).toEqual([
        [2, length],
        [10, 0],
      ]);
    }
  });

  test("is as long as its header says, whatever its payload looks like", () => {
    const frame = concat(hex`82 04 00 80 00 00`, hex`82 03 00 7e 00`, hex`82 7e 00 c8`, new Uint8Array(200), pong);
    expect(foundBothWays({ masked: false }, frame)).toEqual([
      [2, 4],
      [2, 3],
      [2, 200],
      [10, 0],
    ]);
  });

  test("that is empty must have the mask, or no mask, like any other", () => {
    expect(foundBothWays({ masked: false }, hex`82 80 00 00 00 00 8a 00`)).toEqual(["mask-forbidden"]);
    expect(foundBothWays({ masked: true }, hex`82 00 82 80 00 00 00 00`)).toEqual(["mask-missing"]);
    expect(foundBothWays({ masked: true }, hex`82 80 00 00 00 00 8a 80 00 00 00 00`)).toEqual([
      [2, 0],
      [10, 0],
    ]);
  });

  test("has the limit of its kind: text that of text, binary that of messages", () => {
    const limits = { masked: false, maxTextBytes: 10, maxMessageBytes: 20 };
    const frame = (opcode: number, length: number): Uint8Array =>
      concat([0x80 | opcode, length], new Uint8Array(length), pong);
    expect(foundBothWays(limits, frame(1, 10))).toEqual([
      [1, 10],
      [10, 0],
    ]);
    expect(foundBothWays(limits, frame(1, 11))).toEqual(["message-too-big"]);
    expect(foundBothWays(limits, frame(2, 20))).toEqual([
      [2, 20],
      [10, 0],
    ]);
    expect(foundBothWays(limits, frame(2, 21))).toEqual(["message-too-big"]);
    const others = { masked: false, maxTextBytes: 20, maxMessageBytes: 10 };
    expect(foundBothWays(others, frame(1, 20))).toEqual([
      [1, 20],
      [10, 0],
    ]);
    expect(foundBothWays(others, frame(2, 11))).toEqual(["message-too-big"]);
  });
});

describe("a frame in two chunks", () => {
  test("keeps the decoder inside of it until its last byte; what was not looked at is counted, and what is missing", () => {
    const decoder = new FrameDecoder({ masked: false });
    expect(decoder.insideFrame).toBe(false);
    decoder.feed(hex`82 03 01`);
    expect(decoder.unreadBytes).toBe(3);
    expect(decoder.advance()).toBe("payload");
    expect([decoder.insideFrame, decoder.unreadBytes, decoder.payloadMissing]).toEqual([true, 0, 2]);
    expect(decoder.advance()).toBe("needs-bytes");
    decoder.feed(hex`02 03 82 00 82`);
    expect(decoder.advance()).toBe("payload");
    expect([decoder.insideFrame, decoder.unreadBytes, decoder.payloadMissing]).toEqual([false, 3, 0]);
    expect(decoder.advance()).toBe("payload");
    expect([decoder.insideFrame, decoder.unreadBytes]).toEqual([false, 1]);
  });
});

describe("a decoder", () => {
  test("is between messages before the first frame and behind a last one, and nowhere else", () => {
    const decoder = new FrameDecoder({ masked: false });
    const between: boolean[] = [decoder.betweenMessages];
    // A fragment's header and payload, a Ping inside of the message, the last fragment in two chunks; then a whole message,
    // one that is cut twice, and a Pong that is.
    const fragmented = [hex`02 01`, hex`61`, hex`89 00`, hex`80`, hex`00`];
    for (const chunk of [...fragmented, hex`82 00`, hex`82`, hex`01`, hex`61`, hex`8a`, hex`00`]) {
      decoder.feed(chunk);
      while (decoder.advance() !== "needs-bytes");
      between.push(decoder.betweenMessages);
    }
    expect(between).toEqual([true, false, false, false, false, true, true, false, false, true, false, true]);
  });
});
