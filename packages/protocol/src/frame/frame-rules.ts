// Which header bytes are legal (RFC 6455 §5.1, §5.2, §5.4, §5.5), each decided at the first byte that makes it certain.
// The checks of lengths are in the decoder, where the length is read.

import { isControl, isDefinedOpcode } from "../vocabulary/opcode.ts";
import type { Violation } from "../vocabulary/violation.ts";

/** What is wrong with the first byte (FIN, RSV1-3, opcode), or `undefined`. */
export function checkFirstByte(byte: number, insideMessage: boolean, extensionBits: number): Violation | undefined {
  const opcode = byte & 0x0f;
  const reserved = byte & 0x70;
  // §5.2: RSV "MUST be 0 unless an extension is negotiated". An extension marks the first frame of a data message only.
  if (reserved !== 0 && ((reserved & ~extensionBits) !== 0 || isControl(opcode) || opcode === 0)) {
    return "reserved-bits";
  }
  if (!isDefinedOpcode(opcode)) return "reserved-opcode";
  if (isControl(opcode)) return byte < 0x80 ? "control-fragmented" : undefined;
  if (opcode === 0) return insideMessage ? undefined : "continuation-unexpected";
  return insideMessage ? "continuation-expected" : undefined;
}

/** What is wrong with the second byte (MASK, payload length) of a frame that a client (`masked`) or a server sent. */
export function checkSecondByte(byte: number, opcode: number, masked: boolean): Violation | undefined {
  // §5.1: "a client MUST mask all frames that it sends to the server", "a server MUST NOT mask any frames".
  if (byte >= 0x80 !== masked) return masked ? "mask-missing" : "mask-forbidden";
  // §5.5: "All control frames MUST have a payload length of 125 bytes or less". 126 and 127 announce more.
  if (isControl(opcode) && (byte & 0x7f) > 125) return "control-too-long";
  return undefined;
}
