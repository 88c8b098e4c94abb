import { encodeText, type TextCodec } from "../bytes/text-codec.ts";
import type { MessageTransform } from "../message/message-transform.ts";
import { Opcode } from "../vocabulary/opcode.ts";
import type { Job } from "./backlog.ts";
import { FIN, type Outbox, WORK_BEFORE_YIELD } from "./outbox.ts";

/** A message, or a fragment, that is compressed slice by slice, in a frame each (RFC 6455 §5.4). */
export class SlicedMessage implements Job {
  readonly #outbox: Outbox;
  readonly #codec: TextCodec;
  readonly #transform: MessageTransform;
  readonly #content: string | Uint8Array;
  readonly #fin: boolean;
  #firstByte: number;
  #at = 0;

  /** `firstByte` is that of the first frame without FIN; `fin` tells whether the message ends with this content. */
  constructor(
    outbox: Outbox,
    codec: TextCodec,
    transform: MessageTransform,
    firstByte: number,
    content: string | Uint8Array,
    fin: boolean,
  ) {
    this.#outbox = outbox;
    this.#codec = codec;
    this.#transform = transform;
    this.#firstByte = firstByte;
    this.#content = content;
    this.#fin = fin;
  }

  get remaining(): number {
    return this.#content.length - this.#at;
  }

  step(): boolean {
    const slice = this.#nextSlice();
    const last = this.remaining === 0;
    const fin = last && this.#fin;
    const payload = this.#transform.encode(slice, fin);
    if (payload.length === 0 && !last) return false; // it waits inside the transform
    this.#outbox.frame(fin ? this.#firstByte | FIN : this.#firstByte, payload);
    this.#firstByte = Opcode.Continuation;
    return last;
  }

  #nextSlice(): Uint8Array {
    const content = this.#content;
    const start = this.#at;
    let end = Math.min(content.length, start + WORK_BEFORE_YIELD);
    if (typeof content !== "string") {
      this.#at = end;
      return content.subarray(start, end);
    }
    if (content.codePointAt(end - 1)! > 0xffff) end++; // a surrogate pair is encoded as a whole
    this.#at = end;
    return encodeText(this.#codec, content.slice(start, end));
  }
}
