/*
 * The rules of RFC 6455 for what a peer may send, one after the other, in the order in which the bytes that break them
 * arrive. Written from the text and apart from the engine.
 */
import type { Violation } from "../../packages/protocol/src/vocabulary/violation.ts";

/** What decides whether a header is legal, besides its bytes. */
export interface HeaderContext {
  /** Our role: a server receives from a client. */
  readonly role: "client" | "server";
  /** Whether a fragmented message has begun and not ended. */
  readonly inFragment: boolean;
  /** The reserved bit that a negotiated extension claims for the first frame of a message, 4 for RSV1; 0 for none. */
  readonly extensionBit: number;
}

/** What the first byte of a frame breaks, if anything. */
export function judgeFirstByte(byte: number, context: HeaderContext): Violation | undefined {
  const fin = byte >= 128;
  const rsv = Math.floor(byte / 16) % 8;
  const opcode = byte % 16;
  const control = opcode >= 8;
  // §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values." RFC 7692 §6.1 gives
  // its bit a meaning in the first frame of a data message, and forbids it in control frames and continuations. The
  // reserved opcodes 3 to 7 are "for further non-control frames", so there it is the opcode that is wrong, not the bit.
  const meaningful = control || opcode === 0 ? 0 : context.extensionBit;
  if (rsv !== 0 && rsv !== meaningful) return "reserved-bits";
  // §5.2: %x3-7 "are reserved for further non-control frames", %xB-F "for further control frames".
  if (![0, 1, 2, 8, 9, 10].includes(opcode)) return "reserved-opcode";
  // §5.5: control frames "MUST NOT be fragmented".
  if (control && !fin) return "control-fragmented";
  // §5.4: a fragmented message is one frame with another opcode, then frames with opcode 0.
  if (opcode === 0 && !context.inFragment) return "continuation-unexpected";
  // §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message".
  if ((opcode === 1 || opcode === 2) && context.inFragment) return "continuation-expected";
  return undefined;
}

/** What the second byte of a frame breaks, if anything, after a legal first one. */
export function judgeSecondByte(first: number, second: number, context: HeaderContext): Violation | undefined {
  const masked = second >= 128;
  const length = second % 128;
  const control = first % 16 >= 8;
  // §5.1: "The server MUST close the connection upon receiving a frame that is not masked."
  if (context.role === "server" && !masked) return "mask-missing";
  // §5.1: "A client MUST close a connection if it detects a masked frame."
  if (context.role === "client" && masked) return "mask-forbidden";
  // §5.5: "All control frames MUST have a payload length of 125 bytes or less".
  if (control && length > 125) return "control-too-long";
  return undefined;
}

/** What the extended payload length breaks, if anything; `bits` is the form that was used. */
export function judgeLength(length: bigint, bits: 7 | 16 | 64): Violation | undefined {
  // §5.2: "the most significant bit MUST be 0".
  if (bits === 64 && length >= 2n ** 63n) return "length-top-bit";
  // §5.2: "the minimal number of bytes MUST be used to encode the length".
  if (bits === 64 && length <= 65535n) return "length-not-minimal";
  if (bits === 16 && length <= 125n) return "length-not-minimal";
  return undefined;
}

/** §7.4.1, §7.4.2 and the IANA registry of §11.7, as of today: whether a Close frame may carry the code. */
export function mayBeOnTheWire(code: number): boolean {
  switch (code) {
    case 1000: // normal closure
    case 1001: // going away
    case 1002: // protocol error
    case 1003: // a type of data that cannot be accepted
    case 1007: // data not consistent with the type of the message
    case 1008: // policy
    case 1009: // too big
    case 1010: // an extension was expected
    case 1011: // unexpected condition
    case 1012: // IANA: service restart
    case 1013: // IANA: try again later
    case 1014: // IANA: bad gateway
      return true;
    // 1004 is reserved; 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame".
    default:
      // "3000-3999 … reserved for use by libraries, frameworks, and applications", "4000-4999 … for private use";
      // 0-999 "are not used", 1016-2999 await "future revisions", and nothing is said beyond 4999.
      return Number.isInteger(code) && code >= 3000 && code <= 4999;
  }
}
