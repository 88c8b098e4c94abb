import { trimWhitespace } from "../bytes/token.ts";
import { countLines, findLine, nameIn, nextLine, valueIn, valuesIn } from "./field-lines.ts";

const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NONE: readonly (readonly [string, string])[] = [];

/**
 * Where an application's own header fields may come from: pairs in order (an array, a `HeaderList`, a `Map`, a
 * `Headers`), or an object for those who need neither order nor repetition.
 */
export type HeaderSource = Iterable<readonly [name: string, value: string]> | Readonly<Record<string, string>>;

/**
 * The header fields of one message, in order, as they were written; names are compared without regard to case. It
 * never changes. It checks nothing: what comes from a peer has been parsed, what is sent is checked where it is encoded.
 *
 * ```ts
 * const headers = new HeaderList([["Connection", "keep-alive, Upgrade"], ["Host", "example.com"]]);
 * headers.get("host"); // "example.com"
 * headers.list("connection"); // ["keep-alive", "Upgrade"]
 * [...headers]; // the pairs
 * ```
 */
export class HeaderList implements Iterable<readonly [name: string, value: string]> {
  /** What a peer wrote, as lines; or name, value, name, value and so on. No object is ever keyed by a name. */
  #fields: string | readonly string[];

  constructor(source: HeaderSource = []) {
    const flat: string[] = [];
    for (const [name, value] of isIterable(source) ? source : Object.entries(source)) flat.push(name, value);
    this.#fields = flat.slice(); // without the room to grow
  }

  /** What arrived: `lines` are legal header lines, each with its CRLF. For the parser of heads. */
  static ofLines(lines: string): HeaderList {
    const list = new HeaderList(NONE);
    list.#fields = lines;
    return list;
  }

  /** The number of field lines. */
  get size(): number {
    return typeof this.#fields === "string" ? countLines(this.#fields) : this.#fields.length / 2;
  }

  /** Whether there is a line of this name. */
  has(name: string): boolean {
    if (typeof this.#fields === "string") return findLine(this.#fields, name.toLowerCase(), 0) >= 0;
    return this.getAll(name).length > 0;
  }

  /**
   * The value of a field: those of several lines joined with ", " (RFC 9110 §5.3), `undefined` without one. The one
   * field that must not be read so is Set-Cookie: use `getAll`.
   */
  get(name: string): string | undefined {
    const values = this.getAll(name);
    return values.length === 0 ? undefined : values.join(", ");
  }

  /** The values of all lines of this name, in order. */
  getAll(name: string): readonly string[] {
    const fields = this.#fields;
    const wanted = name.toLowerCase();
    if (typeof fields === "string") return valuesIn(fields, wanted);
    const values: string[] = [];
    for (let index = 0; index < fields.length; index += 2) {
      if (fields[index]!.toLowerCase() === wanted) values.push(fields[index + 1]!);
    }
    return values;
  }

  /**
   * The elements of a comma-separated list over all lines of this name (RFC 9110 §5.6.1), without the whitespace around
   * them and without empty ones. A comma inside a quoted string separates nothing.
   */
  list(name: string): readonly string[] {
    const elements: string[] = [];
    for (const value of this.getAll(name)) splitList(value, elements);
    return elements;
  }

  /** The pairs, in order. */
  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    const fields = this.#fields;
    if (typeof fields === "string") {
      for (let at = 0; at < fields.length; at = nextLine(fields, at)) yield [nameIn(fields, at), valueIn(fields, at)];
      return;
    }
    for (let index = 0; index < fields.length; index += 2) yield [fields[index]!, fields[index + 1]!];
  }
}

function isIterable(source: HeaderSource): source is Iterable<readonly [name: string, value: string]> {
  return Symbol.iterator in source;
}

function splitList(value: string, elements: string[]): void {
  for (let start = 0; start < value.length; ) {
    const end = elementEnd(value, start);
    const element = trimWhitespace(value.slice(start, end));
    if (element !== "") elements.push(element);
    start = end + 1;
  }
}

/** Where the next comma is that no quoted string contains, or the end. */
function elementEnd(value: string, start: number): number {
  let quoted = false;
  let at = start;
  for (; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    if (unit === COMMA && !quoted) return at;
    if (unit === QUOTE) quoted = !quoted;
    else if (unit === BACKSLASH && quoted) at++;
  }
  return at;
}
