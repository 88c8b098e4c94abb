// From messages to frames (RFC 6455 §5.4, §5.6, §6.1): whole ones in one frame, others in the pieces that the caller
// gives. It checks what it is given before anything is queued.

import { isUsableBytes } from "../bytes/bytes.ts";
import { encodeUtf8 } from "../bytes/utf8.ts";
import type { MessageTransform } from "../message/message-transform.ts";
import { Opcode } from "../vocabulary/opcode.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { FIN, type Outbox } from "./outbox.ts";
import type { PreparedMessage } from "./prepared-message.ts";

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
  readonly #transform: MessageTransform | undefined;
  /** The kind of the message whose last fragment was not sent yet. */
  #inProgress: Kind | undefined = undefined;
  #transforming = false;
  /** The first half of a surrogate pair, at the end of the last piece of text. */
  #highSurrogate = "";

  constructor(outbox: Outbox, transform: MessageTransform | undefined) {
    this.#outbox = outbox;
    this.#transform = transform;
  }

  text(text: string, options: SendOptions | undefined): void {
    if (typeof text !== "string") throw new UsageError("bad-argument", "text must be a string");
    this.#requireIdle();
    if (this.#wantsTransform("text", text.length, options)) this.#sendTransformed(Opcode.Text, encodeUtf8(text));
    else this.#outbox.textFrame(FIN | Opcode.Text, text);
  }

  /** `isWellFormed` decides whether `bytes` are text at all. */
  utf8(bytes: Uint8Array, isWellFormed: (bytes: Uint8Array) => boolean, options: SendOptions | undefined): void {
    checkBytes(bytes);
    this.#requireIdle();
    if (!isWellFormed(bytes)) throw new UsageError("bad-argument", "the bytes of text must be well-formed UTF-8");
    if (this.#wantsTransform("text", bytes.length, options)) this.#sendTransformed(Opcode.Text, bytes);
    else this.#outbox.frame(FIN | Opcode.Text, bytes);
  }

  binary(bytes: Uint8Array, options: SendOptions | undefined): void {
    checkBytes(bytes);
    this.#requireIdle();
    if (this.#wantsTransform("binary", bytes.length, options)) this.#sendTransformed(Opcode.Binary, bytes);
    else this.#outbox.frame(FIN | Opcode.Binary, bytes);
  }

  prepared(message: PreparedMessage): void {
    this.#requireIdle();
    if (this.#wantsTransform(message.kind, message.payload.length, undefined)) {
      this.#sendTransformed(message.opcode, message.payload);
    } else this.#outbox.preparedFrame(message);
  }

  fragment(content: string | Uint8Array, fin: boolean, options: SendOptions | undefined): void {
    const kind: Kind = typeof content === "string" ? "text" : "binary";
    if (typeof content !== "string") checkBytes(content);
    if (this.#inProgress !== undefined && this.#inProgress !== kind) {
      throw new UsageError("message-in-progress", `a ${this.#inProgress} message cannot go on with ${kind}`);
    }
    let firstByte: number = Opcode.Continuation;
    if (this.#inProgress === undefined) {
      firstByte = kind === "text" ? Opcode.Text : Opcode.Binary;
      this.#transforming = this.#wantsTransform(kind, content.length, options);
      if (this.#transforming) firstByte |= this.#transform!.rsv;
    }
    this.#inProgress = fin ? undefined : kind;
    if (fin) firstByte |= FIN;
    const piece = typeof content === "string" ? this.#wholeCodePoints(content, fin) : content;
    if (this.#transforming) {
      const bytes = typeof piece === "string" ? encodeUtf8(piece) : piece;
      this.#outbox.frame(firstByte, this.#transform!.encode(bytes, fin));
    } else if (typeof piece === "string") this.#outbox.textFrame(firstByte, piece);
    else this.#outbox.frame(firstByte, piece);
  }

  #sendTransformed(opcode: number, payload: Uint8Array): void {
    const transform = this.#transform!;
    this.#outbox.frame(FIN | transform.rsv | opcode, transform.encode(payload, true));
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
