import type { Deflater, DeflaterOptions } from "./deflate-codec.ts";
import type { DeflateWorkspace } from "./deflate-workspace.ts";
import type { MatchFinder } from "./match-finder.ts";

/** Raw DEFLATE in portable code. Every call compresses all that it is given; only bits short of a byte wait. */
export class PortableDeflater implements Deflater {
  readonly #options: DeflaterOptions;
  readonly #workspace: DeflateWorkspace;
  #matches: MatchFinder | undefined;
  #bits = 0;
  #bitCount = 0;

  constructor(options: DeflaterOptions, workspace: DeflateWorkspace) {
    this.#options = options;
    this.#workspace = workspace;
  }

  deflate(bytes: Uint8Array, flush: boolean): Uint8Array {
    const { writer, block } = this.#workspace;
    writer.begin(this.#bits, this.#bitCount);
    if (bytes.length > 0) {
      this.#matches ??= this.#workspace.takeMatches(this.#options);
      const matches = this.#matches;
      matches.reserve(bytes.length);
      for (let at = 0; at < bytes.length; ) {
        const start = at;
        at = matches.parse(bytes, start, block);
        block.write(writer, bytes, start, at);
      }
      matches.append(bytes);
    }
    if (flush) {
      writer.reserve(48);
      writer.write(0b000, 3);
      writer.align();
      writer.write(0x0000, 16);
      writer.write(0xffff, 16);
    }
    const result = writer.finish();
    this.#bits = writer.bits;
    this.#bitCount = writer.bitCount;
    return result;
  }

  /** Whether the output so far ends with a whole byte. A flush sees to that. */
  get aligned(): boolean {
    return this.#bitCount === 0;
  }

  /** What the next bytes may refer to: a copy, oldest byte first. */
  get history(): Uint8Array {
    return this.#matches?.history.toBytes() ?? new Uint8Array(0);
  }

  /** Takes note of bytes that a runtime's own codec compressed, with this history, where `aligned`. */
  skip(bytes: Uint8Array): void {
    this.#matches ??= this.#workspace.takeMatches(this.#options);
    this.#matches.skip(bytes);
  }

  reset(): void {
    if (this.#matches === undefined) return;
    this.#workspace.giveMatches(this.#matches);
    this.#matches = undefined;
  }
}
