/*
 * The fuzzing peer's own permessage-deflate (RFC 7692 §7), on the runtime's zlib and independent of the engine's.
 */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { concat } from "../support/hex.ts";
import type { PeerCompression } from "./fuzzing-peer.ts";

/** What two peers have agreed on, seen from one of them. */
export interface CompressionTerms {
  /** For what this peer compresses. */
  readonly own: { readonly takeover: boolean; readonly windowBits: number };
  /** For what the other one compresses. */
  readonly other: { readonly takeover: boolean; readonly windowBits: number };
}

const WINDOW = 32 * 1024;
/** §7.2.1: what a sender removes from the end of every message, and a receiver puts back. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** One side of a connection on which `terms` were agreed. */
export function zlibCompression({ own, other }: CompressionTerms): PeerCompression {
  // A context that is taken over is the end of what was compressed before: zlib takes it as a dictionary.
  let sent: Uint8Array = new Uint8Array(0);
  let received: Uint8Array = new Uint8Array(0);
  return {
    compress(message) {
      const dictionary = sent.slice(-(2 ** own.windowBits));
      const bytes = deflateRawSync(message, {
        windowBits: own.windowBits,
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(dictionary.length > 0 ? { dictionary } : {}),
      });
      if (own.takeover) sent = concat(sent.slice(-WINDOW), message).slice(-WINDOW);
      // §7.2.3.6: nothing at all is written as an empty block.
      return message.length === 0 ? Uint8Array.of(0) : Uint8Array.from(bytes.subarray(0, -TAIL.length));
    },
    decompress(message) {
      const dictionary = received.slice(-(2 ** other.windowBits));
      const bytes = inflateRawSync(concat(message, TAIL), {
        windowBits: other.windowBits,
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(dictionary.length > 0 ? { dictionary } : {}),
      });
      if (other.takeover) received = concat(received.slice(-WINDOW), bytes).slice(-WINDOW);
      return Uint8Array.from(bytes);
    },
  };
}
