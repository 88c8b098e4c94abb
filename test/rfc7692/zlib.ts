// node:zlib as the other opinion about DEFLATE.

import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from "node:zlib";
import { concat } from "../support/hex.ts";

/** Raw DEFLATE by zlib, ending with a flush, so that it can be a message or be gone on with. */
export function zlibDeflate(bytes: Uint8Array, options: ZlibOptions = {}): Uint8Array {
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, ...options });
}

export interface ZlibInflated {
  readonly output: Uint8Array;
  readonly invalid: boolean;
}

/**
 * What zlib makes of a stream. A block with BFINAL ends it for zlib; as RFC 7692 has it, the next block begins at the
 * next byte and may refer to what was before. Where a stream is invalid, the output before is not known.
 */
export function zlibInflate(bytes: Uint8Array, windowBits = 15): ZlibInflated {
  const parts: Uint8Array[] = [];
  let dictionary: Uint8Array = new Uint8Array(0);
  for (let rest = bytes; rest.length > 0; ) {
    let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
    try {
      // `info` is documented, but not in the types.
      result = inflateRawSync(rest, {
        windowBits,
        finishFlush: constants.Z_SYNC_FLUSH,
        info: true,
        ...(dictionary.length > 0 && { dictionary }),
      } as ZlibOptions) as unknown as typeof result;
    } catch {
      return { output: concat(...parts), invalid: true };
    }
    parts.push(result.buffer);
    dictionary = concat(dictionary, result.buffer).subarray(-32_768);
    rest = rest.subarray(result.engine.bytesWritten);
  }
  return { output: concat(...parts), invalid: false };
}
