/*
 * The peer that a case describes, run against an endpoint in virtual time. It sends what the script says, cut as it
 * says, takes apart every byte that comes back and writes down all that is not exactly as the case wants it.
 */
import { applyMask, type DecodedFrame, decodeFrames, encodeFrame, shortestForm } from "../reference/frames.ts";
import { readUtf8 } from "../reference/utf8.ts";
import { concat, toHex } from "../support/hex.ts";
import {
  type Action,
  type AutobahnCase,
  type Chop,
  closeFrame,
  type Payload,
  payloadBytes,
  type Reply,
  type RoundTripMessage,
  type SentFrame,
} from "./case.ts";
import type { EchoEndpoint } from "./echo-endpoint.ts";

/** The fuzzing peer's side of a negotiated compression: whole messages in, whole messages out. */
export interface PeerCompression {
  compress(message: Uint8Array): Uint8Array;
  /** Throws if `message` is not what a compressor with the agreed parameters can have made. */
  decompress(message: Uint8Array): Uint8Array;
}

/** What came back. */
type Received =
  | { readonly kind: "message"; readonly binary: boolean; readonly compressed: boolean; readonly bytes: Uint8Array }
  | { readonly kind: "pong"; readonly bytes: Uint8Array };

/**
 * Runs a case against `endpoint` and returns what was wrong: nothing at all for what the suite calls `OK`, both in the
 * behaviour and in the way of closing.
 */
export function runCase(
  testCase: AutobahnCase,
  endpoint: EchoEndpoint,
  compression?: PeerCompression,
): readonly string[] {
  const peer = new FuzzingPeer(testCase, endpoint, compression);
  for (const action of testCase.script) peer.perform(action);
  peer.finish();
  return peer.complaints;
}

class FuzzingPeer {
  readonly complaints: string[] = [];
  readonly #case: AutobahnCase;
  readonly #endpoint: EchoEndpoint;
  readonly #compression: PeerCompression | undefined;
  readonly #received: Received[] = [];
  readonly #keys = maskKeys();
  readonly #partKeys = new Map<SentFrame, Uint8Array>();
  #undecoded: Uint8Array = new Uint8Array(0);
  #message: { readonly binary: boolean; readonly compressed: boolean; readonly parts: Uint8Array[] } | undefined;
  #closeSent = false;
  #closeReceived: { readonly code: number | undefined } | undefined;
  /** Whether the endpoint's Close came before any of ours had left. */
  #endpointClosedFirst = false;

  constructor(testCase: AutobahnCase, endpoint: EchoEndpoint, compression: PeerCompression | undefined) {
    this.#case = testCase;
    this.#endpoint = endpoint;
    this.#compression = compression;
  }

  perform(action: Action): void {
    switch (action.kind) {
      case "send":
        this.#send(action.frames, action.chop);
        break;
      case "send-fragmented":
        this.#sendMessage({ binary: action.binary, bytes: payloadBytes(action.payload) }, action.fragmentBytes);
        break;
      case "send-part":
        this.#sendPart(action.frame, action.from, action.to);
        break;
      case "wait":
        this.#wait(action.replies, action.failed);
        break;
      case "round-trips": {
        let count = 0;
        for (const message of action.messages()) {
          count += 1;
          this.#sendMessage(message, action.fragmentBytes);
          const echo = this.#received.pop();
          if (echo?.kind !== "message" || echo.binary !== message.binary || !equal(echo.bytes, message.bytes)) {
            this.#complain(`round trip ${count} did not bring back what was sent`);
            return;
          }
          // Short messages may be better off as they are.
          if (this.#compression !== undefined && !echo.compressed && echo.bytes.length >= 1024) {
            this.#complain(`round trip ${count} brought a message back that is not compressed`);
          }
        }
      }
    }
  }

  /** Judges what has come back, brings the closing handshake to its end and the transport with it. */
  finish(): void {
    const { replies, close } = this.#case;
    if (this.#received.length !== replies.length) {
      this.#complain(`${this.#received.length} replies came, ${replies.length} were expected`);
    }
    replies.forEach((expected, index) => {
      const received = this.#received[index];
      if (received !== undefined && !matches(received, expected)) {
        this.#complain(`reply ${index} is a ${describe(received)}, not the expected ${expected.kind}`);
      }
    });
    const failed = this.#closeReceived !== undefined && this.#endpointClosedFirst;
    if (close.first === "endpoint" && !failed) this.#complain("the endpoint has not failed the connection");
    if (close.first === "fuzzer" && failed) this.#complain("the endpoint has closed the connection by itself");

    if (!this.#closeSent) this.#send([closeFrame(this.#closeReceived?.code ?? 1000)], "together");
    if (this.#closeReceived === undefined) this.#complain("the endpoint has not sent a Close");
    else if (this.#closeReceived.code !== close.code) {
      this.#complain(`the endpoint's Close says ${this.#closeReceived.code}, not ${close.code}`);
    }

    // §7.1.1: "the underlying TCP connection, in most normal cases, SHOULD be closed first by the server".
    const endedFirst = this.#endpoint.ended;
    if (this.#endpoint.role === "server" && !endedFirst) this.#complain("the server has not ended the transport first");
    if (this.#endpoint.role === "client" && endedFirst) this.#complain("the client has ended the transport first");
    if (this.#endpoint.destroyed) this.#complain("the endpoint has dropped the transport");
    this.#endpoint.receiveEnd();
    this.#collect();
    if (!this.#endpoint.ended) this.#complain("the endpoint has not ended the transport");
    this.#endpoint.transportClosed();
    this.#collect();
    this.complaints.push(...this.#endpoint.complaints(close.clean));
  }

  #wait(replies: number, failed: boolean): void {
    this.#endpoint.advance(1000);
    this.#collect();
    if (this.#received.length !== replies)
      this.#complain(`${this.#received.length} replies after a pause, not ${replies}`);
    if ((this.#closeReceived !== undefined) !== failed) {
      this.#complain(failed ? "not failed at the first possible moment" : "failed too early");
    }
  }

  #sendMessage({ binary, bytes }: RoundTripMessage, fragmentBytes: number): void {
    const compressed = this.#compression !== undefined;
    const content = this.#compression?.compress(bytes) ?? bytes;
    const frames: SentFrame[] = [];
    // As the suite cuts: where the last of several fragments is as long as the others, an empty one follows it.
    const whole = content.length <= fragmentBytes;
    for (let offset = 0, fin = false; !fin; offset += fragmentBytes) {
      const part = content.subarray(offset, offset + fragmentBytes);
      fin = whole || part.length < fragmentBytes;
      frames.push({
        opcode: offset > 0 ? 0 : binary ? 2 : 1,
        rsv: offset === 0 && compressed ? 4 : 0,
        fin,
        payload: { pattern: part, length: part.length },
      });
    }
    this.#send(frames, "together");
  }

  #send(frames: readonly SentFrame[], chop: Chop): void {
    const encoded = frames.map((frame) => this.#encode(frame, this.#nextKey()));
    if (chop === "frames") {
      frames.forEach((frame, index) => {
        this.#noteClose(frame);
        this.#transmit(encoded[index]!);
      });
      return;
    }
    const bytes = encoded.length === 1 ? encoded[0]! : concat(...encoded);
    const step = chop === "together" ? bytes.length : chop;
    for (const frame of frames) this.#noteClose(frame);
    for (let offset = 0; offset < bytes.length; offset += step) this.#transmit(bytes.slice(offset, offset + step));
  }

  #sendPart(frame: SentFrame, from: number, to: number): void {
    if (from === 0) this.#partKeys.set(frame, this.#nextKey() ?? new Uint8Array(0));
    const key = this.#partKeys.get(frame)!;
    const whole = this.#encode(frame, key.length === 0 ? undefined : key);
    const header = whole.length - frame.payload.length;
    this.#transmit(whole.slice(from === 0 ? 0 : header + from, header + to));
  }

  #encode(frame: SentFrame, maskKey: Uint8Array | undefined): Uint8Array {
    return encodeFrame({ ...frame, payload: payloadBytes(frame.payload), maskKey });
  }

  /** §5.1: a client masks every frame, a server none. */
  #nextKey(): Uint8Array | undefined {
    return this.#endpoint.role === "server" ? this.#keys.next().value : undefined;
  }

  #noteClose(frame: SentFrame): void {
    if (frame.opcode === 8 && frame.fin && frame.rsv === 0) this.#closeSent = true;
  }

  #transmit(chunk: Uint8Array): void {
    this.#endpoint.receive(chunk);
    this.#collect();
  }

  /** Takes apart what the endpoint has written, and checks that a legal endpoint can have written it. */
  #collect(): void {
    const written = this.#endpoint.takeWritten();
    if (written.length === 0) return;
    const { frames, rest } = decodeFrames(this.#undecoded.length === 0 ? written : concat(this.#undecoded, written));
    this.#undecoded = rest;
    for (const frame of frames) this.#take(frame);
  }

  #take(frame: DecodedFrame): void {
    if (this.#closeReceived !== undefined) {
      this.#complain(`a frame with opcode ${frame.opcode} after the Close`);
      return;
    }
    if (frame.masked !== (this.#endpoint.role === "client")) this.#complain("a frame has the mask of the other role");
    if (frame.lengthBits !== shortestForm(frame.payload.length)) this.#complain("a length is not in its shortest form");
    const compressed = this.#compression !== undefined && frame.rsv === 4 && (frame.opcode === 1 || frame.opcode === 2);
    if (frame.rsv !== 0 && !compressed) this.#complain(`a frame has RSV ${frame.rsv}`);
    if (frame.opcode >= 8 && (!frame.fin || frame.payload.length > 125)) this.#complain("an illegal control frame");

    switch (frame.opcode) {
      case 8:
        this.#takeClose(frame.payload);
        break;
      case 10:
        this.#received.push({ kind: "pong", bytes: frame.payload });
        break;
      case 0:
      case 1:
      case 2:
        this.#takeData(frame, compressed);
        break;
      default:
        this.#complain(`a frame with opcode ${frame.opcode}`);
    }
  }

  #takeClose(payload: Uint8Array): void {
    const reason = readUtf8(payload.subarray(2));
    if (payload.length === 1 || reason.incomplete || reason.impossibleAt !== undefined) {
      this.#complain(`an illegal Close: ${toHex(payload)}`);
    }
    this.#closeReceived = { code: payload.length < 2 ? undefined : payload[0]! * 256 + payload[1]! };
    this.#endpointClosedFirst = !this.#closeSent;
  }

  #takeData(frame: DecodedFrame, compressed: boolean): void {
    if ((frame.opcode === 0) === (this.#message === undefined)) {
      this.#complain("fragments out of order");
      return;
    }
    this.#message ??= { binary: frame.opcode === 2, compressed, parts: [] };
    this.#message.parts.push(frame.payload);
    if (!frame.fin) return;
    const { binary, compressed: inflate, parts } = this.#message;
    this.#message = undefined;
    const whole = parts.length === 1 ? parts[0]! : concat(...parts);
    const bytes = inflate ? this.#compression!.decompress(whole) : whole;
    this.#received.push({ kind: "message", binary, compressed: inflate, bytes });
  }

  #complain(complaint: string): void {
    this.complaints.push(complaint);
  }
}

function matches(received: Received, expected: Reply): boolean {
  if (received.kind !== expected.kind) return false;
  if (received.kind === "message" && received.binary !== (expected.kind === "message" && expected.binary)) return false;
  return hasPayload(received.bytes, expected.payload);
}

function hasPayload(bytes: Uint8Array, payload: Payload): boolean {
  return equal(bytes, payloadBytes(payload));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function describe(received: Received): string {
  const kind = received.kind === "pong" ? "pong" : received.binary ? "binary message" : "text message";
  return `${kind} of ${received.bytes.length} bytes`;
}

/** Masking keys: the same in every run, every byte different from the last key's. */
function* maskKeys(): Generator<Uint8Array, never> {
  for (let state = 0x9e3779b9; ; state = Math.imul(state, 0x01000193) + 0x6b43a9b5) {
    yield applyMask(
      Uint8Array.of(state >>> 24, state >>> 16, state >>> 8, state),
      Uint8Array.of(0x5a, 0xc3, 0x96, 0x0f),
    );
  }
}
