// Finds the head of an HTTP/1.1 message in a byte stream, cut anywhere: strict, bounded, and each byte looked at once (those
// of names and line ends twice).
// Which lines are legal is head-grammar.ts's business; what the fields mean is upgrade-rules.ts's.

import { decodeLatin1 } from "../bytes/latin1.ts";
import { portableTextCodec, type TextCodec } from "../bytes/text-codec.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import type { HandshakeViolation } from "./handshake-violation.ts";
import { checkFieldLine, isForbiddenControl, parseRequestLine, parseStatusLine } from "./head-grammar.ts";
import { HeaderList } from "./header-list.ts";
import type { HeadLimits, RequestHead, ResponseHead } from "./http-head.ts";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DELETE = 0x7f;

/** A whole head was found. `bytes` is everything pushed so far, of which the first `headBytes` are the head. */
export interface ParsedHead<Head> {
  readonly head: Head;
  readonly bytes: Uint8Array;
  readonly headBytes: number;
}

/** What tells the heads of requests from those of responses. */
interface StartLine<Start, Head> {
  readonly parse: (line: string) => Start | HandshakeViolation;
  readonly complete: (start: Start, headers: HeaderList) => Head;
  readonly tooLong: HandshakeViolation;
  readonly malformed: HandshakeViolation;
  /** RFC 9112 §2.2: a server "SHOULD ignore at least one empty line (CRLF) received prior to the request-line". */
  readonly mayFollowEmptyLine: boolean;
}

const requestLine: StartLine<Omit<RequestHead, "headers">, RequestHead> = {
  parse: parseRequestLine,
  // Not spread: V8 gives each object that is made so a hidden class of its own, 350 bytes a connection.
  complete: ({ method, target, version }, headers) => ({ method, target, version, headers }),
  tooLong: "request-line-too-long",
  malformed: "request-line-malformed",
  mayFollowEmptyLine: true,
};

const statusLine: StartLine<Omit<ResponseHead, "headers">, ResponseHead> = {
  parse: parseStatusLine,
  complete: ({ version, status, reason }, headers) => ({ version, status, reason, headers }),
  tooLong: "status-line-too-long",
  malformed: "status-line-malformed",
  mayFollowEmptyLine: false,
};

/** A parser for one request. */
export function requestHeadParser(limits: HeadLimits, codec: TextCodec = portableTextCodec): RequestHeadParser {
  return new HeadParser(requestLine, limits, codec);
}

/** A parser for one response. */
export function responseHeadParser(limits: HeadLimits, codec: TextCodec = portableTextCodec): ResponseHeadParser {
  return new HeadParser(statusLine, limits, codec);
}

export type RequestHeadParser = HeadParser<Omit<RequestHead, "headers">, RequestHead>;
export type ResponseHeadParser = HeadParser<Omit<ResponseHead, "headers">, ResponseHead>;

/** Parses one head. Once `push` has returned something, it must not be called again. */
class HeadParser<Start extends object, Head> {
  readonly #startLine: StartLine<Start, Head>;
  readonly #limits: HeadLimits;
  readonly #codec: TextCodec;
  /** What earlier chunks held; nothing if the head came in one, which then is not copied. */
  #earlier: GrowingBytes | undefined = undefined;
  #start: Start | undefined = undefined;
  /** Where the header lines begin, and how many are complete. */
  #fieldsStart = 0;
  #fieldCount = 0;
  #lineStart = 0;
  #afterCr = false;
  #skippedEmptyLine = false;

  /** The codec is for heads that are ASCII. */
  constructor(startLine: StartLine<Start, Head>, limits: HeadLimits, codec: TextCodec) {
    this.#startLine = startLine;
    this.#limits = limits;
    this.#codec = codec;
  }

  /**
   * Takes the next bytes. Returns the head once it is complete, the first rule that was broken, or `undefined` while
   * there is neither. The outcome does not depend on how the bytes were cut.
   */
  push(chunk: Uint8Array): ParsedHead<Head> | HandshakeViolation | undefined {
    const before = this.#earlier?.length ?? 0;
    const bytes = this.#earlier?.append(chunk) ?? chunk;
    for (let at = this.#skipInside(bytes, before); at < bytes.length; at = this.#skipInside(bytes, at + 1)) {
      const violation = this.#step(bytes[at]!, at, bytes);
      if (violation === "head-end") return { head: this.#head(bytes), bytes, headBytes: at + 1 };
      if (violation !== undefined) return violation;
    }
    if (this.#earlier === undefined) {
      // Copied, so that a head that drips in does not hold a large chunk for every few bytes.
      this.#earlier = new GrowingBytes();
      this.#earlier.append(chunk);
    }
    return undefined;
  }

  /** From `from` to the next byte that is worth a look: most are inside a line, legal, and within the limits. */
  #skipInside(bytes: Uint8Array, from: number): number {
    const lineStart = this.#lineStart;
    if (from === lineStart || this.#afterCr) return from;
    const { headBytes, startLineBytes, fieldLineBytes } = this.#limits;
    const lineEnd = lineStart + (this.#start === undefined ? startLineBytes : fieldLineBytes);
    const end = Math.min(bytes.length, headBytes, lineEnd);
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < SPACE || byte === DELETE) return at;
    }
    return end;
  }

  #step(byte: number, at: number, bytes: Uint8Array): HandshakeViolation | "head-end" | undefined {
    if (at >= this.#limits.headBytes) return "head-too-long";
    if (this.#afterCr) {
      if (byte !== LF) return "bare-cr";
      this.#afterCr = false;
      const lineStart = this.#lineStart;
      this.#lineStart = at + 1;
      return at - 1 === lineStart ? this.#emptyLine() : this.#line(bytes, lineStart, at - 1);
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
    if (this.#fieldCount === this.#limits.fieldLines) return "too-many-fields";
    if (byte !== SPACE && byte !== TAB) return undefined;
    return this.#fieldCount === 0 ? "whitespace-before-fields" : "line-folding";
  }

  #emptyLine(): HandshakeViolation | "head-end" | undefined {
    if (this.#start !== undefined) return "head-end";
    if (this.#skippedEmptyLine || !this.#startLine.mayFollowEmptyLine) return this.#startLine.malformed;
    this.#skippedEmptyLine = true;
    return undefined;
  }

  /** The line from `start` to `end` is complete. */
  #line(bytes: Uint8Array, start: number, end: number): HandshakeViolation | undefined {
    if (this.#start !== undefined) {
      this.#fieldCount++;
      return checkFieldLine(bytes, start, end);
    }
    const parsed = this.#startLine.parse(this.#decode(bytes, start, end));
    if (typeof parsed === "string") return parsed;
    this.#start = parsed;
    this.#fieldsStart = this.#lineStart;
    return undefined;
  }

  #head(bytes: Uint8Array): Head {
    const emptyLine = this.#lineStart - 2;
    const headers = HeaderList.ofLines(this.#decode(bytes, this.#fieldsStart, emptyLine));
    return this.#startLine.complete(this.#start!, headers);
  }

  /** Nearly all heads are ASCII, of which a runtime makes a string much faster. Other UTF-8 has fewer characters than bytes. */
  #decode(bytes: Uint8Array, start: number, end: number): string {
    const text = this.#codec.decode(bytes, start, end);
    return text?.length === end - start ? text : decodeLatin1(bytes, start, end);
  }
}
