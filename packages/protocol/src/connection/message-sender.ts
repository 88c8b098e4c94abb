// From messages to frames (RFC 6455 §5.4, §5.6, §6.1): whole ones in one frame, others in the pieces that the caller
// gives. It checks what it is given before anything is queued.

import { isUsableBytes } from "../bytes/bytes.ts";
import { encodeText, type TextCodec } from "../bytes/text-codec.ts";
import type { MessageTransform } from "../message/message-transform.ts";
import { Opcode } from "../vocabulary/opcode.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { WholeJob } from "./backlog.ts";
import { FIN, type Outbox, WORK_BEFORE_YIELD } from "./outbox.ts";
import type { PreparedMessage } from "./prepared-message.ts";
import { SlicedMessage } from "./sliced-message.ts";

/** How to send one message. */
export interface SendOptions {
  /**
   * `false` sends this message as it is, although a compression extension was negotiated: for what is compressed
   * already, or mixes secrets with what an attacker may choose. Default: `true`.
   */
  readonly compress?: boolean | undefined;
}

type Kind = "text" | "binary";

export class MessageSender {
  readonly #outbox: Outbox;
  readonly #codec: TextCodec;
  readonly #transform: MessageTransform | undefined;
  /** The kind of the message whose last fragment was not sent yet. */
  #inProgress: Kind | undefined = undefined;
  #transforming = false;
  /** The first half of a surrogate pair, at the end of the last piece of text. */
  #highSurrogate = "";

  constructor(outbox: Outbox, codec: TextCodec, transform: MessageTransform | undefined) {
    this.#outbox = outbox;
    this.#codec = codec;
    this.#transform = transform;
  }

  text(text: string, options: SendOptions | undefined): void {
    if (typeof text !== "string") throw new UsageError("bad-argument", "text must be a string");
    this.#requireIdle();
    this.#send(Opcode.Text, text, this.#wantsTransform("text", text.length, options), true);
  }

  /** `isWellFormed` decides whether `bytes` are text at all. */
  utf8(bytes: Uint8Array, isWellFormed: (bytes: Uint8Array) => boolean, options: SendOptions | undefined): void {
    checkBytes(bytes);
    this.#requireIdle();
    if (!isWellFormed(bytes)) throw new UsageError("bad-argument", "the bytes of text must be well-formed UTF-8");
    this.#send(Opcode.Text, bytes, this.#wantsTransform("text", bytes.length, options), true);
  }

  binary(bytes: Uint8Array, options: SendOptions | undefined): void {
    checkBytes(bytes);
    this.#requireIdle();
    this.#send(Opcode.Binary, bytes, this.#wantsTransform("binary", bytes.length, options), true);
  }

  prepared(message: PreparedMessage): void {
    this.#requireIdle();
    const { kind, opcode, payload } = message;
    if (this.#wantsTransform(kind, payload.length, undefined)) this.#send(opcode, payload, true, true);
    else if (this.#outbox.hasBacklog) this.#later(payload.length, () => this.#outbox.preparedFrame(message));
    else this.#outbox.preparedFrame(message);
  }

  fragment(content: string | Uint8Array, fin: boolean, options: SendOptions | undefined): void {
    const kind: Kind = typeof content === "string" ? "text" : "binary";
    if (typeof content !== "string") checkBytes(content);
    if (this.#inProgress !== undefined && this.#inProgress !== kind) {
      throw new UsageError("message-in-progress", `a ${this.#inProgress} message cannot go on with ${kind}`);
    }
    let opcode: number = Opcode.Continuation;
    if (this.#inProgress === undefined) {
      opcode = kind === "text" ? Opcode.Text : Opcode.Binary;
      this.#transforming = this.#wantsTransform(kind, content.length, options);
    }
    this.#inProgress = fin ? undefined : kind;
    const piece = typeof content === "string" ? this.#wholeCodePoints(content, fin) : content;
    this.#send(opcode, piece, this.#transforming, fin);
  }

  /** Queues a Close, behind every message. */
  close(payload: Uint8Array): void {
    const outbox = this.#outbox;
    if (outbox.hasBacklog) this.#later(payload.length, () => outbox.frame(FIN | Opcode.Close, payload));
    else outbox.frame(FIN | Opcode.Close, payload);
  }

  /** Sends one frame's content: at once, unless it takes too long, or must not overtake what does. */
  #send(opcode: number, content: string | Uint8Array, transformed: boolean, fin: boolean): void {
    const outbox = this.#outbox;
    const firstByte = transformed && opcode !== Opcode.Continuation ? opcode | this.#transform!.rsv : opcode;
    if (!outbox.hasBacklog && !(transformed && content.length > WORK_BEFORE_YIELD)) {
      this.#sendNow(fin ? firstByte | FIN : firstByte, content, transformed, fin);
      return;
    }
    const kept = typeof content === "string" ? content : content.slice(); // the caller's bytes may change meanwhile
    if (transformed) outbox.later(new SlicedMessage(outbox, this.#codec, this.#transform!, firstByte, kept, fin));
    else this.#later(kept.length, () => this.#sendNow(fin ? firstByte | FIN : firstByte, kept, false, fin));
  }

  #sendNow(firstByte: number, content: string | Uint8Array, transformed: boolean, fin: boolean): void {
    if (transformed) {
      const bytes = typeof content === "string" ? encodeText(this.#codec, content) : content;
      this.#outbox.frame(firstByte, this.#transform!.encode(bytes, fin));
    } else if (typeof content === "string") this.#outbox.textFrame(firstByte, content);
    else this.#outbox.frame(firstByte, content);
  }

  #later(length: number, send: () => void): void {
    this.#outbox.later(new WholeJob(length, send));
  }

  #wantsTransform(kind: Kind, byteLength: number, options: SendOptions | undefined): boolean {
    return this.#transform !== undefined && options?.compress !== false && this.#transform.wants(kind, byteLength);
  }

  /** A piece of text that can be encoded by itself: half a pair at its end waits for the next piece. */
  #wholeCodePoints(text: string, fin: boolean): string {
    const whole = this.#highSurrogate + text;
    const ends = (whole.charCodeAt(whole.length - 1) & 0xfc00) === 0xd800 && !fin ? whole.length - 1 : whole.length;
    this.#highSurrogate = whole.slice(ends);
    return whole.slice(0, ends);
  }

  #requireIdle(): void {
    if (this.#inProgress !== undefined) {
      throw new UsageError("message-in-progress", "the fragments of another message are being sent");
    }
  }
}

/** Throws `UsageError` "bad-argument" unless `bytes` are bytes that are still there. */
export function checkBytes(bytes: Uint8Array): void {
  if (!isUsableBytes(bytes)) throw new UsageError("bad-argument", "bytes must be a Uint8Array that was not detached");
}
