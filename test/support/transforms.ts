import type { MessageTransform } from "../../packages/protocol/src/index.ts";

/**
 * An extension for tests that is no compression: sent bytes are inverted, received ones inverted and repeated `factor`
 * times, which makes a bomb of it. An incoming 0x00 is invalid. Empty pieces of input give no output.
 */
export class InvertingTransform implements MessageTransform {
  readonly rsv: 0x40 | 0x20 | 0x10 = 0x40;
  /** What it was asked to push and pull, for counting. */
  pushes = 0;
  pulledBytes = 0;
  readonly #factor: number;
  readonly #wanted: (kind: "text" | "binary", byteLength: number) => boolean;
  #input: Uint8Array = new Uint8Array(0);
  /** How many bytes of the output of the pushed input were pulled. */
  #at = 0;

  constructor(factor = 1, wanted: (kind: "text" | "binary", byteLength: number) => boolean = () => true) {
    this.#factor = factor;
    this.#wanted = wanted;
  }

  wants(kind: "text" | "binary", byteLength: number): boolean {
    return this.#wanted(kind, byteLength);
  }

  encode(bytes: Uint8Array, _fin: boolean): Uint8Array {
    return invert(bytes);
  }

  push(bytes: Uint8Array, _fin: boolean): void {
    this.pushes++;
    this.#input = bytes;
    this.#at = 0;
  }

  pull(maxBytes: number): Uint8Array | undefined | "invalid" {
    if (this.#input.includes(0)) return "invalid";
    const count = Math.min(maxBytes, this.#input.length * this.#factor - this.#at);
    if (count === 0) return undefined;
    const output = Uint8Array.from(
      { length: count },
      (_, index) => this.#input[Math.floor((this.#at + index) / this.#factor)]! ^ 0xff,
    );
    this.#at += count;
    this.pulledBytes += count;
    return output;
  }
}

/** What the transform does to one piece. */
export function invert(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}
