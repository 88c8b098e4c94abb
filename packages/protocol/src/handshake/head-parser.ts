// Finds the head of an HTTP/1.1 message in a byte stream, cut anywhere: strict, bounded, and each byte looked at once.
// Which lines are legal is head-grammar.ts's business; what the fields mean is upgrade-rules.ts's.

import { decodeLatin1 } from "../bytes/latin1.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import type { HandshakeViolation } from "./handshake-violation.ts";
import { isForbiddenControl, parseFieldLine, parseRequestLine, parseStatusLine } from "./head-grammar.ts";
import { HeaderList } from "./header-list.ts";
import type { HeadLimits, RequestHead, ResponseHead } from "./http-head.ts";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** A whole head was found. `bytes` is everything pushed so far, of which the first `headBytes` are the head. */
export interface ParsedHead<Head> {
  readonly head: Head;
  readonly bytes: Uint8Array;
  readonly headBytes: number;
}

/** What tells the heads of requests from those of responses. */
interface StartLine<Start> {
  readonly parse: (line: string) => Start | HandshakeViolation;
  readonly tooLong: HandshakeViolation;
  readonly malformed: HandshakeViolation;
  /** RFC 9112 §2.2: a server "SHOULD ignore at least one empty line (CRLF) received prior to the request-line". */
  readonly mayFollowEmptyLine: boolean;
}

const requestLine: StartLine<Omit<RequestHead, "headers">> = {
  parse: parseRequestLine,
  tooLong: "request-line-too-long",
  malformed: "request-line-malformed",
  mayFollowEmptyLine: true,
};

const statusLine: StartLine<Omit<ResponseHead, "headers">> = {
  parse: parseStatusLine,
  tooLong: "status-line-too-long",
  malformed: "status-line-malformed",
  mayFollowEmptyLine: false,
};

/** A parser for one request. */
export function requestHeadParser(limits: HeadLimits): HeadParser<Omit<RequestHead, "headers">> {
  return new HeadParser(requestLine, limits);
}

/** A parser for one response. */
export function responseHeadParser(limits: HeadLimits): HeadParser<Omit<ResponseHead, "headers">> {
  return new HeadParser(statusLine, limits);
}

/** Parses one head. Once `push` has returned something, it must not be called again. */
export class HeadParser<Start extends object> {
  readonly #startLine: StartLine<Start>;
  readonly #limits: HeadLimits;
  /** What earlier chunks held; nothing if the head came in one, which then is not copied. */
  readonly #earlier: GrowingBytes = new GrowingBytes();
  #start: Start | undefined;
  readonly #fields: (readonly [name: string, value: string])[] = [];
  #lineStart = 0;
  #afterCr = false;
  #skippedEmptyLine = false;

  constructor(startLine: StartLine<Start>, limits: HeadLimits) {
    this.#startLine = startLine;
    this.#limits = limits;
  }

  /**
   * Takes the next bytes. Returns the head once it is complete, the first rule that was broken, or `undefined` while
   * there is neither. The outcome does not depend on how the bytes were cut.
   */
  push(chunk: Uint8Array): ParsedHead<Start & { readonly headers: HeaderList }> | HandshakeViolation | undefined {
    const before = this.#earlier.length;
    const bytes = before === 0 ? chunk : this.#earlier.append(chunk);
    for (let index = 0; index < chunk.length; index++) {
      const at = before + index;
      const violation = this.#step(chunk[index]!, at, bytes);
      if (violation === "head-end") return { head: this.#head(), bytes, headBytes: at + 1 };
      if (violation !== undefined) return violation;
    }
    // Copied, so that a head that drips in does not hold a large chunk for every few bytes.
    if (before === 0) this.#earlier.append(chunk);
    return undefined;
  }

  #step(byte: number, at: number, bytes: Uint8Array): HandshakeViolation | "head-end" | undefined {
    if (at >= this.#limits.headBytes) return "head-too-long";
    if (this.#afterCr) {
      if (byte !== LF) return "bare-cr";
      this.#afterCr = false;
      const lineStart = this.#lineStart;
      this.#lineStart = at + 1;
      return at - 1 === lineStart ? this.#emptyLine() : this.#line(decodeLatin1(bytes, lineStart, at - 1));
    }
    if (byte === CR) {
      this.#afterCr = true;
      return undefined;
    }
    if (byte === LF) return "bare-lf";
    if (isForbiddenControl(byte)) return "control-character";
    const lineBytes = at + 1 - this.#lineStart;
    if (this.#start === undefined) return lineBytes > this.#limits.startLineBytes ? this.#startLine.tooLong : undefined;
    return lineBytes === 1
      ? this.#lineBegins(byte)
      : lineBytes > this.#limits.fieldLineBytes
        ? "field-line-too-long"
        : undefined;
  }

  /** The first byte of a header line. */
  #lineBegins(byte: number): HandshakeViolation | undefined {
    if (this.#fields.length === this.#limits.fieldLines) return "too-many-fields";
    if (byte !== SPACE && byte !== TAB) return undefined;
    return this.#fields.length === 0 ? "whitespace-before-fields" : "line-folding";
  }

  #emptyLine(): HandshakeViolation | "head-end" | undefined {
    if (this.#start !== undefined) return "head-end";
    if (this.#skippedEmptyLine || !this.#startLine.mayFollowEmptyLine) return this.#startLine.malformed;
    this.#skippedEmptyLine = true;
    return undefined;
  }

  #line(line: string): HandshakeViolation | undefined {
    if (this.#start === undefined) {
      const start = this.#startLine.parse(line);
      if (typeof start === "string") return start;
      this.#start = start;
      return undefined;
    }
    const field = parseFieldLine(line);
    if (typeof field === "string") return field;
    this.#fields.push(field);
    return undefined;
  }

  #head(): Start & { readonly headers: HeaderList } {
    // Not spread into a new object: V8 gives each of those a hidden class of its own, 350 bytes a connection.
    return Object.assign(this.#start!, { headers: new HeaderList(this.#fields) });
  }
}
