// The bytes that are sent and expected. Deterministic, so that the generator, the limit servers and the clients under
// test agree on them without exchanging any.

import { deflateRawSync, constants as zlib } from "node:zlib";

const TEXT = 0x1;
const BINARY = 0x2;
const FIN = 0x80;
const RSV1 = 0x40;
const MASKED = 0x80;

/** A key without a zero byte or a repetition, so that a wrong phase shows. */
const maskKey = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/**
 * One message's payload: exactly `bytes` long.
 * @param {"binary" | "text" | "json"} content
 * @param {number} bytes
 * @param {number} variant another number, other JSON
 */
export function buildPayload(content, bytes, variant = 0) {
  if (content === "binary") return Buffer.from(Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + 7) & 0xff));
  if (content === "text") return fill("Grüße aus Köln, 東京 und Αθήνα – plain words in between. ", bytes);
  return buildJson(bytes, variant);
}

/** Repeats `text` to exactly `bytes` bytes of UTF-8; what does not divide is padded with full stops. */
function fill(text, bytes) {
  const letters = [...text];
  const parts = [];
  let length = 0;
  for (let at = 0; ; at++) {
    const letter = Buffer.from(letters[at % letters.length]);
    if (length + letter.length > bytes) break;
    parts.push(letter);
    length += letter.length;
  }
  return Buffer.concat([...parts, Buffer.alloc(bytes - length, ".")]);
}

/** A list of records as an API would send it: repeated keys, varied values. */
function buildJson(bytes, variant) {
  let seed = 1 + variant;
  const random = (limit) => {
    seed = (seed * 48271) % 2147483647;
    return seed % limit;
  };
  const records = [];
  let text = "[]";
  for (;;) {
    const record = {
      id: 100000 + random(900000),
      user: `user-${random(5000)}`,
      online: random(2) === 1,
      position: { latitude: random(180000) / 1000 - 90, longitude: random(360000) / 1000 - 180 },
    };
    const longer = JSON.stringify([...records, record]);
    if (longer.length > bytes) return Buffer.from(text.padEnd(bytes));
    records.push(record);
    text = longer;
  }
}

/** A frame with a payload that is sent as it is. */
function frame(first, payload, mask) {
  const size = payload.length;
  const lengthBytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  const header = Buffer.alloc(2 + lengthBytes);
  header[0] = first;
  header[1] = (mask ? MASKED : 0) | (lengthBytes === 0 ? size : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(size, 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(size), 2);
  if (!mask) return Buffer.concat([header, payload]);
  return Buffer.concat([header, maskKey, payload.map((byte, at) => byte ^ maskKey[at & 3])]);
}

/** Compressed as RFC 7692 section 7.2.1 says, with an empty window before it, so that it may be sent again and again. */
function compress(payload) {
  const deflated = deflateRawSync(payload, { finishFlush: zlib.Z_SYNC_FLUSH });
  return deflated.subarray(0, deflated.length - 4);
}

/**
 * @param {{ content: "binary" | "text" | "json", bytes: number, compression: string }} scenario
 * @returns the message as a client sends it (`request`) and as an echo server answers it (`reply`, unless it compresses
 * with a context of its own)
 */
export function buildFrames({ content, bytes, compression }, variant = 0) {
  const payload = buildPayload(content, bytes, variant);
  const opcode = FIN | (content === "binary" ? BINARY : TEXT);
  if (compression === "off") return { payload, request: frame(opcode, payload, true), reply: frame(opcode, payload) };
  const compressed = compress(payload);
  return {
    payload,
    request: frame(opcode | RSV1, compressed, true),
    reply: frame(opcode | RSV1, compressed),
  };
}

/**
 * Different messages in a row, to be sent again and again; more of them than a compressor's window holds, or it would
 * only ever say "as before". Every connection begins with the first.
 */
export class MessageCycle {
  static #count = 64;
  payloads;
  requests;
  replies;

  constructor(scenario) {
    const frames = Array.from({ length: MessageCycle.#count }, (_, variant) => buildFrames(scenario, variant));
    this.payloads = Buffer.concat(frames.map(({ payload }) => payload));
    this.requests = new FrameCycle(frames.map(({ request }) => request));
    this.replies = new FrameCycle(frames.map(({ reply }) => reply));
  }
}

class FrameCycle {
  #bytes;
  #offsets = [0];
  #frames;

  constructor(frames) {
    this.#frames = frames;
    // Twice, so that every stretch of it lies in one piece.
    this.#bytes = Buffer.concat([...frames, ...frames]);
    for (const frame of [...frames, ...frames]) this.#offsets.push(this.#offsets.at(-1) + frame.length);
  }

  /** The size of the frame number `at`, counted from the first there ever was. */
  sizeOf(at) {
    return this.#frames[at % this.#frames.length].length;
  }

  /** `count` frames from number `at` on. */
  slice(at, count) {
    const first = at % this.#frames.length;
    return this.#bytes.subarray(this.#offsets[first], this.#offsets[first + count]);
  }
}

/** A pong with an all-zero key: what an idle client answers a ping with. */
export function buildPong(payload) {
  return Buffer.concat([Buffer.from([0x8a, MASKED | payload.length, 0, 0, 0, 0]), payload]);
}

const closePayload = Buffer.from([0x03, 0xe8]);
export const closeRequest = frame(0x88, closePayload, true);
export const closeReply = frame(0x88, closePayload);

/** `one` again and again, at least `length` bytes of it and at least once. */
export function repeat(one, length) {
  return Buffer.concat(Array.from({ length: Math.max(1, Math.ceil(length / one.length)) }, () => one));
}
