// One example for each row of the table, so that none can be added without one: the compiler sees to it.

import { describe, expect, test } from "vitest";
import { type HandshakeViolation, handshakeViolations } from "../../packages/protocol/src/handshake/index.ts";
import type { Extension } from "../../packages/protocol/src/index.ts";
import {
  client,
  expectFailure,
  expectRefusal,
  head,
  latin1,
  RFC_ACCEPT,
  RFC_KEY,
  request,
  response,
  server,
  takeEvents,
} from "./support.ts";

const x: Extension = { name: "x", offers: () => [[]], accept: () => undefined, confirm: () => undefined };

/** What breaks a rule: a request, or a response if only a server can break it. */
const examples: Readonly<Record<HandshakeViolation, string>> = {
  "bare-cr": "GET / HTTP/1.1\rx",
  "bare-lf": "GET / HTTP/1.1\n",
  "control-character": "\x16\x03\x01",
  "request-line-malformed": "GET /\r\n",
  "request-line-too-long": "x".repeat(8193),
  "status-line-malformed": "HTTP/1.1 1\r\n",
  "status-line-too-long": "x".repeat(8193),
  "http-version-unsupported": "PRI * HTTP/2.0\r\n",
  "whitespace-before-fields": "GET / HTTP/1.1\r\n A",
  "line-folding": "GET / HTTP/1.1\r\nA: b\r\n c",
  "field-line-malformed": "GET / HTTP/1.1\r\nabc\r\n",
  "field-name-invalid": "GET / HTTP/1.1\r\nA : b\r\n",
  "field-line-too-long": `GET / HTTP/1.1\r\n${"x".repeat(8193)}`,
  "too-many-fields": `GET / HTTP/1.1\r\n${"A:\r\n".repeat(129)}`,
  "head-too-long": `GET / HTTP/1.1\r\n${`A: ${"x".repeat(995)}\r\n`.repeat(17)}`,
  "target-invalid": request({}, "GET * HTTP/1.1"),
  "host-missing": request({ Host: undefined }),
  "host-repeated": request({ Host: ["a", "a"] }),
  "host-invalid": request({ Host: "a b" }),
  "host-mismatch": request({}, "GET ws://other.example/ HTTP/1.1"),
  "content-length-invalid": request({ "Content-Length": "x" }),
  "transfer-encoding-with-content-length": request({ "Transfer-Encoding": "chunked", "Content-Length": "1" }),
  "transfer-encoding-in-http-1.0": request({ "Transfer-Encoding": "chunked" }, "GET / HTTP/1.0"),
  "transfer-encoding-invalid": request({ "Transfer-Encoding": "x" }),
  "method-not-get": request({}, "POST / HTTP/1.1"),
  "http-1.0": request({}, "GET / HTTP/1.0"),
  "body-present": request({ "Content-Length": "1" }),
  "upgrade-missing": request({ Upgrade: undefined }),
  "connection-missing": request({ Connection: undefined }),
  "version-unsupported": request({ "Sec-WebSocket-Version": "8" }),
  "key-missing": request({ "Sec-WebSocket-Key": undefined }),
  "key-repeated": request({ "Sec-WebSocket-Key": [RFC_KEY, RFC_KEY] }),
  "key-invalid": request({ "Sec-WebSocket-Key": "x" }),
  "subprotocols-invalid": request({ "Sec-WebSocket-Protocol": "a, a" }),
  "extensions-invalid": request({ "Sec-WebSocket-Extensions": ";" }),
  "origin-repeated": request({ Origin: ["http://server.example.com", "http://server.example.com"] }),
  "origin-refused": request({ Origin: "null" }),
  "early-data": request() + "x".repeat(65_537),
  "too-many-interim-responses": head("HTTP/1.1 100 Continue", {}).repeat(9),
  "switch-in-http-1.0": response({}, "HTTP/1.0 101 Switching Protocols"),
  "switch-with-body": response({ "Content-Length": "1" }),
  "switch-not-to-websocket": response({ Upgrade: "h2c" }),
  "switch-without-connection": response({ Connection: "close" }),
  "accept-missing": response({ "Sec-WebSocket-Accept": undefined }),
  "accept-repeated": response({ "Sec-WebSocket-Accept": [RFC_ACCEPT, RFC_ACCEPT] }),
  "accept-mismatch": response({ "Sec-WebSocket-Accept": "x" }),
  "subprotocol-repeated": response({ "Sec-WebSocket-Protocol": ["a", "b"] }),
  "subprotocol-not-offered": response({ "Sec-WebSocket-Protocol": "a" }),
  "extension-repeated": response({ "Sec-WebSocket-Extensions": "x, x" }),
  "extension-not-offered": response({ "Sec-WebSocket-Extensions": "y" }),
  "extension-response-invalid": response({ "Sec-WebSocket-Extensions": "x" }),
};

describe("a peer that breaks the rule", () => {
  test.each(Object.keys(handshakeViolations) as HandshakeViolation[])("%s is told so, or left", (violation) => {
    if (handshakeViolations[violation].status === undefined) {
      expectFailure(examples[violation], violation, { extensions: [x] });
    } else {
      expectRefusal(examples[violation], violation);
    }
  });

  test("is found out at every place where the bytes can be cut", () => {
    for (const [violation, example] of Object.entries(examples) as [HandshakeViolation, string][]) {
      const bytes = latin1(example);
      const byServer = handshakeViolations[violation].status !== undefined;
      for (let at = 0; at <= Math.min(bytes.length, 150); at++) {
        const handshake = byServer ? server() : client({ extensions: [x] });
        handshake.receive(0, bytes.slice(0, at));
        handshake.receive(0, bytes.slice(at));
        expect(takeEvents<unknown>(handshake)).toMatchObject([
          { kind: "failed", cause: { kind: "violation", violation } },
        ]);
      }
    }
  });
});
