// The laws of the codec: whole frames (encodeFrame, decodeFrames) and the cursor (FrameDecoder). Their oracle is the
// reference codec, which was written from §5.2 alone.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headerLength, writeHeader } from "../../packages/protocol/src/frame/frame-header.ts";
import { decodeFrames, encodeFrame, type Frame, FrameDecoder, UsageError } from "../../packages/protocol/src/index.ts";
import * as reference from "../reference/frames.ts";
import { seeded } from "../reference/seed.ts";
import { chunked, legalSession } from "../reference/streams.ts";
import { concat, hex } from "../support/hex.ts";

const payloads = fc.oneof(
  { arbitrary: fc.uint8Array({ maxLength: 130 }), weight: 8 },
  fc.constantFrom(126, 127, 65_535, 65_536, 70_000).map((length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 31);
    return Object.defineProperty(bytes, fc.toStringMethod, { value: () => `many(${length})` });
  }),
);

const frames: fc.Arbitrary<Frame> = fc.record({
  fin: fc.boolean(),
  rsv: fc.nat({ max: 7 }),
  opcode: fc.nat({ max: 15 }),
  maskKey: fc.option(fc.nat({ max: 0xffff_ffff }), { nil: undefined }),
  payload: payloads,
});

function keyBytes(key: number | undefined): Uint8Array | undefined {
  return key === undefined ? undefined : Uint8Array.of(key >>> 24, key >>> 16, key >>> 8, key);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

describe("whole frames", () => {
  test("decodeFrames(encodeFrame(frame)) is the frame, for every frame", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const { frames: decoded, rest } = decodeFrames(encodeFrame(frame));
        const { payload, ...fields } = decoded[0]!;
        const { payload: expected, ...expectedFields } = frame;
        return (
          decoded.length === 1 &&
          rest.length === 0 &&
          same(payload, expected) &&
          JSON.stringify(fields) === JSON.stringify(expectedFields)
        );
      }),
      seeded(300),
    );
  });

  test("what is encoded is what the reference encodes", () => {
    fc.assert(
      fc.property(frames, (frame) =>
        same(encodeFrame(frame), reference.encodeFrame({ ...frame, maskKey: keyBytes(frame.maskKey) })),
      ),
      seeded(300),
    );
  });

  test("any number of frames, cut anywhere: the complete ones come out, the rest is the rest", () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 4 }), fc.nat(), (list, somewhere) => {
        const bytes = concat(...list.map(encodeFrame));
        const cut = bytes.subarray(0, somewhere % (bytes.length + 1));
        const engine = decodeFrames(cut);
        const oracle = reference.decodeFrames(cut);
        expect(engine.frames.length).toBe(oracle.frames.length);
        expect(same(engine.rest, oracle.rest)).toBe(true);
        engine.frames.forEach((frame, index) => {
          expect(same(frame.payload, oracle.frames[index]!.payload)).toBe(true);
        });
      }),
      seeded(200),
    );
  });

  test("arbitrary bytes never throw, and are never written to; nor are those of a Buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        const { frames: decoded, rest } = decodeFrames(buffer);
        for (const { payload } of decoded) payload.fill(0xee);
        rest.fill(0xee);
        return same(buffer, bytes);
      }),
      seeded(500),
    );
  });

  test("lengths that no array can have leave everything in the rest (sec/len64-upper)", () => {
    for (const bytes of [
      hex`82 7f ff ff ff ff ff ff ff ff 61`,
      hex`82 7f 00 80 00 00 00 00 00 01 61`,
      hex`82 ff 00 20 00 00 00 00 00 00 00 00 00 00 61`,
    ]) {
      expect(decodeFrames(bytes)).toEqual({ frames: [], rest: bytes });
    }
  });

  test("a frame that is cut anywhere, in its header, too, is the rest", () => {
    for (const bytes of [
      hex`80 00`,
      hex`82 01 61`,
      hex`82 81 01 02 03 04 61`,
      concat(hex`82 7e 00 7e`, new Uint8Array(126)),
      concat(hex`82 ff 00 00 00 00 00 01 00 00 01 02 03 04`, new Uint8Array(65_536)),
    ]) {
      const [frame] = decodeFrames(bytes).frames;
      expect(frame).toMatchObject({ fin: true, opcode: bytes[0]! & 15 });
      for (let cut = 0; cut < Math.min(bytes.length, 140); cut++) {
        const rest = bytes.subarray(0, cut);
        expect(decodeFrames(rest)).toEqual({ frames: [], rest });
      }
    }
  });

  test("the header of a payload of more than 4 GiB says its length", () => {
    const header = new Uint8Array(headerLength(2 ** 32 + 5, false));
    expect(writeHeader(header, 0, 0x82, 2 ** 32 + 5, undefined)).toBe(10);
    expect(header).toEqual(hex`82 7f 00 00 00 01 00 00 00 05`);
  });

  test("fields out of their ranges are refused", () => {
    const frame: Frame = { fin: true, rsv: 0, opcode: 1, maskKey: undefined, payload: hex`` };
    for (const wrong of [
      { opcode: 16 },
      { opcode: -1 },
      { opcode: 1.5 },
      { rsv: 8 },
      { rsv: -1 },
      { maskKey: 2 ** 32 },
      { maskKey: -1 },
      { maskKey: Number.NaN },
    ]) {
      expect(() => encodeFrame({ ...frame, ...wrong })).toThrow(UsageError);
    }
  });
});

describe("the cursor", () => {
  /** Reads a stream of legal frames with the decoder: what it found, each payload put together and in hex. */
  function read(decoder: FrameDecoder, chunks: readonly Uint8Array[]): unknown[] {
    const found: unknown[] = [];
    let pieces: Uint8Array[] = [];
    for (const chunk of chunks) {
      decoder.feed(chunk.slice());
      for (let step = decoder.advance(); step !== "needs-bytes"; step = decoder.advance()) {
        if (step === "violation") return [...found, decoder.violation];
        const { fin, opcode, payloadLength, frameStarts, frameEnds } = decoder;
        if (frameStarts !== (pieces.length === 0)) expect.fail("a frame that does not start where it starts");
        pieces.push(decoder.chunk.slice(decoder.start, decoder.end));
        if (decoder.insideFrame === frameEnds) expect.fail("inside a frame that has ended, or the reverse");
        if (!frameEnds) continue;
        const payload = concat(...pieces);
        expect(payload.length).toBe(payloadLength);
        found.push({ fin, opcode, payload: Buffer.from(payload).toString("hex") });
        pieces = [];
      }
      expect(decoder.unreadBytes).toBe(0);
      expect(decoder.chunk.length).toBe(0);
    }
    return found;
  }

  function expected(bytes: Uint8Array): unknown[] {
    return reference.decodeFrames(bytes).frames.map(({ fin, opcode, payload }) => ({
      fin,
      opcode,
      payload: Buffer.from(payload).toString("hex"),
    }));
  }

  for (const masked of [true, false]) {
    test(`finds what the reference finds in ${masked ? "masked" : "unmasked"} frames, for any cuts`, () => {
      const sessions = legalSession({ masked, longPayloads: false, extension: undefined }).chain((bytes) =>
        fc.tuple(fc.constant(bytes), chunked(bytes)),
      );
      fc.assert(
        fc.property(sessions, ([bytes, chunks]) => {
          expect(read(new FrameDecoder({ masked }), chunks)).toEqual(expected(bytes));
        }),
        seeded(150),
      );
    });

    test(`finds what the reference finds in ${masked ? "masked" : "unmasked"} long frames, for a few cuts`, () => {
      const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
      fc.assert(
        fc.property(legalSession({ masked, longPayloads: true, extension: undefined }), cuts, (bytes, shares) => {
          const edges = [0, ...shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b)];
          const chunks = edges.map((edge, index) => bytes.subarray(edge, edges[index + 1]));
          expect(read(new FrameDecoder({ masked }), chunks)).toEqual(expected(bytes));
        }),
        seeded(100),
      );
    });
  }

  test("a violation is final", () => {
    const decoder = new FrameDecoder({ masked: false });
    decoder.feed(hex`83 00`);
    for (let count = 0; count < 3; count++) expect(decoder.advance()).toBe("violation");
    decoder.feed(hex`81 00`);
    expect(decoder.advance()).toBe("violation");
    expect(decoder.violation).toBe("reserved-opcode");
  });

  test("every step is progress: there are no more of them than bytes (the endless-loop oracle)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, masked) => {
        const decoder = new FrameDecoder({ masked, extensionBits: 0x70 });
        decoder.feed(bytes.slice());
        let steps = 0;
        for (let step = decoder.advance(); step !== "needs-bytes" && step !== "violation"; step = decoder.advance()) {
          steps++;
        }
        expect(steps).toBeLessThanOrEqual(bytes.length);
      }),
      seeded(500),
    );
  });

  test("extension bits are legal only on the first frame of a data message", () => {
    const found = (bytes: Uint8Array): unknown => {
      const decoder = new FrameDecoder({ masked: false, extensionBits: 0x40 });
      return read(decoder, [bytes]).at(-1);
    };
    expect(found(hex`c1 00`)).toMatchObject({ opcode: 1 });
    expect(found(hex`42 00 80 00`)).toMatchObject({ opcode: 0 });
    expect(found(hex`41 00 c0 00`)).toBe("reserved-bits");
    for (const opcode of [8, 9, 10]) expect(found(Uint8Array.of(0xc0 | opcode, 0))).toBe("reserved-bits");
    for (const other of [0xa1, 0x91, 0xf1, 0xe1]) expect(found(Uint8Array.of(other, 0))).toBe("reserved-bits");
    expect(found(hex`c3 00`)).toBe("reserved-opcode");
  });

  test("what an extension transformed is measured after it was transformed back, not here", () => {
    const decoder = new FrameDecoder({ masked: false, extensionBits: 0x40, maxMessageBytes: 1 });
    expect(read(decoder, [hex`c1 02 61 62`, hex`41 02 61 62`, hex`80 02 61 62`])).toHaveLength(3);
    expect(read(decoder, [hex`81 02`])).toContain("message-too-big");
  });
});
