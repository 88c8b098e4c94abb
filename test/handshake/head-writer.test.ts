// What we send: never anything but the fields that were given.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requestHeadParser, responseHeadParser } from "../../packages/protocol/src/handshake/head-parser.ts";
import { encodeRequestHead, encodeResponseHead } from "../../packages/protocol/src/handshake/head-writer.ts";
import { headLimits, type RequestHead, type ResponseHead } from "../../packages/protocol/src/handshake/http-head.ts";
import {
  ClientHandshake,
  type ClientHandshakeOptions,
  HeaderList,
  parseWebSocketUrl,
  type ServerHandshake,
} from "../../packages/protocol/src/handshake/index.ts";
import { UsageError } from "../../packages/protocol/src/index.ts";
import { ask, freshClient, latin1, request, server, takeEffects, text, written } from "./support.ts";

const limits = headLimits();

function reparse(bytes: Uint8Array, role: "request" | "response") {
  const result = (role === "request" ? requestHeadParser : responseHeadParser)(limits).push(bytes.slice());
  if (result === undefined || typeof result === "string") throw new Error(`not read back: ${result}`);
  const { headers, ...start } = result.head;
  return { ...start, fields: [...headers], rest: text(result.bytes.subarray(result.headBytes)) };
}

/** What `write` returns, or `undefined` if it throws the error for what HTTP cannot carry. */
function unlessRefused<T>(write: () => T): T | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof UsageError && error.code === "bad-handshake") return undefined;
    throw error;
  }
}

/** Text as an application may pass it on: mostly harmless, and then not. */
const anyText = fc.oneof(
  fc.stringMatching(/^[ -~]{0,12}$/),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc
    .array(fc.constantFrom("a", ":", " ", "\t", "\r", "\n", "\r\n", "\0", "\x7f", "\x80", "\ud800", "\u0141"), {
      maxLength: 8,
    })
    .map((parts) => parts.join("")),
);
const anyFields = fc.array(fc.tuple(fc.oneof(anyText, fc.stringMatching(/^[A-Za-z-]{1,8}$/)), anyText), {
  maxLength: 4,
});

describe("sec/no-injection: our parser reads back exactly the fields that were given, or nothing was written, of", () => {
  test("any request", () => {
    const targets = fc.oneof(anyText, fc.stringMatching(/^\/[!-~]{0,8}$/));
    fc.assert(
      fc.property(fc.oneof(anyText, fc.constant("GET")), targets, anyFields, (method, target, fields) => {
        const head: RequestHead = { method, target, version: "1.1", headers: new HeaderList(fields) };
        const bytes = unlessRefused(() => encodeRequestHead(head, limits));
        if (bytes !== undefined)
          expect(reparse(bytes, "request")).toEqual({ method, target, version: "1.1", fields, rest: "" });
      }),
      { numRuns: 2000 },
    );
  });

  test("any response", () => {
    const statuses = fc.oneof(fc.integer({ min: 100, max: 599 }), fc.constantFrom(0, 99, 600, 1.5, Number.NaN, -200));
    fc.assert(
      fc.property(statuses, anyText, anyFields, (status, reason, fields) => {
        const head: ResponseHead = { version: "1.1", status, reason, headers: new HeaderList(fields) };
        const bytes = unlessRefused(() => encodeResponseHead(head, limits));
        if (bytes !== undefined)
          expect(reparse(bytes, "response")).toEqual({ version: "1.1", status, reason, fields, rest: "" });
      }),
      { numRuns: 2000 },
    );
  });

  test("harmless heads, which are written", () => {
    const fields: [string, string][] = [
      ["A", ""],
      ["b-1", "x y:z"],
      ["A", "1"],
    ];
    const headers = new HeaderList(fields);
    const bytes = encodeRequestHead({ method: "GET", target: "/?a", version: "1.0", headers }, limits);
    expect(text(bytes)).toBe("GET /?a HTTP/1.0\r\nA: \r\nb-1: x y:z\r\nA: 1\r\n\r\n");
    expect(reparse(bytes, "request").fields).toEqual(fields);
  });
});

/** Every character that must not get out, and strings that are too long. */
const bad: readonly string[] = [
  ...Array.from({ length: 0x20 }, (_, unit) => `a${String.fromCharCode(unit)}b`),
  "a\x7fb",
  ...Array.from({ length: 0x80 }, (_, unit) => `a${String.fromCharCode(0x80 + unit)}b`),
  "a\r\nX-Injected: 1",
  "a\ud800b",
  "a\udc00",
  "\u{1f600}",
  "\u010d\u010a",
  "x".repeat(1024 * 1024),
];

describe("sec/no-injection: nothing bad gets out", () => {
  const url = parseWebSocketUrl("ws://h/");
  const places: [place: string, options: (text: string) => Partial<ClientHandshakeOptions>][] = [
    ["resource name", (text) => ({ url: { ...url, resource: `/${text}` } })],
    ["host", (text) => ({ url: { ...url, host: text } })],
    ["credentials", (text) => ({ url: { ...url, authorization: text } })],
    ["Origin", (text) => ({ origin: text })],
    ["subprotocol", (text) => ({ subprotocols: [text] })],
    ["header name", (text) => ({ headers: [[text, "x"]] })],
    ["header value", (text) => ({ headers: { "X-A": text } })],
    ["Host header", (text) => ({ headers: { Host: text } })],
    ["extension", (text) => ({ extensions: [extension(text)] })],
    ["extension parameter", (text) => ({ extensions: [extension("x", text)] })],
    ["extension value", (text) => ({ extensions: [extension("x", "y", text)] })],
  ];

  function extension(name: string, parameter?: string, value?: string) {
    const offer = parameter === undefined ? [] : [{ name: parameter, value }];
    return { name, offers: () => [offer], accept: () => undefined, confirm: () => undefined };
  }

  test.each(places)("as the %s of a client's request", (_place, options) => {
    for (const text of bad) {
      const code = expect.stringMatching(/^bad-(handshake|option)$/);
      expect(() => freshClient(options(text)), JSON.stringify(text.slice(0, 20))).toThrow(
        expect.objectContaining({ code }),
      );
    }
  });

  test("as the URL of a client", () => {
    for (const text of bad) {
      if (text.length > 1000) continue; // is a URL, and too long for a request
      for (const url of [`ws://${text}/`, `ws://h/${text}`, `ws://h/?${text}`, `ws://${text}@h`, text]) {
        expect(() => parseWebSocketUrl(url)).toThrow(expect.objectContaining({ code: "bad-handshake" }));
      }
    }
    const long = parseWebSocketUrl(`ws://h/${"x".repeat(1024 * 1024)}`);
    expect(() => freshClient({ url: long })).toThrow(expect.objectContaining({ code: "bad-handshake" }));
  });

  test.each([
    [
      "a header name of an acceptance",
      (text: string) => (s: ServerHandshake) => s.accept(0, { headers: [[text, "x"]] }),
    ],
    [
      "a header value of an acceptance",
      (text: string) => (s: ServerHandshake) => s.accept(0, { headers: { A: text } }),
    ],
    ["the subprotocol of an acceptance", (text: string) => (s: ServerHandshake) => s.accept(0, { subprotocol: text })],
    [
      "a header name of a rejection",
      (text: string) => (s: ServerHandshake) => s.reject(0, 403, { headers: [[text, "x"]] }),
    ],
    [
      "a header value of a rejection",
      (text: string) => (s: ServerHandshake) => s.reject(0, 302, { headers: { Location: text } }),
    ],
  ])("as %s; the request can still be answered", (_place, call) => {
    for (const text of bad) {
      const handshake = server();
      ask(handshake, request({ "Sec-WebSocket-Protocol": "chat" }));
      expect(() => call(text)(handshake)).toThrow(expect.objectContaining({ code: "bad-handshake" }));
      expect(takeEffects(handshake)).toEqual([]);
      expect(handshake.state).toBe("deciding");
      handshake.accept(0, { subprotocol: "chat" });
      expect(written(takeEffects(handshake)).length).toBeGreaterThan(0);
    }
  });

  test.each<[name: string, value: string]>([
    ["a ", "x"],
    ["", "x"],
    ["a", " x"],
    ["a", "x "],
    ["a", 1 as unknown as string],
  ])("as the header %j: %j", (name, value) => {
    const headers: [string, string][] = [[name, value]];
    expect(() => freshClient({ headers })).toThrow(expect.objectContaining({ code: "bad-handshake" }));
  });

  test.each(["Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Sec-WebSocket-Key", "sec-websocket-x"])(
    "as the handshake's own header %s",
    (name) => {
      const headers = { [name]: "x" };
      const code = expect.objectContaining({ code: "bad-handshake" });
      expect(() => freshClient({ headers })).toThrow(code);
      const handshake = server();
      ask(handshake, request());
      expect(() => handshake.accept(0, { headers })).toThrow(code);
      expect(() => handshake.reject(0, 403, { headers })).toThrow(code);
    },
  );

  test("as too many or too large headers", () => {
    const many = Array.from({ length: 129 }, (_, index): [string, string] => [`X-${index}`, "x"]);
    const large = [1, 2, 3].map((index): [string, string] => [`X-${index}`, "x".repeat(8000)]);
    for (const headers of [many, large]) {
      expect(() => freshClient({ headers })).toThrow(expect.objectContaining({ code: "bad-handshake" }));
    }
    // Whoever needs more raises the limit.
    expect(() => freshClient({ headers: large, limits: { headBytes: 32_768 } })).not.toThrow();
  });

  test("and the text of the error never repeats it", () => {
    for (const text of bad) {
      let message = "";
      try {
        new ClientHandshake(0, { url, random: () => {}, headers: [[`X${text}`, text]] });
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/^[ -~]{1,150}$/);
    }
  });
});

test("the bytes of a request are Latin-1 by construction", () => {
  expect(written(takeEffects(freshClient())).every((byte) => byte < 0x80)).toBe(true);
  expect(latin1("\xff")).toEqual(Uint8Array.of(0xff));
});

describe("a head that we write", () => {
  const headers = new HeaderList([
    ["Host", "h"],
    ["X", "~"],
  ]);
  const request: RequestHead = { method: "GET", target: "/", version: "1.1", headers };
  const response: ResponseHead = { version: "1.1", status: 404, reason: "No", headers };
  const written = "GET / HTTP/1.1\r\nHost: h\r\nX: ~\r\n\r\n";
  const refused = expect.objectContaining({ code: "bad-handshake" });

  test("is as large as the limits allow, in each of its parts, and no larger", () => {
    const sizes = { startLineBytes: 14, fieldLines: 2, fieldLineBytes: 7, headBytes: written.length };
    expect(text(encodeRequestHead(request, sizes))).toBe(written);
    for (const name of Object.keys(sizes) as (keyof typeof sizes)[]) {
      expect(() => encodeRequestHead(request, { ...sizes, [name]: sizes[name] - 1 })).toThrow(refused);
    }
  });

  test("has a status from 100 to 599", () => {
    for (const status of [100, 599]) {
      expect(text(encodeResponseHead({ ...response, status }, limits))).toMatch(`HTTP/1.1 ${status} No\r\n`);
    }
    for (const status of [99, 600, 404.5]) {
      expect(() => encodeResponseHead({ ...response, status }, limits)).toThrow(refused);
    }
  });
});
