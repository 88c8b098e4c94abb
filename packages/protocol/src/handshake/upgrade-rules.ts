// The rules of RFC 6455 §4.1 and §4.2 on heads that are grammatical, as pure functions of them. Each returns what the
// head says, or the first rule that it breaks; what is done about it is the business of the two handshakes.

import { decodeBase64 } from "../bytes/base64.ts";
import type { ExtensionElement } from "../extensions/extension.ts";
import { parseExtensions } from "../extensions/extension-header.ts";
import { type Authority, parseAuthority } from "./authority.ts";
import { contentLength } from "./content-length.ts";
import type { HandshakeViolation } from "./handshake-violation.ts";
import type { HeaderList } from "./header-list.ts";
import type { RequestHead, ResponseHead } from "./http-head.ts";
import { parseTarget, type RequestTarget } from "./request-target.ts";
import { areSubprotocols } from "./subprotocols.ts";

/** The version of the protocol that RFC 6455 defines, and the only one spoken here. */
export const WEBSOCKET_VERSION = "13";

/** What most clients offer. */
const NONE: readonly never[] = Object.freeze([]);

/** A valid request for a WebSocket. */
export interface UpgradeRequest {
  readonly head: RequestHead;
  /** The path of the request target, as it was sent: not decoded, not normalised. */
  readonly path: string;
  /** What follows the first "?" of the target; empty without one. */
  readonly query: string;
  readonly headers: HeaderList;
  /** The value of the Host header. It is what the client wrote: valid, but not necessarily a name of this server. */
  readonly host: string;
  /** The value of the Origin header (§10.2), which browsers send and whose value only they cannot choose. */
  readonly origin: string | undefined;
  /** The subprotocols that the client offers, in its order of preference (§1.9). */
  readonly subprotocols: readonly string[];
  /** The extensions that the client offers, in its order of preference (§9.1). */
  readonly extensions: readonly ExtensionElement[];
  /** The nonce, in base64. */
  readonly key: string;
}

/** What holds for any HTTP/1.x request, whatever it asks for. */
export function checkRequest(head: RequestHead): RequestTarget | HandshakeViolation {
  const target = parseTarget(head.method, head.target);
  if (target === undefined) return "target-invalid";
  return checkHost(head, target) ?? checkBodyLength(head) ?? target;
}

/**
 * Whether the request asks for a WebSocket, rightly or wrongly. The key counts too: when a proxy in front drops the
 * hop-by-hop headers Upgrade and Connection, it is what is left, and the answer should name the mistake.
 */
export function asksForWebSocket(head: RequestHead): boolean {
  return hasElement(head.headers, "upgrade", "websocket") || head.headers.has("sec-websocket-key");
}

/** §4.2.1, for a request that has passed `checkRequest`. */
export function checkUpgradeRequest(head: RequestHead, target: RequestTarget): UpgradeRequest | HandshakeViolation {
  const { headers } = head;
  // §4.2.1-1: "An HTTP/1.1 or higher GET request"; RFC 9110 §9.1: "The method token is case-sensitive".
  if (head.method !== "GET") return "method-not-get";
  // RFC 9110 §7.8: "A server that receives an Upgrade header field in an HTTP/1.0 request MUST ignore that Upgrade field."
  if (head.version === "1.0") return "http-1.0";
  // The bytes behind the head will be read as frames. A proxy that believes in a body would see other boundaries.
  if (headers.has("transfer-encoding") || (contentLength(headers) ?? 0) > 0) return "body-present";
  // §4.2.1-3: "containing the value 'websocket' treated as an ASCII case-insensitive value"
  if (!hasElement(headers, "upgrade", "websocket")) return "upgrade-missing";
  // §4.2.1-4: "A |Connection| header field that includes the token 'Upgrade', treated as an ASCII case-insensitive value."
  if (!hasElement(headers, "connection", "upgrade")) return "connection-missing";
  // §4.2.1-6: "with a value of 13". Before the key: the drafts had no such key, and deserve to hear which version we speak.
  const versions = headers.getAll("sec-websocket-version");
  if (versions.length !== 1 || versions[0] !== WEBSOCKET_VERSION) return "version-unsupported";
  const key = checkKey(headers);
  if (key.violation !== undefined) return key.violation;
  const subprotocols = checkOfferedSubprotocols(headers);
  if (subprotocols === undefined) return "subprotocols-invalid";
  const extensions = checkExtensions(headers);
  if (extensions === undefined) return "extensions-invalid";
  const origins = headers.getAll("origin");
  if (origins.length > 1) return "origin-repeated";
  return {
    head,
    path: target.path,
    query: target.query,
    headers,
    host: headers.get("host")!,
    origin: origins[0],
    subprotocols,
    extensions,
    key: key.value,
  };
}

/** What our request said that the response must fit. */
export interface OfferedUpgrade {
  /** The Sec-WebSocket-Accept value that answers our key. */
  readonly accept: string;
  readonly subprotocols: readonly string[];
  /** The names of the extensions. */
  readonly extensions: readonly string[];
}

/** What a valid response with status 101 has chosen. The parameters of the extension are still to be confirmed. */
export interface AgreedUpgrade {
  readonly subprotocol: string | undefined;
  readonly extension: ExtensionElement | undefined;
}

/** §4.1, for a response with status 101. */
export function checkUpgradeResponse(head: ResponseHead, offered: OfferedUpgrade): AgreedUpgrade | HandshakeViolation {
  const { headers } = head;
  // RFC 9110 §15.2: "a server MUST NOT send a 1xx response to an HTTP/1.0 client", and HTTP/1.0 has none.
  if (head.version === "1.0") return "switch-in-http-1.0";
  // RFC 9112 §6.1 and RFC 9110 §8.6 forbid both in a 1xx response; what follows is frames.
  if (headers.has("transfer-encoding") || headers.has("content-length")) return "switch-with-body";
  // §4.1-2: "an ASCII case-insensitive match for the value 'websocket'", or the client fails the connection.
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") return "switch-not-to-websocket";
  // §4.1-3: "a token that is an ASCII case-insensitive match for the value 'Upgrade'"
  if (!hasElement(headers, "connection", "upgrade")) return "switch-without-connection";
  // §4.1-4, compared exactly but for the whitespace around it.
  const accepts = headers.getAll("sec-websocket-accept");
  if (accepts.length === 0) return "accept-missing";
  if (accepts.length > 1) return "accept-repeated";
  if (accepts[0] !== offered.accept) return "accept-mismatch";
  const extensions = checkExtensions(headers);
  if (extensions === undefined) return "extensions-invalid";
  // §4.1-5: the client fails the connection for "an extension that was not present in the client's handshake".
  if (extensions.some(({ name }) => !offered.extensions.includes(name))) return "extension-not-offered";
  if (extensions.length > 1) return "extension-repeated";
  // §4.1-6: the same for "a subprotocol that was not present in the client's handshake". To choose none is allowed.
  const subprotocols = headers.getAll("sec-websocket-protocol");
  if (subprotocols.length > 1) return "subprotocol-repeated";
  const subprotocol = subprotocols[0];
  if (subprotocol !== undefined && !offered.subprotocols.includes(subprotocol)) return "subprotocol-not-offered";
  return { subprotocol, extension: extensions[0] };
}

/** Whether the comma-separated list has the element, without regard to case. It must be a whole element. */
function hasElement(headers: HeaderList, name: string, element: string): boolean {
  if (headers.get(name)?.toLowerCase() === element) return true; // nearly always
  return headers.list(name).some((candidate) => candidate.toLowerCase() === element);
}

/** RFC 9112 §3.2: one valid Host header in HTTP/1.1, at most one in HTTP/1.0. */
function checkHost(head: RequestHead, target: RequestTarget): HandshakeViolation | undefined {
  const hosts = head.headers.getAll("host");
  if (hosts.length > 1) return "host-repeated";
  const [value] = hosts;
  if (value === undefined) return head.version === "1.0" ? undefined : "host-missing";
  const host = parseAuthority(value);
  if (host === undefined) return "host-invalid";
  // §3.2: with an absolute-form "a client MUST send a field value for Host that is identical to that authority component".
  return target.authority === undefined || sameAuthority(host, target.authority) ? undefined : "host-mismatch";
}

function sameAuthority(a: Authority, b: Authority): boolean {
  return a.host === b.host && a.port === b.port;
}

/** What makes the end of a request ambiguous is refused, also when the request is for somebody else (RFC 9112 §6). */
function checkBodyLength({ version, headers }: RequestHead): HandshakeViolation | undefined {
  const hasLength = headers.has("content-length");
  if (headers.has("transfer-encoding")) {
    if (hasLength) return "transfer-encoding-with-content-length";
    if (version === "1.0") return "transfer-encoding-in-http-1.0";
    // §6.3 wants "chunked" to be the last coding. Nobody sends a request with another one before it, except to confuse.
    return headers.get("transfer-encoding")!.toLowerCase() === "chunked" ? undefined : "transfer-encoding-invalid";
  }
  return hasLength && contentLength(headers) === undefined ? "content-length-invalid" : undefined;
}

/** §4.2.1-5: "a base64-encoded value that, when decoded, is 16 bytes in length", here in its canonical spelling. */
function checkKey(
  headers: HeaderList,
): { readonly value: string; readonly violation?: undefined } | { readonly violation: HandshakeViolation } {
  const keys = headers.getAll("sec-websocket-key");
  const [value] = keys;
  if (value === undefined) return { violation: "key-missing" };
  if (keys.length > 1) return { violation: "key-repeated" };
  return value.length === 24 && decodeBase64(value)?.length === 16 ? { value } : { violation: "key-invalid" };
}

/** §4.1-10: "The elements that comprise this value MUST be non-empty strings with characters [of a token] and MUST all be unique". */
function checkOfferedSubprotocols(headers: HeaderList): readonly string[] | undefined {
  if (!headers.has("sec-websocket-protocol")) return NONE;
  const offers = headers.list("sec-websocket-protocol");
  return offers.length > 0 && areSubprotocols(offers) ? offers : undefined;
}

function checkExtensions(headers: HeaderList): readonly ExtensionElement[] | undefined {
  return headers.has("sec-websocket-extensions") ? parseExtensions(headers.getAll("sec-websocket-extensions")) : NONE;
}
