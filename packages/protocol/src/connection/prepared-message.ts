// A message that goes to many connections: it is encoded once.

import { isUsableBytes } from "../bytes/bytes.ts";
import { encodeUtf8 } from "../bytes/utf8.ts";
import { encodeFrame } from "../frame/frame.ts";
import { Opcode } from "../vocabulary/opcode.ts";
import { UsageError } from "../vocabulary/usage-error.ts";

/** What `prepareMessage` made. Opaque. */
export interface PreparedMessage {
  readonly kind: "text" | "binary";
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** The whole frame as a server sends it, without compression. */
  readonly frame: Uint8Array;
}

/**
 * Encodes a message once, to be sent on any number of connections. Bytes are copied. Connections of clients, which must
 * mask, and those with compression encode it again, each for itself.
 *
 * Throws `UsageError` "bad-argument".
 */
export function prepareMessage(content: string | Uint8Array): PreparedMessage {
  const isText = typeof content === "string";
  if (!isText && !isUsableBytes(content)) {
    throw new UsageError("bad-argument", "a message must be a string, or a Uint8Array that was not detached");
  }
  const payload = isText ? encodeUtf8(content) : content;
  const opcode = isText ? Opcode.Text : Opcode.Binary;
  const frame = encodeFrame({ fin: true, rsv: 0, opcode, maskKey: undefined, payload });
  return { kind: isText ? "text" : "binary", opcode, payload: frame.subarray(frame.length - payload.length), frame };
}
