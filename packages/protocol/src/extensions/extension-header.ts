// The grammar of Sec-WebSocket-Extensions (RFC 6455 §9.1), in one pass over each line. It does not know any extension.

import { isToken, isTokenUnit, isWhitespace } from "../bytes/token.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import type { ExtensionElement, ExtensionParameter } from "./extension.ts";

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The extensions that the values of all `Sec-WebSocket-Extensions` lines name, in order; `undefined` if any line breaks
 * the grammar, or all of them together name none. Several lines are one list (§9.1), empty elements of which are
 * ignored (RFC 9110 §5.6.1.2).
 *
 * ```ts
 * parseExtensions(['permessage-deflate; client_max_window_bits="10", x-other']);
 * // [{ name: "permessage-deflate", parameters: [{ name: "client_max_window_bits", value: "10" }] },
 * //  { name: "x-other", parameters: [] }]
 * ```
 */
export function parseExtensions(lines: readonly string[]): readonly ExtensionElement[] | undefined {
  const elements: ExtensionElement[] = [];
  for (const line of lines) {
    const cursor = new Cursor(line);
    while (!cursor.atEnd()) {
      if (cursor.take(COMMA)) continue;
      const element = takeElement(cursor);
      if (element === undefined) return undefined;
      elements.push(element);
      if (!cursor.atEnd() && !cursor.take(COMMA)) return undefined;
    }
  }
  return elements.length > 0 ? elements : undefined;
}

/**
 * The value of a `Sec-WebSocket-Extensions` line that names `elements`. Throws `UsageError` "bad-handshake" if a name
 * or a value is no token, which an extension must not ask for.
 */
export function formatExtensions(elements: readonly ExtensionElement[]): string {
  return elements.map(({ name, parameters }) => [requireToken(name), ...parameters.map(format)].join("; ")).join(", ");
}

function format({ name, value }: ExtensionParameter): string {
  return value === undefined ? requireToken(name) : `${requireToken(name)}=${requireToken(value)}`;
}

function requireToken(text: string): string {
  if (!isToken(text)) throw new UsageError("bad-handshake", "the name or a parameter of an extension is not a token");
  return text;
}

function takeElement(cursor: Cursor): ExtensionElement | undefined {
  const name = cursor.takeToken();
  if (name === "") return undefined;
  const parameters: ExtensionParameter[] = [];
  while (cursor.take(SEMICOLON)) {
    const parameter = cursor.takeToken();
    if (parameter === "") return undefined;
    const value = cursor.take(EQUALS) ? cursor.takeValue() : undefined;
    if (value === "") return undefined;
    parameters.push({ name: parameter, value });
  }
  return { name, parameters };
}

/** A place in one line. Whitespace is skipped before each word: §9.1 takes over RFC 2616's "implied *LWS". */
class Cursor {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  atEnd(): boolean {
    this.#skipWhitespace();
    return this.#at === this.#line.length;
  }

  /** Whether `unit` was next; it is consumed then. */
  take(unit: number): boolean {
    this.#skipWhitespace();
    const found = this.#line.charCodeAt(this.#at) === unit;
    if (found) this.#at++;
    return found;
  }

  /** The token that is next, empty if there is none. */
  takeToken(): string {
    this.#skipWhitespace();
    const start = this.#at;
    while (isTokenUnit(this.#line.charCodeAt(this.#at))) this.#at++;
    return this.#line.slice(start, this.#at);
  }

  /** The token or quoted string that is next, unquoted; empty if there is none or it does not hold a token. */
  takeValue(): string {
    if (!this.take(QUOTE)) return this.takeToken();
    // §9.1: "the value after quoted-string unescaping MUST conform to the 'token' ABNF."
    let value = "";
    for (;;) {
      const start = this.#at;
      while (isTokenUnit(this.#line.charCodeAt(this.#at))) this.#at++;
      value += this.#line.slice(start, this.#at);
      const unit = this.#line.charCodeAt(this.#at++);
      if (unit === QUOTE) return value;
      if (unit !== BACKSLASH || !isTokenUnit(this.#line.charCodeAt(this.#at))) return "";
      value += this.#line.charAt(this.#at++);
    }
  }

  #skipWhitespace(): void {
    while (isWhitespace(this.#line.charCodeAt(this.#at))) this.#at++;
  }
}
