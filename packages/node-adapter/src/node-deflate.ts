// DEFLATE as it is fastest on Node, by measurement (bench/deflate): short pieces in portable code, since setting up
// zlib costs more than compressing them; long ones by zlib's synchronous function, which is given the history as a
// dictionary. So no state of zlib's outlives a call, and a connection costs what it does with the portable codec.
// Inflating is portable: zlib has no documented way to do it synchronously, in bounded steps and with a history.

import { constants, deflateRawSync } from "node:zlib";
import {
  type DeflateCodec,
  type Deflater,
  type DeflaterOptions,
  type PortableDeflater,
  portableDeflate,
} from "@sansock/protocol";

/** From this size on, zlib is faster in spite of its set-up: by a tenth at this size, by two thirds at 64 KiB. */
const NATIVE_BYTES = 8 * 1024;
/** zlib silently makes a window of 8 bits one of 9, which the peer need not accept. */
const NATIVE_WINDOW_BITS = 9;

const NO_BYTES = new Uint8Array(0);

/** The codec for `permessageDeflate({ codec: nodeDeflate() })`. */
export function nodeDeflate(): DeflateCodec {
  const portable = portableDeflate();
  return {
    createDeflater: (options) =>
      options.windowBits < NATIVE_WINDOW_BITS
        ? portable.createDeflater(options)
        : new NodeDeflater(options, portable.createDeflater(options)),
    createInflater: (options) => portable.createInflater(options),
  };
}

class NodeDeflater implements Deflater {
  readonly #options: DeflaterOptions;
  readonly #portable: PortableDeflater;

  constructor(options: DeflaterOptions, portable: PortableDeflater) {
    this.#options = options;
    this.#portable = portable;
  }

  deflate(bytes: Uint8Array, flush: boolean): Uint8Array {
    const portable = this.#portable;
    if (bytes.length < NATIVE_BYTES) return portable.deflate(bytes, flush);
    const flushed = portable.aligned ? NO_BYTES : portable.deflate(NO_BYTES, true);
    const { history } = portable;
    const compressed = deflateRawSync(bytes, {
      windowBits: this.#options.windowBits,
      memLevel: this.#options.memoryLevel,
      finishFlush: constants.Z_SYNC_FLUSH, // also between pieces, so that each ends with a whole byte
      ...(history.length > 0 && { dictionary: history }),
    });
    portable.skip(bytes);
    return flushed.length === 0 ? compressed : Buffer.concat([flushed, compressed]);
  }

  reset(): void {
    this.#portable.reset();
  }
}
