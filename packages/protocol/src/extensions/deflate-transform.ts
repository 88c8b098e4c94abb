import type { DeflateCodec, Deflater, Inflater } from "../deflate/deflate-codec.ts";
import type { MessageTransform } from "../message/message-transform.ts";

/** What was agreed for one direction (RFC 7692 §7.1). */
export interface DeflateDirection {
  /** No distance exceeds 2 to the power of this. */
  readonly windowBits: number;
  /** Whether a message may refer to the ones before it (§7.1.1). */
  readonly contextTakeover: boolean;
}

export interface DeflateTransformOptions {
  readonly codec: DeflateCodec;
  readonly outgoing: DeflateDirection;
  readonly incoming: DeflateDirection;
  /** 1 to 9; see `DeflaterOptions`. */
  readonly memoryLevel: number;
  /** Shorter messages are sent as they are. */
  readonly thresholdBytes: number;
}

/** The empty stored block without its header bits, which every message ends with and none carries (§7.2.1, §7.2.2). */
const TAIL: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/**
 * permessage-deflate on one connection (RFC 7692 §7.2): where messages begin and end in the two compressed streams. What
 * a direction needs is made with its first compressed message.
 */
export class DeflateTransform implements MessageTransform {
  /** §6: "Per-Message Compressed" is RSV1. */
  readonly rsv = 0x40;
  readonly #options: DeflateTransformOptions;
  #deflater: Deflater | undefined;
  #inflater: Inflater | undefined;
  /** Whether the whole incoming message was pushed, and its end not yet reached. */
  #ending = false;
  #invalid = false;

  constructor(options: DeflateTransformOptions) {
    this.#options = options;
  }

  wants(_kind: "text" | "binary", byteLength: number): boolean {
    return byteLength >= this.#options.thresholdBytes;
  }

  encode(bytes: Uint8Array, fin: boolean): Uint8Array {
    const { codec, outgoing, memoryLevel } = this.#options;
    this.#deflater ??= codec.createDeflater({ windowBits: outgoing.windowBits, memoryLevel });
    const compressed = this.#deflater.deflate(bytes, fin);
    if (!fin) return compressed;
    if (!outgoing.contextTakeover) this.#deflater.reset();
    // §7.2.1: "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end."
    return compressed.subarray(0, compressed.length - TAIL.length);
  }

  push(bytes: Uint8Array, fin: boolean): void {
    if (this.#invalid) return;
    const { codec, incoming } = this.#options;
    this.#inflater ??= codec.createInflater({ windowBits: incoming.windowBits });
    this.#inflater.push(bytes);
    if (!fin) return;
    // §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message."
    this.#inflater.push(TAIL);
    this.#ending = true;
  }

  pull(maxBytes: number): Uint8Array | undefined | "invalid" {
    if (this.#invalid) return "invalid";
    const output = this.#inflater?.pull(maxBytes);
    if (output !== undefined || !this.#ending) return output;
    this.#ending = false;
    // The tail must have completed an empty stored block: otherwise the message was cut short, or was empty (§7.2.3.6).
    this.#invalid = !this.#inflater!.flushed;
    if (this.#invalid) return "invalid";
    if (!this.#options.incoming.contextTakeover) this.#inflater!.reset();
    return undefined;
  }
}
