// Writes heads. It refuses, before a single byte exists, whatever our own strict parser would not read back as exactly
// the fields that were given: so nothing that an application passes on can add a header or a second message.

import { encodeLatin1 } from "../bytes/latin1.ts";
import { isToken, trimWhitespace } from "../bytes/token.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { isTarget } from "./head-grammar.ts";
import type { HeaderList } from "./header-list.ts";
import type { HeadLimits, RequestHead, ResponseHead } from "./http-head.ts";

/**
 * The bytes of a request head, which belong to the caller. Throws `UsageError` "bad-handshake" if a part of it is
 * illegal (values may have visible ASCII and inner spaces only) or exceeds `limits`.
 */
export function encodeRequestHead(head: RequestHead, limits: HeadLimits): Uint8Array {
  if (!isToken(head.method)) throw refusal("the method is not a token");
  if (!isTarget(head.target)) throw refusal("the request target must consist of visible ASCII characters");
  return encodeHead(`${head.method} ${head.target} HTTP/${head.version}`, head.headers, limits);
}

/** The bytes of a response head, which belong to the caller. Throws like `encodeRequestHead`. */
export function encodeResponseHead(head: ResponseHead, limits: HeadLimits): Uint8Array {
  const { status, reason } = head;
  if (!Number.isInteger(status) || status < 100 || status > 599) throw refusal("a status must be from 100 to 599");
  if (!isPrintable(reason)) throw refusal("the reason phrase must consist of ASCII characters");
  return encodeHead(`HTTP/${head.version} ${status} ${reason}`, head.headers, limits);
}

function encodeHead(startLine: string, headers: HeaderList, limits: HeadLimits): Uint8Array {
  if (startLine.length > limits.startLineBytes) throw refusal("the first line is too long");
  return encodeLatin1(addFields(`${startLine}\r\n`, 0, headers, limits));
}

/**
 * A whole head: the lines `begun`, of which `count` are fields, then `fields`, then the empty line. Throws like
 * `encodeRequestHead`.
 */
export function addFields(
  begun: string,
  count: number,
  fields: Iterable<readonly [name: string, value: string]>,
  limits: HeadLimits,
): string {
  let text = begun;
  let lines = count;
  for (const [name, value] of fields) {
    if (++lines > limits.fieldLines) throw refusal("there are too many header lines");
    checkField(name, value);
    if (name.length + 2 + value.length > limits.fieldLineBytes) throw refusal(`the header ${brief(name)} is too long`);
    text += `${name}: ${value}\r\n`;
  }
  text += "\r\n";
  if (text.length > limits.headBytes) throw refusal("the head is too long");
  return text;
}

function checkField(name: string, value: string): void {
  // The text of the errors never repeats what may not be printed.
  if (!isToken(name)) throw refusal("a header name is not a token");
  if (typeof value !== "string" || !isPrintable(value) || trimWhitespace(value) !== value) {
    throw refusal(
      `the value of the header ${brief(name)} must consist of ASCII characters, without whitespace around it`,
    );
  }
}

/** A token, short enough for a message. */
function brief(name: string): string {
  return name.slice(0, 40);
}

/** Whether `text` consists of visible ASCII characters and spaces. */
function isPrintable(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}

function refusal(message: string): UsageError {
  return new UsageError("bad-handshake", message);
}
