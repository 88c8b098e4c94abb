// Keepalive of clients that can send no Pings: their messages are answered before the application sees them.

import { decodeUtf8 } from "../bytes/utf8.ts";
import { answerKeepalive, type Content, MAX_KEEPALIVE_LENGTH } from "../liveness/keepalive-format.ts";
import type { ConnectionEvent } from "../vocabulary/event.ts";
import { UsageError } from "../vocabulary/usage-error.ts";

/** The answer to a keepalive message; `undefined` for every other message. */
export type KeepaliveAnswerer = (content: Content) => Content | undefined;

/** What an application has chosen, checked. Throws `UsageError` "bad-option". */
export function keepaliveAnswerer(
  chosen: boolean | KeepaliveAnswerer | undefined,
  delivery: "messages" | "fragments" | undefined,
): KeepaliveAnswerer | undefined {
  if (chosen === undefined || chosen === false) return undefined;
  if (delivery === "fragments") {
    throw new UsageError("bad-option", 'answerKeepalive looks at whole messages: not with delivery: "fragments"');
  }
  if (chosen === true) return answerKeepalive;
  if (typeof chosen === "function") return chosen;
  throw new UsageError("bad-option", "answerKeepalive must be a boolean or a function");
}

/** What may be a keepalive message; `undefined` for what is too long, or no message. */
export function keepaliveCandidate(event: ConnectionEvent): Content | undefined {
  switch (event.kind) {
    case "text":
      return event.text.length <= MAX_KEEPALIVE_LENGTH ? event.text : undefined;
    case "binary":
      return event.bytes.length <= MAX_KEEPALIVE_LENGTH ? event.bytes : undefined;
    case "utf8":
      return event.bytes.length <= MAX_KEEPALIVE_LENGTH ? decodeUtf8(event.bytes) : undefined;
    default:
      return undefined;
  }
}
