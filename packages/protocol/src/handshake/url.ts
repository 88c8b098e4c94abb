import { encodeBase64 } from "../bytes/base64.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { parseAuthority } from "./authority.ts";
import { isTarget } from "./head-grammar.ts";
import { splitAuthority } from "./request-target.ts";

/** A WebSocket URI (RFC 6455 §3), taken apart into what a client needs. */
export interface WebSocketUrl {
  /** Whether it is `wss:`. */
  readonly secure: boolean;
  /** What to connect to, in lower case: a name, an IPv4 address, or an IPv6 address without brackets. */
  readonly hostname: string;
  /** The port to connect to; 80 or 443 if the URL has none. */
  readonly port: number;
  /** What goes into the Host header: the host, and the port unless it is the default one. */
  readonly host: string;
  /** The resource name: path and query, at least "/". */
  readonly resource: string;
  /** The credentials of the URL as the value of an Authorization header (RFC 7617). */
  readonly authorization: string | undefined;
}

/**
 * Takes a `ws:` or `wss:` URL apart. It is stricter than browsers are: nothing is trimmed, decoded or normalised but the
 * case of scheme and host. Throws `UsageError` "bad-handshake" if it is not a WebSocket URI: another scheme, a fragment, a
 * host that is none, characters that a request cannot carry (percent-encode those, and write international names as
 * "xn--…").
 *
 * ```ts
 * parseWebSocketUrl("wss://example.com/chat?room=1");
 * // { secure: true, hostname: "example.com", port: 443, host: "example.com", resource: "/chat?room=1", … }
 * ```
 */
export function parseWebSocketUrl(url: string): WebSocketUrl {
  if (!isTarget(url)) throw new UsageError("bad-handshake", "a URL must consist of visible ASCII characters");
  // §3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used on these URIs."
  if (url.includes("#")) throw new UsageError("bad-handshake", "a WebSocket URL must not have a fragment");
  const secure = url.slice(0, 6).toLowerCase() === "wss://";
  if (!secure && url.slice(0, 5).toLowerCase() !== "ws://") {
    throw new UsageError("bad-handshake", 'a WebSocket URL begins with "ws://" or "wss://"');
  }
  const { authorityText, pathAndQuery } = splitAuthority(url.slice(secure ? 6 : 5));
  const at = authorityText.indexOf("@");
  const authority = parseAuthority(authorityText.slice(at + 1));
  if (authority === undefined) throw new UsageError("bad-handshake", "the host or the port of the URL is invalid");
  const defaultPort = secure ? 443 : 80;
  const port = authority.port ?? defaultPort;
  return {
    secure,
    hostname: authority.host.startsWith("[") ? authority.host.slice(1, -1) : authority.host,
    port,
    host: port === defaultPort ? authority.host : `${authority.host}:${port}`,
    resource: pathAndQuery,
    authorization: at < 1 ? undefined : basicAuthorization(authorityText.slice(0, at)),
  };
}

/** RFC 7617 §2: base64 of `user-id ":" password`, without control characters, and without ":" in the user-id. */
function basicAuthorization(userinfo: string): string {
  const colon = userinfo.indexOf(":");
  const user = decodePercent(colon < 0 ? userinfo : userinfo.slice(0, colon));
  const password = decodePercent(colon < 0 ? "" : userinfo.slice(colon + 1));
  const bytes = [...user, 0x3a, ...password];
  if (user.includes(0x3a) || bytes.some((byte) => byte < 0x20 || byte === 0x7f)) {
    throw new UsageError("bad-handshake", "the credentials of the URL cannot be used for basic authentication");
  }
  return `Basic ${encodeBase64(Uint8Array.from(bytes))}`;
}

function decodePercent(text: string): readonly number[] {
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const digits = text.charAt(index) === "%" ? text.slice(index + 1, index + 3) : undefined;
    if (digits === undefined) {
      bytes.push(text.charCodeAt(index));
      continue;
    }
    const byte = hexDigit(digits, 0) * 16 + hexDigit(digits, 1);
    if (byte < 0) throw new UsageError("bad-handshake", "the credentials of the URL are not properly percent-encoded");
    bytes.push(byte);
    index += 2;
  }
  return bytes;
}

function hexDigit(digits: string, index: number): number {
  const value = digits.length === 2 ? "0123456789abcdef".indexOf(digits.charAt(index).toLowerCase()) : -1;
  return value < 0 ? -256 : value;
}
