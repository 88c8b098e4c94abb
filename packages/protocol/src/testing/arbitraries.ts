// Arbitraries for fast-check: what a WebSocket peer may legally send, cut up in every way. The only file of the package
// that needs fast-check, which is an optional peer dependency.
//
// ```ts
// import fc from "fast-check";
// import { Connection } from "@sansock/protocol";
// import { countingRandom, drain } from "@sansock/protocol/testing";
// import { chunked, conversation } from "@sansock/protocol/testing/arbitraries";
//
// const stream = conversation({ from: "client" }).chain((sent) => fc.record({ sent: fc.constant(sent), chunks: chunked(sent.bytes) }));
// fc.assert(
//   fc.property(stream, ({ sent, chunks }) => {
//     const server = new Connection(0, { role: "server", random: countingRandom });
//     for (const chunk of chunks) server.receive(0, chunk);
//     const messages = drain(server).events.filter(({ kind }) => kind === "text" || kind === "binary");
//     expect(messages).toEqual(sent.messages);
//   }),
// );
// ```

import fc, { type Arbitrary } from "fast-check";
import { concatBytes } from "../bytes/bytes.ts";
import { encodeUtf8 } from "../bytes/utf8.ts";
import { truncateCloseReason, writeClosePayload } from "../frame/close-payload.ts";
import { encodeFrame, type Frame } from "../frame/frame.ts";
import { isSendableCloseCode } from "../vocabulary/close-code.ts";
import type { CloseStatus, Message } from "../vocabulary/event.ts";
import { Opcode } from "../vocabulary/opcode.ts";

/** Who sends what is made. Clients mask their frames (RFC 6455 §5.1). Default: `"client"`. */
export interface SenderOptions {
  readonly from?: "client" | "server" | undefined;
}

/** How large messages become. */
export interface SizeOptions {
  /** In bytes, or in code points of text. Default: 300, so that all but the longest form of lengths occur. */
  readonly maxLength?: number | undefined;
}

/** What a peer sent, and what arrives of it. */
export interface Conversation {
  readonly frames: readonly Frame[];
  /** The frames, encoded. */
  readonly bytes: Uint8Array;
  /** The messages, in their order. */
  readonly messages: readonly Message[];
  /** The payloads of the Pings among them, in their order. */
  readonly pings: readonly Uint8Array[];
}

const DEFAULT_MAX_LENGTH = 300;
const MAX_CONTROL_BYTES = 125;

/** Bytes, up to `maxLength`. */
export function someBytes(options: SizeOptions = {}): Arbitrary<Uint8Array> {
  return mostlyShort((size) => fc.uint8Array({ maxLength: options.maxLength ?? DEFAULT_MAX_LENGTH, size }));
}

/** Well-formed text of all planes, U+FEFF and NUL included; no lone surrogates, which UTF-8 cannot carry. */
export function wellFormedText(options: SizeOptions = {}): Arbitrary<string> {
  return mostlyShort((size) => fc.string({ unit: "binary", maxLength: options.maxLength ?? DEFAULT_MAX_LENGTH, size }));
}

/** A whole message, text or binary. */
export function wholeMessage(options: SizeOptions = {}): Arbitrary<Message> {
  return fc.oneof(
    wellFormedText(options).map((text): Message => ({ kind: "text", text })),
    someBytes(options).map((bytes): Message => ({ kind: "binary", bytes })),
  );
}

/** A code that a Close frame may carry (§7.4), and a reason that fits in (§5.5.1); or 1005, for one with no payload. */
export function closeStatus(): Arbitrary<CloseStatus> {
  const code = fc.oneof(
    fc.integer({ min: 1000, max: 1014 }).filter(isSendableCloseCode),
    fc.integer({ min: 3000, max: 4999 }),
  );
  const reason = wellFormedText({ maxLength: 123 }).map(truncateCloseReason);
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant({ code: 1005, reason: "" }) },
    { weight: 9, arbitrary: fc.record({ code, reason }) },
  );
}

/** A Ping or a Pong. */
export function pingOrPong(options: SenderOptions = {}): Arbitrary<Frame> {
  return fc.record({
    fin: fc.constant(true),
    rsv: fc.constant(0),
    opcode: fc.constantFrom(Opcode.Ping, Opcode.Pong),
    maskKey: maskKey(options),
    payload: someBytes({ maxLength: MAX_CONTROL_BYTES }),
  });
}

/** A Close frame. */
export function closeFrame(options: SenderOptions = {}): Arbitrary<Frame> {
  return fc.record({ status: closeStatus(), maskKey: maskKey(options) }).map(({ status, maskKey }) => ({
    fin: true,
    rsv: 0,
    opcode: Opcode.Close,
    maskKey,
    payload: status.code === 1005 ? new Uint8Array(0) : writeClosePayload(status),
  }));
}

/**
 * A frame that is legal somewhere: reserved bits clear, control frames short and whole. The payload of a whole text
 * message is UTF-8; those of fragments are any bytes.
 */
export function legalFrame(options: SenderOptions & SizeOptions = {}): Arbitrary<Frame> {
  const whole = wholeMessage(options).chain((message) => frameOf(message, options));
  const fragment = fc.record({
    fin: fc.boolean(),
    rsv: fc.constant(0),
    opcode: fc.constantFrom(Opcode.Continuation, Opcode.Binary),
    maskKey: maskKey(options),
    payload: someBytes(options),
  });
  return fc.oneof(whole, fragment, pingOrPong(options), closeFrame(options));
}

/**
 * One message as the frames that carry it: cut between any two bytes, inside code points too, with empty fragments, and
 * with Pings and Pongs in between (§5.4) unless `interleaved` is `false`.
 */
export function fragmented(
  message: Message,
  options: SenderOptions & { readonly interleaved?: boolean | undefined } = {},
): Arbitrary<readonly Frame[]> {
  const payload = payloadOf(message);
  const opcode = opcodeOf(message);
  const betweens = options.interleaved === false ? 0 : 2;
  return cutPoints(payload.length, 6).chain((cuts) => {
    const starts = [0, ...cuts];
    const frames = starts.map((start, index) =>
      fc.record({
        frame: maskKey(options).map((key): Frame => {
          const end = starts[index + 1] ?? payload.length;
          return {
            fin: index === starts.length - 1,
            rsv: 0,
            opcode: index === 0 ? opcode : Opcode.Continuation,
            maskKey: key,
            payload: payload.slice(start, end),
          };
        }),
        before: fc.array(pingOrPong(options), { maxLength: index === 0 ? 0 : betweens }),
      }),
    );
    return fc.tuple(...frames).map((parts) => parts.flatMap(({ before, frame }) => [...before, frame]));
  });
}

/** Messages, whole and in fragments, with Pings and Pongs before, between and inside them. No Close. */
export function conversation(options: SenderOptions & SizeOptions = {}): Arbitrary<Conversation> {
  const part = fc.oneof(
    { weight: 3, arbitrary: wholeMessage(options).chain((message) => parcel(message, fragmented(message, options))) },
    { weight: 1, arbitrary: pingOrPong(options).map((frame): Parcel => ({ message: undefined, frames: [frame] })) },
  );
  return fc.array(part, { maxLength: 8 }).map((parts) => {
    const frames = parts.flatMap((parcel) => parcel.frames);
    return {
      frames,
      bytes: concatBytes(frames.map(encodeFrame)),
      messages: parts.flatMap(({ message }) => (message === undefined ? [] : [message])),
      pings: frames.filter(({ opcode }) => opcode === Opcode.Ping).map(({ payload }) => payload),
    };
  });
}

/** Any way to cut bytes into chunks, one byte each included. The chunks are copies; together they are `bytes`. */
export function chunked(bytes: Uint8Array): Arbitrary<readonly Uint8Array[]> {
  const everywhere = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
  return fc
    .oneof({ weight: 9, arbitrary: cutPoints(bytes.length, 30) }, { weight: 1, arbitrary: fc.constant(everywhere) })
    .map((cuts) => {
      const ends = [...new Set(cuts), bytes.length];
      return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end)).filter((chunk) => chunk.length > 0);
    });
}

/** Left to itself fast-check makes little that is long; made long only, most runs would be slow and much the same. */
function mostlyShort<T>(make: (size: "small" | "max") => Arbitrary<T>): Arbitrary<T> {
  return fc.oneof({ weight: 4, arbitrary: make("small") }, { weight: 1, arbitrary: make("max") });
}

/** A message and the frames that carry it, or a control frame by itself. */
interface Parcel {
  readonly message: Message | undefined;
  readonly frames: readonly Frame[];
}

function parcel(message: Message, frames: Arbitrary<readonly Frame[]>): Arbitrary<Parcel> {
  return frames.map((carriers) => ({ message, frames: carriers }));
}

function frameOf(message: Message, options: SenderOptions): Arbitrary<Frame> {
  return maskKey(options).map((key) => ({
    fin: true,
    rsv: 0,
    opcode: opcodeOf(message),
    maskKey: key,
    payload: payloadOf(message),
  }));
}

function maskKey({ from }: SenderOptions): Arbitrary<number | undefined> {
  return from === "server" ? fc.constant(undefined) : fc.integer({ min: 0, max: 0xffff_ffff });
}

function opcodeOf(message: Message): number {
  return message.kind === "text" ? Opcode.Text : Opcode.Binary;
}

function payloadOf(message: Message): Uint8Array {
  return message.kind === "text" ? encodeUtf8(message.text) : message.bytes;
}

/** Up to `most` places in something of `length`, in their order, perhaps the same ones more than once. */
function cutPoints(length: number, most: number): Arbitrary<readonly number[]> {
  return fc.array(fc.nat(length), { maxLength: most }).map((cuts) => cuts.sort((a, b) => a - b));
}
