/**
 * Raw DEFLATE (RFC 1951) as permessage-deflate needs it: synchronous, stateful, one deflater and one inflater a
 * connection. A runtime may bring its own; `portableDeflate()` runs everywhere. One codec serves any number of
 * connections and may share working memory among them, since no call is ever suspended.
 */
export interface DeflateCodec {
  /** Makes one for a connection. */
  createDeflater(options: DeflaterOptions): Deflater;
  /** Makes one for a connection. */
  createInflater(options: InflaterOptions): Inflater;
}

/** What a deflater may do: what the two ends have agreed on (RFC 7692 §7.1), and what it may cost. */
export interface DeflaterOptions {
  /** No distance may exceed 2 to the power of this: 8 to 15. */
  readonly windowBits: number;
  /** How much memory the search for repetitions may take: 1 (least) to 9. Each level takes twice as much. */
  readonly memoryLevel: number;
}

/** One compressed stream, going out. */
export interface Deflater {
  /**
   * Compresses the next bytes, which are only read. With `flush`, everything given so far is in the output, which then
   * ends with an empty stored block: its last four bytes are `00 00 ff ff`. Without it the result may be empty.
   * The result belongs to the caller.
   */
  deflate(bytes: Uint8Array, flush: boolean): Uint8Array;
  /** Forgets the history; only after a flush. What follows refers to nothing before. */
  reset(): void;
}

/** What an inflater must be able to undo (RFC 7692 §7.1). */
export interface InflaterOptions {
  /** A distance above 2 to the power of this is invalid: 8 to 15. */
  readonly windowBits: number;
}

/** One compressed stream, coming in. */
export interface Inflater {
  /** Gives the next bytes, in pieces of any size. They are only read, and kept by reference until consumed. */
  push(bytes: Uint8Array): void;
  /**
   * The next 1 to `maxBytes` bytes of output, which belong to the caller; `undefined` when the input is used up;
   * `"invalid"`, from then on, at the first byte that breaks RFC 1951, after all output before it. `maxBytes` is at
   * least 1.
   *
   * A block with BFINAL set is a block like the others: the next one follows at the next byte boundary, with the
   * history intact (RFC 7692 §7.2.3.4).
   */
  pull(maxBytes: number): Uint8Array | undefined | "invalid";
  /** Whether the input is used up and its last four bytes completed an empty stored block (a flush). */
  readonly flushed: boolean;
  /** Forgets the history; only where `flushed`. What follows refers to nothing before. */
  reset(): void;
}
