/*
 * What a case of the Autobahn testsuite is: what its fuzzing peer sends, how the bytes are cut, and what the endpoint
 * under test has to do. Only the strict expectation of each case is kept: what the suite would call NON-STRICT fails.
 */
import type { ExtensionParameter } from "../../packages/protocol/src/extensions/extension.ts";
import { encodeUtf8 } from "../reference/utf8.ts";

/** A payload, written as a pattern that is repeated up to a length. */
export interface Payload {
  readonly pattern: Uint8Array;
  readonly length: number;
}

/** A frame that the fuzzing peer sends. */
export interface SentFrame {
  readonly opcode: number;
  readonly fin: boolean;
  /** RSV1 to RSV3 as a number from 0 to 7. */
  readonly rsv: number;
  readonly payload: Payload;
}

/** How bytes are cut into chunks: all in one, one for each frame, or a fixed number of bytes each. */
export type Chop = "together" | "frames" | number;

/** One message of a round trip. */
export interface RoundTripMessage {
  readonly binary: boolean;
  readonly bytes: Uint8Array;
}

/** What the fuzzing peer does, one after the other. */
export type Action =
  | { readonly kind: "send"; readonly frames: readonly SentFrame[]; readonly chop: Chop }
  /** Sends one message in fragments of a size, all in one chunk. */
  | {
      readonly kind: "send-fragmented";
      readonly binary: boolean;
      readonly payload: Payload;
      readonly fragmentBytes: number;
    }
  /** Sends a part of a frame: of its payload the bytes from `from` to `to`, and the header before the first. */
  | { readonly kind: "send-part"; readonly frame: SentFrame; readonly from: number; readonly to: number }
  /** A second passes. Then so many replies have come, and the endpoint has failed the connection or it has not. */
  | { readonly kind: "wait"; readonly replies: number; readonly failed: boolean }
  /** Sends messages, each when the echo of the one before has come back; every echo has to equal its message. */
  | {
      readonly kind: "round-trips";
      readonly messages: () => Iterable<RoundTripMessage>;
      /** Messages longer than this are sent in fragments of this size. */
      readonly fragmentBytes: number;
    };

/** What the endpoint has to send back, apart from Close. */
export type Reply =
  | { readonly kind: "message"; readonly binary: boolean; readonly payload: Payload }
  | { readonly kind: "pong"; readonly payload: Payload };

/**
 * Who sends the first Close, and the code of the endpoint's own. A fuzzing peer that has not sent a Close in its script
 * sends 1000 once all replies are there.
 */
export interface ExpectedClose {
  readonly first: "fuzzer" | "endpoint";
  readonly code: number;
  /** Whether it is the end of a closing handshake, and not of a connection that failed. */
  readonly clean: boolean;
}

/** The compression that a case negotiates. */
export interface CaseCompression {
  /** What a fuzzing client offers, in order of preference. */
  readonly offers: readonly (readonly ExtensionParameter[])[];
  /** Which of these a fuzzing server asks of its client, in order of preference; what the client did not offer is left. */
  readonly requests: readonly CompressionRequest[];
}

/** What one side asks of the other's compressor; 0 bits ask for nothing. */
export interface CompressionRequest {
  readonly noContextTakeover: boolean;
  readonly maxWindowBits: 0 | 9 | 15;
}

export interface AutobahnCase {
  /** As the suite numbers it. */
  readonly id: string;
  readonly title: string;
  readonly script: readonly Action[];
  readonly replies: readonly Reply[];
  readonly close: ExpectedClose;
  /** The suite itself passes no judgement; the expectation is this project's. */
  readonly informational: boolean;
  readonly compression: CaseCompression | undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Text or bytes, as they are. */
export function payload(content: string | Uint8Array): Payload {
  const pattern = typeof content === "string" ? encodeUtf8(content) : content;
  return { pattern, length: pattern.length };
}

/** Text or bytes, repeated up to `length`. */
export function repeated(content: string | Uint8Array, length: number): Payload {
  return { ...payload(content), length };
}

/** The bytes of a payload. A new array each time. */
export function payloadBytes({ pattern, length }: Payload): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(pattern.subarray(0, length));
  // What is there is doubled until all is there.
  for (let filled = pattern.length; filled < length; filled *= 2) bytes.copyWithin(filled, 0, length - filled);
  return bytes;
}

/** A frame, whole and with clear reserved bits unless told otherwise. */
export function frame(
  opcode: number,
  content: string | Uint8Array | Payload = "",
  { fin = true, rsv = 0 }: { fin?: boolean; rsv?: number } = {},
): SentFrame {
  const isPayload = typeof content !== "string" && !(content instanceof Uint8Array);
  return { opcode, fin, rsv, payload: isPayload ? content : payload(content) };
}

/** A Close frame. Without a code it is empty. */
export function closeFrame(code?: number, reason: string | Uint8Array = ""): SentFrame {
  if (code === undefined) return frame(8);
  const text = payloadBytes(payload(reason));
  return frame(8, Uint8Array.from([code >> 8, code & 0xff, ...text]));
}

/** The action of sending frames. */
export function send(frames: readonly SentFrame[], chop: Chop = "together"): Action {
  return { kind: "send", frames, chop };
}

/** The action of sending one message in fragments. */
export function sendFragmented(kind: "text" | "binary", content: Payload, fragmentBytes: number): Action {
  return { kind: "send-fragmented", binary: kind === "binary", payload: content, fragmentBytes };
}

/** The expectation that a message comes back. */
export function echo(kind: "text" | "binary", content: string | Uint8Array | Payload): Reply {
  return { kind: "message", binary: kind === "binary", payload: frame(0, content).payload };
}

/** The expectation that a Ping is answered. */
export function pong(content: string | Uint8Array): Reply {
  return { kind: "pong", payload: payload(content) };
}

/** The endpoint does what is asked and the fuzzing peer closes. */
export const CLOSED_BY_FUZZER: ExpectedClose = { first: "fuzzer", code: 1000, clean: true };
/** The endpoint fails the connection for a breach of the protocol. */
export const PROTOCOL_ERROR: ExpectedClose = { first: "endpoint", code: 1002, clean: false };
/** The endpoint fails the connection for text that is not UTF-8. */
export const INVALID_PAYLOAD: ExpectedClose = { first: "endpoint", code: 1007, clean: false };

/** A case; by default everything is answered and the fuzzing peer closes. */
export function autobahnCase(
  id: string,
  title: string,
  script: readonly Action[],
  replies: readonly Reply[] = [],
  close: ExpectedClose = CLOSED_BY_FUZZER,
  { informational = false, compression }: { informational?: boolean; compression?: CaseCompression } = {},
): AutobahnCase {
  return { id, title, script, replies, close, informational, compression };
}
