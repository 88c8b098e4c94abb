/*
 * Arbitrary byte streams of a peer: legal sessions, sessions with damage, frames that follow no plan, and noise. What
 * they mean is for the reference reader to say.
 */
import fc from "fast-check";
import { concat } from "../support/hex.ts";
import { encodeFrame, type Frame } from "./frames.ts";
import type { ReadingRules, ReferenceExtension } from "./reader.ts";
import { encodeUtf8 } from "./utf8.ts";

/** What a peer sent, and the rules under which we read it. */
export interface PeerStream {
  readonly rules: ReadingRules;
  readonly bytes: Uint8Array;
}

/** What a stream may hold besides the ordinary. */
export interface StreamOptions {
  /** Adds frames around the borders of the length forms. */
  readonly longPayloads?: boolean;
  /** With an extension, some messages have its bit; there is no limit then. */
  readonly extension?: ReferenceExtension;
}

/** A stream of any sort, to either role. */
export function anyStream({ longPayloads = false, extension }: StreamOptions = {}): fc.Arbitrary<PeerStream> {
  return fc
    .record({
      role: fc.constantFrom("client" as const, "server" as const),
      maxMessageBytes:
        extension === undefined ? fc.constantFrom(0, 5, 30, 200, 2 ** 16, 2 ** 20) : fc.constant(2 ** 40),
      extension: fc.constant(extension),
    })
    .chain((rules) => {
      const masked = rules.role === "server";
      return fc.record({
        rules: fc.constant(rules),
        bytes: fc.oneof(
          { arbitrary: legalSession({ masked, longPayloads, extension }), weight: 4 },
          { arbitrary: damaged(legalSession({ masked, longPayloads, extension })), weight: 4 },
          { arbitrary: wildFrames(masked), weight: 2 },
          { arbitrary: fc.uint8Array({ maxLength: 40 }), weight: 1 },
        ),
      });
    });
}

/** Cuts a stream into chunks of one byte and more; a stream that is not long also into single bytes. */
export function chunked(bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  const everywhere = bytes.length <= 400 ? [fc.constant(Array.from(bytes, (_, index) => index))] : [];
  const anywhere = fc.oneof(fc.nat({ max: bytes.length }), fc.nat({ max: Math.min(30, bytes.length) }));
  return fc.oneof(fc.constant([] as number[]), fc.array(anywhere, { maxLength: 12 }), ...everywhere).map((cuts) => {
    const edges = [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b);
    return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
  });
}

interface SessionOptions {
  readonly masked: boolean;
  readonly longPayloads: boolean;
  readonly extension: ReferenceExtension | undefined;
}

/** Messages, whole and in fragments, with control frames anywhere they may be; perhaps a Close; perhaps more after it. */
export function legalSession({ masked, longPayloads, extension }: SessionOptions): fc.Arbitrary<Uint8Array> {
  const plain = longPayloads ? fc.oneof({ arbitrary: shortMessage, weight: 6 }, longMessage) : shortMessage;
  const message =
    extension === undefined
      ? plain
      : fc.oneof(
          plain,
          plain.map((frames) => extended(frames, extension)),
        );
  const element = fc.oneof({ arbitrary: message, weight: 5 }, { arbitrary: controlFrame.map((f) => [f]), weight: 3 });
  return fc
    .tuple(fc.array(element, { maxLength: 6 }), fc.option(closeFrame), fc.array(element, { maxLength: 2 }))
    .chain(([before, close, after]) =>
      withMasks(close === null ? before.flat() : [...before.flat(), close, ...after.flat()], masked),
    );
}

/** Frames with fields chosen without regard to each other, mostly plausible. */
export function wildFrames(masked: boolean): fc.Arbitrary<Uint8Array> {
  const frame = fc.record({
    fin: fc.boolean(),
    rsv: fc.oneof({ arbitrary: fc.constant(0), weight: 12 }, fc.nat({ max: 7 })),
    opcode: fc.oneof({ arbitrary: fc.constantFrom(0, 0, 1, 2, 8, 9, 10), weight: 12 }, fc.nat({ max: 15 })),
    payload: fc.oneof({ arbitrary: nearlyUtf8, weight: 4 }, fc.uint8Array({ minLength: 120, maxLength: 130 })),
    form: fc.constantFrom(undefined, undefined, undefined, undefined, 16 as const, 64 as const),
    maskOtherwise: fc.oneof({ arbitrary: fc.constant(false), weight: 15 }, fc.constant(true)),
    maskKey,
  });
  return fc.array(frame, { minLength: 1, maxLength: 8 }).map((frames) =>
    concat(
      ...frames.map(({ form, maskOtherwise, maskKey: key, ...fields }) =>
        encodeFrame({
          ...fields,
          ...(form === undefined ? {} : { lengthBits: form }),
          maskKey: masked === maskOtherwise ? undefined : key,
        }),
      ),
    ),
  );
}

/** A stream in which some bytes were changed, lost, doubled or made up, or that stops early. */
export function damaged(stream: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const damage = fc.record({
    at: fc.nat({ max: 2 ** 20 }),
    kind: fc.constantFrom(
      "flip" as const,
      "flip" as const,
      "set" as const,
      "drop" as const,
      "insert" as const,
      "cut" as const,
    ),
    bit: fc.nat({ max: 7 }),
    byte: interestingByte,
  });
  return fc.tuple(stream, fc.array(damage, { minLength: 1, maxLength: 3 })).map(([whole, damages]) => {
    let bytes = [...whole];
    for (const { at, kind, bit, byte } of damages) {
      const index = bytes.length === 0 ? 0 : at % bytes.length;
      if (kind === "insert") bytes.splice(index, 0, byte);
      else if (kind === "drop") bytes.splice(index, 1);
      else if (kind === "cut") bytes = bytes.slice(0, index);
      else if (index < bytes.length) bytes[index] = kind === "set" ? byte : bytes[index]! ^ (1 << bit);
    }
    return Uint8Array.from(bytes);
  });
}

/** Bytes that mean something to a parser: headers, borders of UTF-8, lengths. */
const interestingByte = fc.oneof(
  fc.constantFrom(0x00, 0x01, 0x02, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf),
  fc.constantFrom(0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xfd, 0xfe, 0xff, 0x8f, 0x90, 0x9f, 0xa0),
  fc.nat({ max: 255 }),
);

/** Payload bytes that are text, or nearly. */
const nearlyUtf8 = fc.oneof(
  {
    arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }).map(encodeUtf8),
    weight: 3,
  },
  fc.array(interestingByte, { maxLength: 12 }).map((bytes) => Uint8Array.from(bytes)),
);

const scalarText = fc
  .array(
    fc.oneof(
      fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffe, 0xffff, 0x10000, 0x10ffff),
      fc.nat({ max: 0x7f }),
      fc.nat({ max: 0x10f7ff }).map((n) => (n < 0xd800 ? n : n + 0x800)),
    ),
    { maxLength: 12 },
  )
  .map((scalars) => scalars.map((scalar) => String.fromCodePoint(scalar)).join(""));

const maskKey = fc.oneof(
  { arbitrary: fc.constant(Uint8Array.of(0, 0, 0, 0)), weight: 1 },
  { arbitrary: fc.uint8Array({ minLength: 4, maxLength: 4 }), weight: 4 },
);

const controlFrame: fc.Arbitrary<Frame> = fc.record({
  opcode: fc.constantFrom(9, 10),
  payload: fc.oneof({ arbitrary: fc.uint8Array({ maxLength: 6 }), weight: 8 }, lengthOf(124, 125)),
});

const closeFrame: fc.Arbitrary<Frame> = fc
  .oneof(
    fc.constant(new Uint8Array(0)),
    fc
      .tuple(fc.constantFrom(1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999), scalarText)
      .map(([code, reason]) => concat([code >> 8, code & 255], encodeUtf8(reason))),
    fc.tuple(fc.nat({ max: 65535 }), nearlyUtf8).map(([code, reason]) => concat([code >> 8, code & 255], reason)),
  )
  .map((payload) => ({ opcode: 8, payload: payload.slice(0, 125) }));

const shortMessage: fc.Arbitrary<Frame[]> = fc
  .oneof(
    fc.record({ opcode: fc.constant(1), payload: scalarText.map(encodeUtf8) }),
    fc.record({ opcode: fc.constant(2), payload: fc.uint8Array({ maxLength: 24 }) }),
  )
  .chain(({ opcode, payload }) =>
    fc
      .tuple(
        fc.array(fc.nat({ max: payload.length }), { maxLength: 4 }),
        fc.array(fc.option(controlFrame, { freq: 3 }), { minLength: 5, maxLength: 5 }),
      )
      .map(([cuts, between]) => fragment(opcode, payload, cuts, between)),
  );

const longMessage: fc.Arbitrary<Frame[]> = fc
  .tuple(
    fc.constantFrom(1, 2),
    fc.oneof(lengthOf(126, 127, 128, 1000), lengthOf(65535, 65536, 65537)),
    fc.array(fc.nat({ max: 65537 }), { maxLength: 2 }),
  )
  .map(([opcode, payload, cuts]) =>
    fragment(
      opcode,
      payload,
      cuts.map((cut) => Math.min(cut, payload.length)),
      [],
    ),
  );

function lengthOf(...lengths: number[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...lengths), fc.nat({ max: 0x7e }))
    .map(([length, start]) => Uint8Array.from({ length }, (_, index) => (start + index) % 0x7f));
}

/** The same message through the extension, with its bit on the first frame. An extension that undoes itself is meant. */
function extended(frames: Frame[], { bit, decode }: ReferenceExtension): Frame[] {
  return frames.map((frame, index) => ({
    ...frame,
    ...(index === 0 ? { rsv: bit } : {}),
    ...(frame.opcode <= 2 ? { payload: decode(frame.payload ?? new Uint8Array(0)) } : {}),
  }));
}

/** §5.4: the first fragment has the message's opcode, the others 0, and the last one FIN. */
function fragment(opcode: number, payload: Uint8Array, cuts: number[], between: (Frame | null)[]): Frame[] {
  const edges = [0, ...cuts.sort((a, b) => a - b), payload.length];
  const frames: Frame[] = [];
  for (let index = 1; index < edges.length; index += 1) {
    const control = between[index];
    if (index > 1 && control != null) frames.push(control);
    frames.push({
      opcode: index === 1 ? opcode : 0,
      fin: index === edges.length - 1,
      payload: payload.slice(edges[index - 1], edges[index]),
    });
  }
  return frames;
}

function withMasks(frames: readonly Frame[], masked: boolean): fc.Arbitrary<Uint8Array> {
  if (!masked) return fc.constant(concat(...frames.map(encodeFrame)));
  return fc
    .array(maskKey, { minLength: frames.length, maxLength: frames.length })
    .map((keys) => concat(...frames.map((frame, index) => encodeFrame({ ...frame, maskKey: keys[index] }))));
}
