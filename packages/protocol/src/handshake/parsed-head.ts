// Heads that somebody else has parsed, such as a runtime's own HTTP server. They are held to the rules of our parser,
// since others let through what RFC 9112 forbids.

import { isToken } from "../bytes/token.ts";
import type { HandshakeViolation } from "./handshake-violation.ts";
import { isReadableValue, isTarget } from "./head-grammar.ts";
import type { HeaderList } from "./header-list.ts";
import type { HeadLimits, RequestHead, ResponseHead } from "./http-head.ts";

/** The first rule that a request head breaks which our own parser would not have handed out. */
export function checkParsedRequest(head: RequestHead, limits: HeadLimits): HandshakeViolation | undefined {
  const { method, target, version, headers } = head;
  const lineBytes = `${method} ${target} HTTP/${version}`.length;
  if (lineBytes > limits.startLineBytes) return "request-line-too-long";
  if (!isToken(method) || !isTarget(target)) return "request-line-malformed";
  return checkVersion(version) ?? checkFields(headers, lineBytes, limits);
}

/** The first rule that a response head breaks which our own parser would not have handed out. */
export function checkParsedResponse(head: ResponseHead, limits: HeadLimits): HandshakeViolation | undefined {
  const { version, status, reason, headers } = head;
  const lineBytes = `HTTP/${version} ${status} ${reason}`.length;
  if (lineBytes > limits.startLineBytes) return "status-line-too-long";
  if (!Number.isInteger(status) || status < 100 || status > 599) return "status-line-malformed";
  return checkVersion(version) ?? checkFields(headers, lineBytes, limits);
}

function checkVersion(version: string): HandshakeViolation | undefined {
  return version === "1.1" || version === "1.0" ? undefined : "http-version-unsupported";
}

function checkFields(headers: HeaderList, startLineBytes: number, limits: HeadLimits): HandshakeViolation | undefined {
  if (headers.size > limits.fieldLines) return "too-many-fields";
  let headBytes = startLineBytes + 4; // the first line's end, and the empty line
  for (const [name, value] of headers) {
    if (!isToken(name)) return "field-name-invalid";
    if (!isReadableValue(value)) return "control-character";
    const lineBytes = name.length + 2 + value.length;
    if (lineBytes > limits.fieldLineBytes) return "field-line-too-long";
    headBytes += lineBytes + 2;
  }
  return headBytes > limits.headBytes ? "head-too-long" : undefined;
}
