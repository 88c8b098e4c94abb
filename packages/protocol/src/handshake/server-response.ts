// What a server answers, as bytes.

import { concatBytes } from "../bytes/bytes.ts";
import { encodeUtf8 } from "../bytes/utf8.ts";
import type { ExtensionElement } from "../extensions/extension.ts";
import { formatExtensions } from "../extensions/extension-header.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { addFields, encodeResponseHead } from "./head-writer.ts";
import { HeaderList } from "./header-list.ts";
import type { HeadLimits } from "./http-head.ts";
import { reasonPhrase } from "./reason-phrase.ts";
import { WEBSOCKET_VERSION } from "./upgrade-rules.ts";

type Field = readonly [name: string, value: string];

/** What a server has chosen from an offer. */
export interface SwitchingProtocols {
  /** The Sec-WebSocket-Accept value. */
  readonly accept: string;
  readonly subprotocol: string | undefined;
  readonly extension: ExtensionElement | undefined;
  /** The application's own fields. */
  readonly headers: HeaderList;
}

/** What is the same for all clients. `HeadLimits` never are so low that it would not fit. */
const SWITCHING_PROTOCOLS =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
const OWN_FIELDS = 3;

/** The response that opens a connection (RFC 6455 §4.2.2-5). Throws `UsageError` "bad-handshake" for what is illegal. */
export function formatSwitchingProtocols(chosen: SwitchingProtocols, limits: HeadLimits): string {
  const { accept, subprotocol, extension, headers } = chosen;
  const head = `${SWITCHING_PROTOCOLS}${accept}\r\n`;
  const fields: Field[] = [];
  if (subprotocol !== undefined) fields.push(["Sec-WebSocket-Protocol", subprotocol]);
  if (extension !== undefined) fields.push(["Sec-WebSocket-Extensions", formatExtensions([extension])]);
  return addFields(head, OWN_FIELDS, headers.size === 0 ? fields : [...fields, ...headers], limits);
}

/** A refusal, or the response to a plain HTTP request. */
export interface Refusal {
  readonly status: number;
  /** The application's own fields. */
  readonly headers: HeaderList;
  readonly body: string | Uint8Array;
  /** Whether the request was HEAD, to which a body is announced and not sent (RFC 9110 §9.3.2). */
  readonly toHead: boolean;
}

/**
 * The bytes of a last response, head and body. RFC 9112 §9.6: "A server that sends a 'close' connection option MUST
 * initiate closure of the connection [...] after it sends the final response containing the 'close'".
 *
 * Throws `UsageError` "bad-argument" for a body where the status forbids one, "bad-handshake" for illegal headers.
 */
export function encodeRefusal({ status, headers, body, toHead }: Refusal, limits: HeadLimits): Uint8Array {
  const content = typeof body === "string" ? encodeUtf8(body) : body;
  const fields: Field[] = [["Connection", status === 426 ? "Upgrade, close" : "close"]];
  // RFC 9110 §15.5.6 and §15.5.22, RFC 6455 §4.4: what else the server would take.
  if (status === 405 && !headers.has("allow")) fields.push(["Allow", "GET"]);
  if (status === 426) fields.push(["Upgrade", "websocket"], ["Sec-WebSocket-Version", WEBSOCKET_VERSION]);
  if (typeof body === "string" && body !== "" && !headers.has("content-type")) {
    fields.push(["Content-Type", "text/plain; charset=utf-8"]);
  }
  if (status === 204 || status === 304) {
    if (content.length > 0) throw new UsageError("bad-argument", `a response with status ${status} has no body`);
  } else {
    fields.push(["Content-Length", String(content.length)]);
  }
  const head = encodeResponse(status, [...fields, ...headers], limits);
  return toHead ? head : concatBytes([head, content]);
}

function encodeResponse(status: number, fields: readonly Field[], limits: HeadLimits): Uint8Array {
  const headers = new HeaderList(fields);
  return encodeResponseHead({ version: "1.1", status, reason: reasonPhrase(status), headers }, limits);
}
