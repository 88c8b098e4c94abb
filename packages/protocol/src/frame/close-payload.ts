// The payload of a Close frame (RFC 6455 §5.5.1): a code of two bytes and a reason in UTF-8, or nothing.

import { decodeUtf8, encodeUtf8Into, utf8Length } from "../bytes/utf8.ts";
import { CloseCode, isSendableCloseCode } from "../vocabulary/close-code.ts";
import type { CloseStatus } from "../vocabulary/event.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import type { Violation } from "../vocabulary/violation.ts";

/** The longest reason, in bytes of UTF-8: a control frame holds 125, two of which are the code. */
export const MAX_CLOSE_REASON_BYTES = 123;

/** What a Close frame says, or the rule that it breaks. An empty payload is code 1005 (§7.1.5). */
export function readClosePayload(payload: Uint8Array): CloseStatus | Violation {
  if (payload.length === 0) return { code: CloseCode.NoStatusReceived, reason: "" };
  if (payload.length === 1) return "close-payload-truncated";
  const code = payload[0]! * 256 + payload[1]!;
  if (!isSendableCloseCode(code)) return "close-code-invalid";
  const reason = decodeUtf8(payload.subarray(2));
  return reason === undefined ? "close-reason-invalid-utf8" : { code, reason };
}

/** The payload that says `status`. We always say a code. */
export function writeClosePayload(status: CloseStatus): Uint8Array {
  const payload = new Uint8Array(2 + utf8Length(status.reason));
  payload[0] = status.code >> 8;
  payload[1] = status.code;
  encodeUtf8Into(status.reason, payload, 2);
  return payload;
}

/**
 * What a caller wants to close with, checked.
 *
 * Throws `UsageError` "bad-close-code" for a code that may not be sent, "bad-close-reason" for a reason that is too long
 * (see `truncateCloseReason`), "bad-argument" for one that is no string.
 */
export function checkCloseStatus(code: number, reason: string): CloseStatus {
  if (!isSendableCloseCode(code)) throw new UsageError("bad-close-code", `close code ${String(code)} may not be sent`);
  if (typeof reason !== "string") throw new UsageError("bad-argument", "a close reason must be a string");
  const length = utf8Length(reason);
  if (length > MAX_CLOSE_REASON_BYTES) {
    throw new UsageError("bad-close-reason", `the close reason has ${length} bytes of UTF-8, 123 are allowed`);
  }
  return { code, reason };
}

/** `reason`, cut between two code points so that a Close frame can carry it. */
export function truncateCloseReason(reason: string): string {
  let bytes = 0;
  let kept = "";
  for (const character of reason) {
    bytes += utf8Length(character);
    if (bytes > MAX_CLOSE_REASON_BYTES) break;
    kept += character;
  }
  return kept;
}
