// From pieces of payload to what the application gets (RFC 6455 §5.4, §5.6, §8.1): whole messages, or pieces of them.
// It judges UTF-8 and sizes; the order of frames was judged by the decoder.

import { ByteCollector } from "../bytes/byte-collector.ts";
import { freeableMemoryOf, type MemorySupport } from "../bytes/memory.ts";
import { ReceivedChunk } from "../bytes/received-chunk.ts";
import type { TextCodec } from "../bytes/text-codec.ts";
import { UTF8_ACCEPT, UTF8_REJECT, validateUtf8 } from "../bytes/utf8.ts";
import type { Fragment, Message } from "../vocabulary/event.ts";
import type { Violation } from "../vocabulary/violation.ts";

/** What one message is assembled with. */
export interface AssemblyRules extends MemorySupport {
  readonly delivery: "messages" | "fragments";
  /** The largest size in bytes, and that of text. */
  readonly maxMessageBytes: number;
  readonly maxTextBytes: number;
  /** How text is delivered. */
  readonly text: "string" | "utf8";
  readonly textCodec: TextCodec;
}

/** One incoming message that did not arrive in one piece. */
export class MessageAssembler {
  readonly #kind: "text" | "binary";
  readonly #rules: AssemblyRules;
  /** What is kept: the whole message, or the beginning of a code point at the end of a piece of text. */
  readonly #collector: ByteCollector;
  #utf8 = UTF8_ACCEPT;
  #length = 0;

  constructor(kind: "text" | "binary", rules: AssemblyRules) {
    this.#kind = kind;
    this.#rules = rules;
    this.#collector = new ByteCollector(rules);
  }

  /** Bytes of memory that it holds. */
  get retainedBytes(): number {
    return this.#collector.retainedBytes;
  }

  /** Whether the chunk that was added last is kept, or may have been delivered. */
  get keepsChunk(): boolean {
    return this.#rules.delivery === "fragments" || this.#collector.keepsChunk;
  }

  /**
   * Takes the bytes of `chunk` from `start` to `end`, the last ones of the message if `last`. Returns what there is to
   * deliver, `undefined` for nothing yet, or the rule that the message breaks, at the first byte that breaks it. `missing`
   * bytes of the frame are known to follow. `memory` is the chunk's, if nobody else refers to it: freed in time if the chunk is kept.
   */
  add(
    chunk: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    missing = 0,
    memory?: ArrayBuffer,
  ): Message | Fragment | Violation | undefined {
    this.#length += end - start;
    const limit = this.#kind === "text" ? this.#rules.maxTextBytes : this.#rules.maxMessageBytes;
    if (this.#length > limit) return "message-too-big";
    if (this.#kind === "text") {
      this.#utf8 = validateUtf8(this.#utf8, chunk, start, end);
      if (this.#utf8 === UTF8_REJECT || (last && this.#utf8 !== UTF8_ACCEPT)) return "text-invalid-utf8";
    }
    if (this.#rules.delivery === "fragments") return this.#fragment(chunk, start, end, last);
    if (last) return this.#message(this.#collector.takeWith(chunk, start, end), chunk);
    this.#collector.append(chunk, start, end, missing, memory);
    return undefined;
  }

  #message(bytes: Uint8Array, chunk: Uint8Array): Message | Violation {
    if (this.#kind === "binary") return { kind: "binary", bytes };
    if (this.#rules.text === "utf8") return { kind: "utf8", bytes };
    const text = this.#decode(bytes);
    const memory = bytes.buffer === chunk.buffer ? undefined : freeableMemoryOf(bytes); // the decoder still has the chunk
    if (memory !== undefined) this.#rules.free?.(memory);
    return { kind: "text", text };
  }

  #fragment(chunk: Uint8Array, start: number, end: number, last: boolean): Fragment | undefined {
    if (start === end && !last) return undefined;
    if (this.#kind === "binary") {
      return {
        kind: "fragment",
        message: "binary",
        bytes: new ReceivedChunk(chunk).detach(start, end),
        fin: last,
      };
    }
    this.#collector.append(chunk, start, end);
    const bytes = this.#collector.take();
    const complete = this.#utf8 === UTF8_ACCEPT ? bytes.length : startOfLastCodePoint(bytes);
    this.#collector.append(bytes, complete, bytes.length);
    if (complete === 0 && !last) return undefined;
    const whole = bytes.subarray(0, complete);
    if (this.#rules.text === "utf8") return { kind: "fragment", message: "utf8", bytes: whole, fin: last };
    return { kind: "fragment", message: "text", text: this.#decode(whole), fin: last };
  }

  /** Of bytes that were validated. */
  #decode(bytes: Uint8Array): string {
    return this.#rules.textCodec.decode(bytes, 0, bytes.length)!;
  }
}

/** Where the code point begins that is not complete at the end of `bytes`. */
function startOfLastCodePoint(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while ((bytes[at]! & 0xc0) === 0x80) at--;
  return at;
}
