// RFC 9112 §2 to §5: which bytes are a head. What the fields mean is tested elsewhere.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requestHeadParser, responseHeadParser } from "../../packages/protocol/src/handshake/head-parser.ts";
import { headLimits } from "../../packages/protocol/src/handshake/http-head.ts";
import type { HandshakeViolation, HeadLimits } from "../../packages/protocol/src/handshake/index.ts";
import { CRLF, cut, head, latin1, request, response, responseFields, text } from "./support.ts";

/** What one parser makes of chunks, with the fields as an array. */
function parse(role: "request" | "response", chunks: readonly Uint8Array[], limits: Partial<HeadLimits> = {}) {
  const parser = (role === "request" ? requestHeadParser : responseHeadParser)(headLimits(limits));
  for (const [index, chunk] of chunks.entries()) {
    const result = parser.push(chunk.slice());
    if (result === undefined) continue;
    if (typeof result === "string") return result;
    const rest = [result.bytes.subarray(result.headBytes), ...chunks.slice(index + 1)];
    const { headers, ...start } = result.head;
    return { ...start, fields: [...headers], rest: rest.map(text).join(""), headBytes: result.headBytes };
  }
  return undefined;
}

const parseRequest = (input: string, limits?: Partial<HeadLimits>) => parse("request", [latin1(input)], limits);
const parseResponse = (input: string, limits?: Partial<HeadLimits>) => parse("response", [latin1(input)], limits);

const lines = (...all: readonly string[]): string => [...all, "", ""].join(CRLF);
const withLine = (line: string): string => lines("GET / HTTP/1.1", "Host: a", line);

describe("a request", () => {
  test("is its method, target, version, fields in order, and what follows", () => {
    const input = `${lines("GET /a?b=c HTTP/1.1", "Host: x", "b:1", "B: \t 2 \t")}\x81\x00`;
    expect(parseRequest(input)).toEqual({
      method: "GET",
      target: "/a?b=c",
      version: "1.1",
      fields: [
        ["Host", "x"],
        ["b", "1"],
        ["B", "2"],
      ],
      rest: "\x81\x00",
      headBytes: input.length - 2,
    });
  });

  test("may be of HTTP/1.0, and have no fields", () => {
    expect(parseRequest("GET / HTTP/1.0\r\n\r\n")).toMatchObject({ version: "1.0", fields: [] });
  });

  const lineTests: [line: string, violation: HandshakeViolation][] = [
    ["GET  / HTTP/1.1", "request-line-malformed"],
    ["GET /  HTTP/1.1", "request-line-malformed"],
    [" GET / HTTP/1.1", "request-line-malformed"],
    ["GET / HTTP/1.1 ", "request-line-malformed"],
    ["GET /a b HTTP/1.1", "request-line-malformed"],
    ["GET\t/ HTTP/1.1", "request-line-malformed"],
    ["GET /\tHTTP/1.1", "request-line-malformed"],
    ["GET /", "request-line-malformed"],
    ["GET", "request-line-malformed"],
    ["G(T / HTTP/1.1", "request-line-malformed"],
    ["GET /\xff HTTP/1.1", "request-line-malformed"],
    ["GET / http/1.1", "request-line-malformed"],
    ["GET / HTTP/1", "request-line-malformed"],
    ["GET / HTTP/1.", "request-line-malformed"],
    ["GET / HTTP/11.", "request-line-malformed"],
    ["GET / HTTP/1,1", "request-line-malformed"],
    ["GET / HTTP/1.1x", "request-line-malformed"],
    ["GET / HTTP/x.1", "request-line-malformed"],
    ["GET / HTTQ/1.1", "request-line-malformed"],
    ["GET / HTTP/0.9", "http-version-unsupported"],
    ["GET / HTTP/1.2", "http-version-unsupported"],
    ["GET / HTTP/2.0", "http-version-unsupported"],
  ];
  test.each(lineTests)("H03 whose first line is %j is refused: %s", (line, violation) => {
    expect(parseRequest(lines(line, "Host: a"))).toBe(violation);
  });

  test("H20 may come after one empty line, and not after two", () => {
    expect(parseRequest(`${CRLF}${lines("GET / HTTP/1.1")}`)).toMatchObject({ method: "GET" });
    expect(parseRequest(`${CRLF}${CRLF}${lines("GET / HTTP/1.1")}`)).toBe("request-line-malformed");
  });
});

describe("a response", () => {
  test("is its version, status, reason, fields in order, and what follows", () => {
    expect(parseResponse(`${lines("HTTP/1.1 404 Not Found, s\xf6rry\t!", "A: 1")}body`)).toMatchObject({
      version: "1.1",
      status: 404,
      reason: "Not Found, s\xf6rry\t!",
      fields: [["A", "1"]],
      rest: "body",
    });
  });

  test("may have an empty reason, and be of HTTP/1.0", () => {
    expect(parseResponse(lines("HTTP/1.0 599 "))).toMatchObject({ version: "1.0", status: 599, reason: "" });
  });

  const lineTests: [line: string, violation: HandshakeViolation][] = [
    ["HTTP/1.1 101", "status-line-malformed"],
    ["HTTP/1.1 1010 x", "status-line-malformed"],
    ["HTTP/1.1 10 x", "status-line-malformed"],
    ["HTTP/1.1 099 x", "status-line-malformed"],
    ["HTTP/1.1 600 x", "status-line-malformed"],
    ["HTTP/1.1 1e1 x", "status-line-malformed"],
    ["HTTP/1.1 +10 x", "status-line-malformed"],
    ["HTTP/1.1  101 x", "status-line-malformed"],
    ["HTTP/1.1\t101 x", "status-line-malformed"],
    ["HTTP/1.1", "status-line-malformed"],
    ["http/1.1 101 x", "status-line-malformed"],
    ["ICY 200 OK", "status-line-malformed"],
    [" HTTP/1.1 101 x", "status-line-malformed"],
    ["HTTP/2.0 101 x", "http-version-unsupported"],
    ["HTTP/1.2 101 x", "http-version-unsupported"],
  ];
  test.each(lineTests)("C13 whose first line is %j is refused: %s", (line, violation) => {
    expect(parseResponse(lines(line))).toBe(violation);
  });

  test("C13 does not come after an empty line", () => {
    expect(parseResponse(CRLF + response())).toBe("status-line-malformed");
  });
});

describe.each([
  ["H", "request", "GET / HTTP/1.1"],
  ["C13", "response", "HTTP/1.1 200 OK"],
] as const)("in a head (%s, %s)", (_item, role, startLine) => {
  const of = (...all: readonly string[]) => parse(role, [latin1(lines(startLine, ...all))]);

  const accepted: [line: string, name: string, value: string][] = [
    ["Name: value", "Name", "value"],
    ["!#$%&'*+-.^_`|~9aZ:x", "!#$%&'*+-.^_`|~9aZ", "x"],
    ["Empty:", "Empty", ""],
    ["Empty: \t ", "Empty", ""],
    ["A: b:c : d", "A", "b:c : d"],
    ["A: x\ty", "A", "x\ty"],
    ["A: \x80\xff", "A", "\x80\xff"],
    ["__proto__: 1", "__proto__", "1"],
  ];
  test.each(accepted)("H16 the line %j is the field %j with the value %j", (line, name, value) => {
    expect(of(line)).toMatchObject({ fields: [[name, value]] });
  });

  const refused: [item: string, line: string, violation: HandshakeViolation][] = [
    ["H12", "Name : value", "field-name-invalid"],
    ["H12", "Name\t: value", "field-name-invalid"],
    ["H12", ": value", "field-name-invalid"],
    ["H12", "Na me: value", "field-name-invalid"],
    ["H12", "Na(me: value", "field-name-invalid"],
    ["H12", "N\xe4me: value", "field-name-invalid"],
    ["H12", "no colon", "field-line-malformed"],
    ["H13", " Name: value", "whitespace-before-fields"],
    ["H13", "\tName: value", "whitespace-before-fields"],
    ["H13", " ", "whitespace-before-fields"],
    ["H14", "A: b\r\n c", "line-folding"],
    ["H14", "A: b\r\n\tc: d", "line-folding"],
    ["H15", "A: b\rc", "bare-cr"],
    ["H15", "A: b\r\r\nc: d", "bare-cr"],
    ["H15", "A: b\nc: d", "bare-lf"],
    ["H15", "\nA: b", "bare-lf"],
    ["H16", "A: b\0c", "control-character"],
    ["H16", "A\0: b", "control-character"],
    ["H16", "A: b\x1fc", "control-character"],
    ["H16", "A: \x7f", "control-character"],
  ];
  test.each(refused)("%s the line %j is refused: %s", (_item, line, violation) => {
    expect(of(line)).toBe(violation);
  });

  test("H15 a CR or LF in the first line, or at the end, is refused like any other", () => {
    expect(parse(role, [latin1(`${startLine}\n\n`)])).toBe("bare-lf");
    expect(parse(role, [latin1(`${startLine}\r\r`)])).toBe("bare-cr");
    expect(parse(role, [latin1(`${startLine}\r\nA: b\r\n\n`)])).toBe("bare-lf");
    expect(parse(role, [latin1(`${startLine}\r\nA: b\r\n\rx`)])).toBe("bare-cr");
    expect(parse(role, [latin1(`\0${startLine}`)])).toBe("control-character");
  });

  test("H16 each byte is allowed in a value but the control characters other than the tab", () => {
    for (let byte = 0; byte < 256; byte++) {
      const value = `a${String.fromCharCode(byte)}b`;
      const allowed = byte === 9 || (byte >= 0x20 && byte !== 0x7f);
      const result = of(`A: ${value}`);
      if (allowed) expect(result).toMatchObject({ fields: [["A", value]] });
      else expect(typeof result).toBe("string");
    }
  });

  test("H12 each byte is allowed in a name that is a tchar", () => {
    for (let byte = 0; byte < 256; byte++) {
      const character = String.fromCharCode(byte);
      const allowed = /[-!#$%&'*+.^_`|~0-9A-Za-z]/.test(character);
      if (character === ":") continue; // ends the name
      const result = of(`a${character}b: v`);
      if (allowed) expect(result).toMatchObject({ fields: [[`a${character}b`, "v"]] });
      else expect(typeof result).toBe("string");
    }
  });
});

describe("H19 the limits", () => {
  const pad = (length: number): string => "x".repeat(length);

  test("of a request line are 8 KiB without its end", () => {
    const line = (length: number): string => `GET /${pad(length - 14)} HTTP/1.1`;
    expect(line(8192)).toHaveLength(8192);
    expect(parseRequest(lines(line(8192)))).toMatchObject({ method: "GET" });
    expect(parseRequest(lines(line(8193)))).toBe("request-line-too-long");
  });

  test("of a status line are 8 KiB without its end", () => {
    const line = (length: number): string => `HTTP/1.1 200 ${pad(length - 13)}`;
    expect(parseResponse(lines(line(8192)))).toMatchObject({ status: 200 });
    expect(parseResponse(lines(line(8193)))).toBe("status-line-too-long");
  });

  test("of a header line are 8 KiB without its end", () => {
    expect(parseRequest(withLine(`A: ${pad(8189)}`))).toMatchObject({ method: "GET" });
    expect(parseRequest(withLine(`A: ${pad(8190)}`))).toBe("field-line-too-long");
  });

  test("of a head are 16 KiB with everything, an ignored empty line too", () => {
    const whole = (length: number): string => {
      const empty = lines("GET / HTTP/1.1", `A: ${pad(7000)}`, `B: ${pad(7000)}`, "C: ");
      return lines("GET / HTTP/1.1", `A: ${pad(7000)}`, `B: ${pad(7000)}`, `C: ${pad(length - empty.length)}`);
    };
    expect(whole(16_384)).toHaveLength(16_384);
    expect(parseRequest(whole(16_384))).toMatchObject({ headBytes: 16_384 });
    expect(parseRequest(whole(16_385))).toBe("head-too-long");
    expect(parseRequest(CRLF + whole(16_382))).toMatchObject({ headBytes: 16_384 });
    expect(parseRequest(CRLF + whole(16_383))).toBe("head-too-long");
  });

  test("are 128 header lines", () => {
    const whole = (count: number): string => lines("GET / HTTP/1.1", ...Array(count).fill("A: b"));
    expect(parseRequest(whole(128))).toMatchObject({ method: "GET" });
    expect(parseRequest(whole(129))).toBe("too-many-fields");
  });

  test("hold before a line is parsed, or even complete", () => {
    expect(parseRequest(`GET /${pad(8190)}`)).toBe("request-line-too-long");
    expect(parseRequest(`GET / HTTP/1.1\r\n(${pad(8192)}`)).toBe("field-line-too-long");
    expect(parseRequest(`GET / HTTP/1.1\r\n${"A: b\r\n".repeat(128)}(`)).toBe("too-many-fields");
  });

  test("can be set", () => {
    const limits = { startLineBytes: 100, fieldLineBytes: 70, headBytes: 1000, fieldLines: 20 };
    expect(parseRequest(`GET /${pad(96)}`, limits)).toBe("request-line-too-long");
    expect(parseRequest(withLine(pad(71)), limits)).toBe("field-line-too-long");
    expect(parseRequest(lines("GET / HTTP/1.1", ...Array(21).fill("A:")), limits)).toBe("too-many-fields");
    expect(parseRequest(lines("GET / HTTP/1.1", ...Array(20).fill(`A: ${pad(60)}`)), limits)).toBe("head-too-long");
  });

  test.each([
    { startLineBytes: 63 },
    { fieldLineBytes: 0 },
    { headBytes: 511 },
    { fieldLines: 1.5 },
    { fieldLines: Number.NaN },
    { headBytes: Number.POSITIVE_INFINITY },
  ])("cannot be %j", (limits) => {
    expect(() => headLimits(limits)).toThrow(expect.objectContaining({ code: "bad-option" }));
  });
});

describe("chunking is invisible:", () => {
  const samples: [role: "request" | "response", input: string][] = [
    ["request", `${request({ Cookie: ["a=\xe9", "b"] })}\x81\x80abcd`],
    ["request", `\r\n${request()}`],
    ["request", "GET / HTTP/1.1\r\n\r\n"],
    ["request", "GET / HTTP/1.1\r\nA: b\r\r\n"],
    ["request", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"],
    ["request", "GET / HTTP/2.0\r\nA: b\n\r\n"],
    ["request", "\r\n\r\nGET / HTTP/1.1\r\n\r\n"],
    ["response", `${response()}\x81\x05Hello`],
    ["response", head("HTTP/1.1 403 Forbidden", { ...responseFields, "Content-Length": "3" })],
  ];

  test.each(samples)("a %s cut in two at any place, or into single bytes, is the same (%j)", (role, input) => {
    const bytes = latin1(input);
    const whole = parse(role, [bytes]);
    expect(whole).not.toBeUndefined();
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse(role, [bytes.slice(0, at), bytes.slice(at)])).toEqual(whole);
    }
    expect(
      parse(
        role,
        [...bytes].map((byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(whole);
  });

  test("any cuts of nearly a head give what the whole does", () => {
    const pieces = fc.constantFrom(
      "GET / HTTP/1.1",
      "\r\n",
      "\r",
      "\n",
      "A",
      ": ",
      "b",
      " ",
      "\t",
      "\0",
      "\xff",
      "\r\n\r\n",
    );
    const limits = { startLineBytes: 64, fieldLineBytes: 64, headBytes: 512, fieldLines: 16 };
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 120 }),
        fc.array(fc.nat(600), { maxLength: 10 }),
        (parts, positions) => {
          const bytes = latin1(["GET / HTTP/1.1\r\n", ...parts].join(""));
          expect(parse("request", cut(bytes, positions), limits)).toEqual(parse("request", [bytes], limits));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("the cost of a head", () => {
  /** How many single bytes were read from what was pushed, and how many were copied, in all. */
  function cost(bytes: Uint8Array, chunkBytes: number): { read: number; copied: number; result: unknown } {
    let read = 0;
    let copied = 0;
    const set = Uint8Array.prototype.set;
    Uint8Array.prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number): void {
      copied += source.length;
      set.call(this, source instanceof Uint8Array ? source : Uint8Array.from(source), offset);
    };
    try {
      const parser = requestHeadParser(headLimits());
      let result: unknown;
      for (let at = 0; at < bytes.length && result === undefined; at += chunkBytes) {
        const chunk = bytes.slice(at, at + chunkBytes);
        const counted = new Proxy(chunk, {
          get(target, key) {
            if (typeof key === "string" && /^\d+$/.test(key)) read++;
            const value: unknown = Reflect.get(target, key, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
        result = parser.push(counted);
      }
      return { read, copied, result };
    } finally {
      Uint8Array.prototype.set = set;
    }
  }

  const large = latin1(`GET / HTTP/1.1\r\nA: ${"x".repeat(8100)}\r\nB: ${"y".repeat(8100)}\r\n\r\n`);

  test("sec/head-bytewise: a head of 16 KiB that comes byte by byte is read once and copied at most three times", () => {
    const whole = cost(large, large.length);
    const bytewise = cost(large, 1);
    expect(whole.result).toMatchObject({ headBytes: large.length });
    expect(bytewise.result).toMatchObject({ headBytes: large.length });
    expect(whole.read).toBeLessThan(large.length + 100); // names, and ends of lines, are looked at twice
    // The proxy counts the bytes that are copied from it as read, too.
    expect(bytewise.read).toBeLessThanOrEqual(2 * large.length);
    expect(bytewise.copied).toBeLessThanOrEqual(3 * large.length);
  });

  test("sec/head-bytewise: a head of 20 MB is refused at 16 KiB, and no more of it is read", () => {
    const endless = latin1(`GET / HTTP/1.1\r\n${`A: ${"x".repeat(195)}\r\n`.repeat(100_000)}`);
    const outcome = cost(endless, 4096);
    expect(endless.length).toBeGreaterThan(20_000_000);
    expect(outcome.result).toBe("head-too-long");
    expect(outcome.read).toBeLessThanOrEqual(2 * (16_384 + 4096));
  });
});

describe("a line of exactly the limit", () => {
  test("is legal, also where its last byte is a tab", () => {
    const line = (begin: string): string => `${begin.padEnd(63, "x")}\t`;
    const input = lines(line("HTTP/1.1 101 "), line("A: "));
    const limits = { startLineBytes: 64, fieldLineBytes: 64 };
    expect(parseResponse(input, limits)).toMatchObject({ status: 101, fields: [["A", "x".repeat(60)]] });
    expect(parseResponse(input.replace("x\t", "xx\t"), limits)).toBe("status-line-too-long");
    expect(parseResponse(input.replace(/x\t\r\n\r\n/, "xx\t\r\n\r\n"), limits)).toBe("field-line-too-long");
  });
});
