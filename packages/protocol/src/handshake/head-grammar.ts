// The grammar of the lines of an HTTP/1.1 head (RFC 9112 §3 to §5), on strings whose characters are bytes. The parser
// uses it, and so does whoever must judge a head that somebody else has parsed.

import { isToken, isTokenUnit, trimWhitespace } from "../bytes/token.ts";
import type { HandshakeViolation } from "./handshake-violation.ts";
import type { HttpVersion, RequestHead, ResponseHead } from "./http-head.ts";

const TAB = 0x09;
const COLON = 0x3a;

/** The first line of a request: `method SP request-target SP HTTP-version`, with exactly these two spaces (§3). */
export function parseRequestLine(line: string): Omit<RequestHead, "headers"> | HandshakeViolation {
  const [method, target, versionText, ...more] = line.split(" ", 4);
  if (method === undefined || target === undefined || versionText === undefined || more.length > 0) {
    return "request-line-malformed";
  }
  if (!isToken(method) || !isTarget(target) || !isVersion(versionText)) return "request-line-malformed";
  const version = supportedVersion(versionText);
  return version === undefined ? "http-version-unsupported" : { method, target, version };
}

/** The first line of a response: `HTTP-version SP status-code SP [ reason-phrase ]` (§4). */
export function parseStatusLine(line: string): Omit<ResponseHead, "headers"> | HandshakeViolation {
  const versionText = line.slice(0, 8);
  const digits = line.slice(9, 12);
  const status = isDigits(digits) ? Number(digits) : 0;
  if (!isVersion(versionText) || line.charAt(8) !== " " || line.charAt(12) !== " ") return "status-line-malformed";
  if (status < 100 || status > 599) return "status-line-malformed";
  const version = supportedVersion(versionText);
  return version === undefined ? "http-version-unsupported" : { version, status, reason: line.slice(13) };
}

/**
 * One header line, in `bytes` from `start` to `end`: `field-name ":" OWS field-value OWS`, nothing between name and colon
 * (§5.1). The rule that it breaks, if any.
 */
export function checkFieldLine(bytes: Uint8Array, start: number, end: number): HandshakeViolation | undefined {
  let colon = start;
  while (colon < end && bytes[colon] !== COLON) colon++;
  if (colon === end) return "field-line-malformed";
  for (let at = start; at < colon; at++) if (!isTokenUnit(bytes[at]!)) return "field-name-invalid";
  return colon > start ? undefined : "field-name-invalid";
}

/** Whether the byte must not be anywhere in a head but in a line end: a control character other than HTAB. */
export function isForbiddenControl(byte: number): boolean {
  return (byte < 0x20 && byte !== TAB) || byte === 0x7f;
}

/** Whether `text` has visible ASCII only, as a request target must, and is not empty. */
export function isTarget(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x21 || unit > 0x7e) return false;
  }
  return text.length > 0;
}

/** Whether `text` could have been read from a field line as its value: no control characters, nothing to trim, bytes. */
export function isReadableValue(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (isForbiddenControl(unit) || unit > 0xff) return false;
  }
  return trimWhitespace(text).length === text.length;
}

/** Whether `text` is one or more ASCII digits. */
export function isDigits(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x30 || unit > 0x39) return false;
  }
  return text.length > 0;
}

/** `HTTP-name "/" DIGIT "." DIGIT`, case-sensitive (RFC 9112 §2.3). */
function isVersion(text: string): boolean {
  return (
    text.length === 8 && text.startsWith("HTTP/") && text.charAt(6) === "." && isDigits(text.charAt(5) + text.charAt(7))
  );
}

function supportedVersion(text: string): HttpVersion | undefined {
  return text === "HTTP/1.1" ? "1.1" : text === "HTTP/1.0" ? "1.0" : undefined;
}
