// From received chunks to messages, control frames and violations. It keeps chunks until somebody asks, which is what
// makes not asking a back-pressure.

import { copyOf, EMPTY, viewOf } from "../bytes/bytes.ts";
import { freeableMemoryOf } from "../bytes/memory.ts";
import { Queue } from "../bytes/queue.ts";
import { ReceivedChunk } from "../bytes/received-chunk.ts";
import type { DecoderPool } from "../frame/decoder-pool.ts";
import type { FrameDecoder } from "../frame/frame-decoder.ts";
import { MessageAssembler } from "../message/message-assembler.ts";
import type { MessageTransform } from "../message/message-transform.ts";
import type { Fragment, Message } from "../vocabulary/event.ts";
import { isControl, Opcode } from "../vocabulary/opcode.ts";
import type { Instant } from "../vocabulary/time.ts";
import type { Violation } from "../vocabulary/violation.ts";
import { YIELD, type Yield } from "../vocabulary/yield.ts";
import type { ConnectionSettings } from "./connection-options.ts";

/** How much a transformed message may grow between two looks at the limits. */
const TRANSFORM_SLICE = 32 * 1024;
/** How much is transformed before others should have their turn: 1 ms of inflating JSON, by measurement. */
const TRANSFORM_BEFORE_YIELD = 8 * TRANSFORM_SLICE;

/** What was found in the received bytes, or that others should have their turn before the rest is looked at. */
export type Received =
  | Message
  | Fragment
  | { readonly kind: "control"; readonly opcode: number; readonly payload: Uint8Array }
  | { readonly kind: "violation"; readonly violation: Violation }
  | Yield;

interface Chunk {
  readonly arrivedAt: Instant;
  readonly bytes: Uint8Array;
}

export class Reception {
  /** When the bytes that completed the last item arrived. */
  arrivedAt: Instant = 0;
  readonly #settings: ConnectionSettings;
  readonly #transform: MessageTransform | undefined;
  readonly #decoders: DecoderPool;
  /** `undefined` between messages while there is nothing unread. */
  #decoder: FrameDecoder | undefined = undefined;
  /** Chunks behind the one that the decoder has, and the bytes in them. */
  #waiting: Queue<Chunk> | undefined = undefined;
  #waitingBytes = 0;
  /** The chunk that the decoder has, once a message of it was delivered. */
  #chunk: ReceivedChunk | undefined = undefined;
  /** Its memory, as long as nobody else refers to it, if that is to be let go of behind the last byte. */
  #memory: ArrayBuffer | undefined = undefined;
  /** The kind of the message that is being received, and whether the transform has a hand in it. */
  #kind: "text" | "binary" = "binary";
  #transformed = false;
  #transforming = false;
  #transformEnds = false;
  /** How much the transform has made since there was nothing unread, or since others had their turn. */
  #transformedBytes = 0;
  #assembler: MessageAssembler | undefined = undefined;
  /** The payload of a control frame that did not arrive in one piece, and how much of it there is. */
  #control: Uint8Array | undefined = undefined;
  #controlLength = 0;
  #discarding = false;
  /** Of the chunks since there was nothing unread: somebody may have a view of one. */
  #chunkIsShared = false;

  constructor(settings: ConnectionSettings, transform: MessageTransform | undefined) {
    this.#settings = settings;
    this.#transform = transform;
    this.#decoders = transform === undefined ? settings.decoders : settings.createDecoders(transform.rsv);
  }

  /** Whether it drops whatever comes. */
  get discards(): boolean {
    return this.#discarding;
  }

  /** Whether there are bytes that nobody has asked about. */
  get hasUnread(): boolean {
    return this.#waiting !== undefined || this.#transforming || this.#undecodedBytes() > 0;
  }

  /** Whether nothing refers any more to the chunks that were received: neither a message nor what is to become one. */
  get hasReleasedChunks(): boolean {
    return !this.#chunkIsShared && !this.hasUnread;
  }

  /** Bytes of memory held for what was received and not delivered. */
  get retainedBytes(): number {
    const collected = (this.#assembler?.retainedBytes ?? 0) + (this.#control?.length ?? 0);
    return collected + this.#undecodedBytes() + this.#waitingBytes;
  }

  #undecodedBytes(): number {
    return this.#decoder === undefined ? 0 : this.#decoder.unreadBytes;
  }

  /** Takes ownership of `bytes`. */
  receive(now: Instant, bytes: Uint8Array): void {
    if (this.#discarding) return;
    if (this.hasUnread) {
      (this.#waiting ??= new Queue()).push({ arrivedAt: now, bytes });
      this.#waitingBytes += bytes.length;
    } else {
      this.arrivedAt = now;
      this.#chunkIsShared = false;
      this.#transformedBytes = 0;
      this.#decoder ??= this.#decoders.take();
      this.#feed(this.#decoder, bytes);
    }
  }

  /** Drops what was received, and whatever will be: §7.1.7, "MUST NOT continue to attempt to process data". */
  discard(): void {
    this.#discarding = true;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    this.#chunk = undefined;
    this.#memory = undefined;
    this.#assembler = undefined;
    this.#control = undefined;
    this.#transforming = false;
    this.#decoder = undefined;
  }

  /** The next item; `undefined` until more is received. */
  next(): Received | undefined {
    for (;;) {
      if (this.#transforming) {
        const item = this.#pull();
        if (item !== undefined) return item;
        continue;
      }
      const decoder = this.#decoder;
      if (decoder === undefined) return undefined;
      switch (decoder.advance()) {
        case "payload": {
          const item = isControl(decoder.opcode) ? this.#controlPiece(decoder) : this.#dataPiece(decoder);
          if (item !== undefined) return item;
          break;
        }
        case "needs-bytes": {
          this.#letGoOfChunk();
          const chunk = this.#nextChunk();
          if (chunk === undefined) {
            if (decoder.betweenMessages) this.#giveBack(decoder);
            return undefined;
          }
          this.arrivedAt = chunk.arrivedAt;
          this.#feed(decoder, chunk.bytes);
          break;
        }
        case "violation":
          return { kind: "violation", violation: decoder.violation! };
      }
    }
  }

  #feed(decoder: FrameDecoder, bytes: Uint8Array): void {
    decoder.feed(bytes);
    if (this.#settings.free !== undefined) this.#memory = freeableMemoryOf(bytes);
  }

  /** The decoder has used it up. An idle connection must not keep one alive. */
  #letGoOfChunk(): void {
    this.#chunk = undefined;
    if (this.#memory === undefined) return;
    this.#settings.free!(this.#memory);
    this.#memory = undefined;
  }

  #giveBack(decoder: FrameDecoder): void {
    this.#decoder = undefined;
    this.#decoders.giveBack(decoder);
  }

  #nextChunk(): Chunk | undefined {
    const chunk = this.#waiting?.shift();
    if (chunk === undefined) return undefined;
    this.#waitingBytes -= chunk.bytes.length;
    if (this.#waiting?.length === 0) this.#waiting = undefined;
    return chunk;
  }

  #dataPiece(decoder: FrameDecoder): Received | undefined {
    const { chunk, start, end, fin, frameStarts, frameEnds, opcode, reserved } = decoder;
    if (frameStarts && opcode !== Opcode.Continuation) {
      this.#kind = opcode === Opcode.Text ? "text" : "binary";
      this.#transformed = reserved !== 0;
    }
    const last = fin && frameEnds;
    if (this.#transformed) {
      this.#shareChunk();
      this.#transform!.push(viewOf(chunk, start, end), last);
      this.#transforming = true;
      this.#transformEnds = last;
      return undefined;
    }
    if (last && this.#assembler === undefined && this.#settings.delivery === "messages") {
      return this.#wholeMessage(chunk, start, end);
    }
    const memory = end === chunk.length ? this.#memory : undefined;
    const item = this.#assemble(chunk, start, end, last, decoder.payloadMissing, memory);
    const keepsChunk = this.#assembler?.keepsChunk ?? (item !== undefined && hasMemoryOf(chunk, item));
    if (keepsChunk) this.#shareChunk();
    return item;
  }

  /** The common case: one frame, in one piece, is the message. */
  #wholeMessage(chunk: Uint8Array, start: number, end: number): Received {
    const { text: delivery, textCodec, isWellFormed } = this.#settings;
    if (this.#kind === "binary") return { kind: "binary", bytes: this.#detach(chunk, start, end) };
    if (delivery === "utf8") {
      const bytes = this.#detach(chunk, start, end);
      return isWellFormed(bytes) ? { kind: "utf8", bytes } : { kind: "violation", violation: "text-invalid-utf8" };
    }
    const text = textCodec.decode(chunk, start, end);
    return text === undefined ? { kind: "violation", violation: "text-invalid-utf8" } : { kind: "text", text };
  }

  #detach(chunk: Uint8Array, start: number, end: number): Uint8Array {
    if (this.#chunk?.bytes !== chunk) this.#chunk = new ReceivedChunk(chunk);
    const bytes = this.#chunk.detach(start, end);
    if (this.#chunk.isShared) this.#shareChunk();
    return bytes;
  }

  /** Somebody has a view of the chunk that the decoder has. */
  #shareChunk(): void {
    this.#chunkIsShared = true;
    this.#memory = undefined;
  }

  #assemble(
    chunk: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    missing = 0,
    memory?: ArrayBuffer,
  ): Received | undefined {
    const assembler = (this.#assembler ??= new MessageAssembler(this.#kind, this.#settings));
    const item = assembler.add(chunk, start, end, last, missing, memory);
    if (last) this.#assembler = undefined;
    return typeof item === "string" ? { kind: "violation", violation: item } : item;
  }

  #pull(): Received | undefined {
    if (this.#transformedBytes >= TRANSFORM_BEFORE_YIELD) {
      this.#transformedBytes = 0;
      return YIELD;
    }
    const piece = this.#transform!.pull(TRANSFORM_SLICE);
    if (piece === "invalid") return { kind: "violation", violation: "compressed-data-invalid" };
    if (piece !== undefined) {
      this.#transformedBytes += piece.length;
      return this.#assemble(piece, 0, piece.length, false);
    }
    this.#transforming = false;
    return this.#transformEnds ? this.#assemble(EMPTY, 0, 0, true) : undefined;
  }

  #controlPiece(decoder: FrameDecoder): Received | undefined {
    const { chunk, start, end, opcode, frameEnds, payloadLength } = decoder;
    if (frameEnds && this.#control === undefined)
      return { kind: "control", opcode, payload: copyOf(chunk, start, end) };
    this.#control ??= new Uint8Array(payloadLength);
    this.#control.set(viewOf(chunk, start, end), this.#controlLength);
    this.#controlLength += end - start;
    if (!frameEnds) return undefined;
    const payload = this.#control;
    this.#control = undefined;
    this.#controlLength = 0;
    return { kind: "control", opcode, payload };
  }
}

function hasMemoryOf(chunk: Uint8Array, item: Received): boolean {
  return "bytes" in item && item.bytes.buffer === chunk.buffer;
}
