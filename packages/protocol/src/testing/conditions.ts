import type { Duration } from "../vocabulary/time.ts";

/** How one direction of a link behaves. Times are in ms, sizes in bytes. */
export interface Conditions {
  /** From handing bytes to the network to their arrival. Default: 0. */
  readonly latency: Duration;
  /** Up to this much is added to each latency, at random. Bytes stay in order. Default: 0. */
  readonly jitter: Duration;
  /** How many bytes a ms the network carries. Default: no limit. */
  readonly bytesPerMs: number;
  /**
   * How many bytes may be on their way, or have arrived and not been read, or not been acknowledged: the window of TCP.
   * What is more waits with the sender, as `queuedBytes`. Default: 64 KiB.
   */
  readonly windowBytes: number;
  /** The most that the receiver reads at once. What arrives together is read together. Default: 64 KiB. */
  readonly maxChunkBytes: number;
  /** Whether chunks are cut at random, from one byte to `maxChunkBytes`. Default: `false`. */
  readonly randomChunks: boolean;
  /** A slow reader: it waits this long after each chunk. Default: 0. */
  readonly readInterval: Duration;
  /** Whether the network takes what is written in random parts, a ms apart. Default: `false`. */
  readonly partialWrites: boolean;
}

/** A network without delay, limits or failures but the window of TCP. */
export const DEFAULT_CONDITIONS: Conditions = {
  latency: 0,
  jitter: 0,
  bytesPerMs: Number.POSITIVE_INFINITY,
  windowBytes: 64 * 1024,
  maxChunkBytes: 64 * 1024,
  randomChunks: false,
  readInterval: 0,
  partialWrites: false,
};
