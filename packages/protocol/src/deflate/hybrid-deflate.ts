import type { DeflateCodec, Deflater, DeflaterOptions } from "./deflate-codec.ts";
import type { PortableDeflater } from "./deflater.ts";
import { portableDeflate } from "./portable-deflate.ts";

/** What a runtime has: zlib, or something like it, as a synchronous function. */
export interface NativeDeflate {
  /** From this size on it is faster than portable code, in spite of its set-up. */
  readonly fromBytes: number;
  /** The smallest window that it keeps to; zlib silently makes one of 9 bits of one of 8, which a peer need not accept. */
  readonly leastWindowBits: number;
  /**
   * `bytes` in raw DEFLATE, ending with an empty stored block (a sync flush). They may refer to `history()`, which is a copy
   * of the last bytes before them, at most as many as the window has; a runtime that cannot do so does not ask for it.
   */
  deflate(bytes: Uint8Array, options: DeflaterOptions, history: () => Uint8Array): Uint8Array;
}

/**
 * A codec that compresses short pieces in portable code, since setting up zlib costs more than compressing them, and long
 * ones by the runtime's function. So no state of zlib's outlives a call, and a connection costs what it does with the
 * portable codec. Inflating is portable: no runtime has a documented way to do it synchronously, in bounded steps and with
 * a history.
 */
export function hybridDeflate(native: NativeDeflate): DeflateCodec {
  const portable = portableDeflate();
  return {
    createDeflater: (options) =>
      options.windowBits < native.leastWindowBits
        ? portable.createDeflater(options)
        : new HybridDeflater(native, options, portable.createDeflater(options)),
    createInflater: (options) => portable.createInflater(options),
  };
}

class HybridDeflater implements Deflater {
  readonly #native: NativeDeflate;
  readonly #options: DeflaterOptions;
  readonly #portable: PortableDeflater;

  constructor(native: NativeDeflate, options: DeflaterOptions, portable: PortableDeflater) {
    this.#native = native;
    this.#options = options;
    this.#portable = portable;
  }

  deflate(bytes: Uint8Array, flush: boolean): Uint8Array {
    const portable = this.#portable;
    if (bytes.length < this.#native.fromBytes) return portable.deflate(bytes, flush);
    const begun = portable.aligned ? undefined : portable.deflate(bytes.subarray(0, 0), true);
    // It is flushed between pieces, too, so that each ends with a whole byte.
    const compressed = this.#native.deflate(bytes, this.#options, () => portable.history);
    portable.skip(bytes);
    if (begun === undefined) return compressed;
    const joined = new Uint8Array(begun.length + compressed.length);
    joined.set(begun);
    joined.set(compressed, begun.length);
    return joined;
  }

  reset(): void {
    this.#portable.reset();
  }
}
