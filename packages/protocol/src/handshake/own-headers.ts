import { UsageError } from "../vocabulary/usage-error.ts";
import { HeaderList, type HeaderSource } from "./header-list.ts";

/** Fields by which the handshake and the end of a message are recognised, besides all that begin with "Sec-WebSocket-". */
const ownNames: readonly string[] = ["connection", "upgrade", "content-length", "transfer-encoding"];

const NONE: HeaderList = new HeaderList();

/**
 * An application's header fields. Throws `UsageError` "bad-handshake" for those that the handshake writes itself, so that
 * none of them can be there twice, or say something else.
 */
export function checkHeaders(source: HeaderSource | undefined): HeaderList {
  if (source === undefined) return NONE;
  const headers = source instanceof HeaderList ? source : new HeaderList(source);
  for (const [name] of headers) {
    const lowered = name.toLowerCase();
    if (ownNames.includes(lowered) || lowered.startsWith("sec-websocket-")) {
      throw new UsageError(
        "bad-handshake",
        "the headers Connection, Upgrade, Content-Length, Transfer-Encoding and Sec-WebSocket-* are written by the handshake",
      );
    }
  }
  return headers;
}
