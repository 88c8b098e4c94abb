import { FrameDecoder, type FrameDecoderOptions } from "./frame-decoder.ts";

/**
 * Decoders with the same options. Between two messages one is like another, so a connection needs none while nothing
 * arrives: that saves an idle one 220 bytes of 2.6 kB. One is kept for whoever comes next, which nearly always is enough:
 * a chunk is mostly taken apart before the next one arrives, on whatever connection.
 */
export class DecoderPool {
  readonly #options: FrameDecoderOptions;
  #spare: FrameDecoder | undefined = undefined;

  constructor(options: FrameDecoderOptions) {
    this.#options = options;
  }

  take(): FrameDecoder {
    const decoder = this.#spare ?? new FrameDecoder(this.#options);
    this.#spare = undefined;
    return decoder;
  }

  /** Gives back a decoder that is between messages and has no bytes. It must not be used afterwards. */
  giveBack(decoder: FrameDecoder): void {
    this.#spare = decoder;
  }
}
