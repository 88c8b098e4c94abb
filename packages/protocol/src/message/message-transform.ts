/**
 * What a negotiated extension does to the payloads of messages (RFC 6455 §9), one instance a connection. Work is done
 * in pieces, synchronously, and output is pulled, so that neither a bomb nor a long message ever costs more than the
 * caller asked for.
 */
export interface MessageTransform {
  /** The reserved bit that marks a transformed message, in the first frame's header byte (§5.2). */
  readonly rsv: 0x40 | 0x20 | 0x10;

  /**
   * Whether an outgoing message should be transformed. `byteLength` is the whole message's, or that of the first
   * piece when it is sent in fragments; for text it may be the number of UTF-16 units, which are no more than its bytes.
   */
  wants(kind: "text" | "binary", byteLength: number): boolean;
  /**
   * Transforms the next piece of one outgoing message; `fin` marks the last one. `bytes` is only read. The result
   * belongs to the caller, and may be empty unless `fin`.
   */
  encode(bytes: Uint8Array, fin: boolean): Uint8Array;

  /** Takes the next piece of one incoming message. It is kept by reference until `pull` has consumed it. */
  push(bytes: Uint8Array, fin: boolean): void;
  /**
   * Up to `maxBytes` of what the pushed pieces decode to; `undefined` when there is no more (for now, or for this
   * message after `fin`); `"invalid"`, for ever, once the input is corrupt.
   */
  pull(maxBytes: number): Uint8Array | undefined | "invalid";
}
