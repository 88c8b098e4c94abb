// RFC 6455 §4.2.1: which requests a server accepts. Each item of the checklist has what is accepted and what is not.

import { describe, expect, test } from "vitest";
import {
  type HandshakeViolation,
  handshakeViolations,
  OriginPolicy,
} from "../../packages/protocol/src/handshake/index.ts";
import {
  ask,
  expectRefusal,
  expectRequest,
  type Fields,
  head,
  latin1,
  RFC_KEY,
  request,
  server,
  takeEvents,
} from "./support.ts";

const withLine = (startLine: string, fields: Fields = {}): string => request(fields, startLine);

test("a request says what the application needs to know", () => {
  const text = request(
    {
      Origin: "http://server.example.com",
      "Sec-WebSocket-Protocol": ["chat, superchat", "v2"],
      "Sec-WebSocket-Extensions": "foo; a=1",
      Cookie: "\xe9",
    },
    "GET /chat/%20?a=b?c HTTP/1.1",
  );
  const { head: parsed, headers, ...rest } = expectRequest(text);
  expect(rest).toEqual({
    path: "/chat/%20",
    query: "a=b?c",
    host: "server.example.com",
    origin: "http://server.example.com",
    subprotocols: ["chat", "superchat", "v2"],
    extensions: [{ name: "foo", parameters: [{ name: "a", value: "1" }] }],
    key: RFC_KEY,
  });
  expect(headers.get("cookie")).toBe("\xe9");
  expect(parsed).toMatchObject({ method: "GET", target: "/chat/%20?a=b?c", version: "1.1" });
});

test("a request may say the least", () => {
  expect(expectRequest(request())).toMatchObject({ origin: undefined, subprotocols: [], extensions: [], query: "" });
});

describe("the request line", () => {
  test("H01 has the method GET", () => {
    expectRequest(withLine("GET / HTTP/1.1"));
  });
  test.each(["POST", "HEAD", "get", "Get", "PUT", "DELETE", "GETX"])("H01 with the method %s is refused", (method) => {
    const refusal = expectRefusal(withLine(`${method} / HTTP/1.1`), "method-not-get");
    expect(refusal).toContain("HTTP/1.1 405 Method Not Allowed\r\n");
    expect(refusal).toContain("\r\nAllow: GET\r\n");
  });

  test("H01 of OPTIONS * and CONNECT is refused like any other method", () => {
    expectRefusal(withLine("OPTIONS * HTTP/1.1"), "method-not-get");
    expectRefusal(
      withLine("CONNECT server.example.com:80 HTTP/1.1", { Host: "server.example.com:80" }),
      "method-not-get",
    );
  });

  test("H02 of HTTP/1.0 is refused", () => {
    expectRefusal(withLine("GET / HTTP/1.0"), "http-1.0");
  });
  test.each(["0.9", "1.2", "2.0", "9.9"])("H02 of HTTP/%s is refused", (version) => {
    expect(expectRefusal(withLine(`GET / HTTP/${version}`), "http-version-unsupported")).toContain("HTTP/1.1 505 ");
  });

  test("H04 may have a target in absolute-form", () => {
    const parsed = expectRequest(withLine("GET ws://server.example.com/a?b HTTP/1.1"));
    expect(parsed).toMatchObject({ path: "/a", query: "b" });
    expectRequest(withLine("GET http://SERVER.example.com:81/ HTTP/1.1", { Host: "server.example.com:81" }));
  });
  test.each([
    "*",
    "chat",
    "server.example.com:80",
    "ftp://server.example.com/",
    "http:///",
    "http://a@server.example.com/",
  ])("H04 may not have the target %s", (target) => {
    expectRefusal(withLine(`GET ${target} HTTP/1.1`), "target-invalid");
  });
  test("H04 may not have a target for another host than the Host header names", () => {
    expectRefusal(withLine("GET http://other.example/ HTTP/1.1"), "host-mismatch");
    expectRefusal(withLine("GET http://server.example.com:81/ HTTP/1.1"), "host-mismatch");
  });

  test("H05 may not have a target with a fragment", () => {
    expectRefusal(withLine("GET /chat# HTTP/1.1"), "target-invalid");
    expectRefusal(withLine("GET /?a#b HTTP/1.1"), "target-invalid");
  });
});

describe("the Host header", () => {
  test.each(["example.com", "EXAMPLE.com:8080", "127.0.0.1", "[::1]:9001", "a_b.example.", "h:"])(
    "H06 may be %s",
    (Host) => {
      expect(expectRequest(request({ Host })).host).toBe(Host);
    },
  );
  test("H06 must be there", () => {
    expectRefusal(request({ Host: undefined }), "host-missing");
  });
  test("H06, H11 must be there once", () => {
    expectRefusal(request({ Host: ["a.example", "a.example"] }), "host-repeated");
    expectRefusal(request({ Host: ["a.example", "b.example"] }), "host-repeated");
  });
  test.each(["", "a b", "[::1", "a:b:c", "%", "%41", "a".repeat(255), "\xff", "a,b", "a/b", "u@a", "a:99999", "a:-1"])(
    "sec/host-bad: H06 %j is refused",
    (Host) => {
      expectRefusal(request({ Host }), "host-invalid");
    },
  );
});

describe("the Upgrade header", () => {
  test.each(["websocket", "WebSocket", "WEBSOCKET", "h2c, websocket", " ,websocket, "])("H07 may be %j", (Upgrade) => {
    expectRequest(request({ Upgrade }));
  });
  test("H07 may be spread over lines", () => {
    expectRequest(request({ Upgrade: ["h2c", "websocket"] }));
  });
  test.each(["websockets", "xwebsocket", "web socket", "websocket/13", '"websocket"', "h2c", ""])(
    "H07 that is %j asks for no WebSocket",
    (Upgrade) => {
      expectRefusal(request({ Upgrade }), "upgrade-missing");
    },
  );
  test("H07 must be there", () => {
    const refusal = expectRefusal(request({ Upgrade: undefined }), "upgrade-missing");
    expect(refusal).toContain("HTTP/1.1 426 Upgrade Required\r\n");
  });
});

describe("the Connection header", () => {
  test.each(["Upgrade", "upgrade", "keep-alive, Upgrade", "Upgrade,keep-alive", ", UPGRADE ,"])(
    "H08 may be %j",
    (Connection) => {
      expectRequest(request({ Connection }));
    },
  );
  test("H08 may be spread over lines", () => {
    expectRequest(request({ Connection: ["keep-alive", "Upgrade"] }));
  });
  test.each([
    "xUpgrade",
    "Upgrade2",
    "keep-alive",
    "close",
    '"Upgrade"',
    'x="a, Upgrade, b"',
    "keep-alive Upgrade",
    "",
  ])("H08 may not be %j", (Connection) => {
    expectRefusal(request({ Connection }), "connection-missing");
  });
  test("H08 must be there", () => {
    expectRefusal(request({ Connection: undefined }), "connection-missing");
  });
});

describe("the key", () => {
  test.each([RFC_KEY, "AAAAAAAAAAAAAAAAAAAAAA==", "/////////////////////w=="])("H09 may be %s", (key) => {
    expect(expectRequest(request({ "Sec-WebSocket-Key": key })).key).toBe(key);
  });
  test("H09 must be there", () => {
    expectRefusal(request({ "Sec-WebSocket-Key": undefined }), "key-missing");
  });
  test("H09, H11 must be there once", () => {
    expectRefusal(request({ "Sec-WebSocket-Key": [RFC_KEY, RFC_KEY] }), "key-repeated");
  });
  test.each([
    "",
    "x",
    "dGhlIHNhbXBsZSBub25jZQ",
    "dGhlIHNhbXBsZSBub25jZQ=",
    "dGhlIHNhbXBsZSBub25jZR==", // set bits behind the last byte
    "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
    "dGhlIHNhbXBsZSBub25j",
    "dGhlIHNhbXBsZSBub25jZTE=",
    "dGhlIHNhbXBsZSBub25jZQ==AAAA",
    "dGhl HNhbXBsZSBub25jZQ==",
    "dGhl-HNhbXBsZSBub25jZQ==",
    "========================",
    "\xff".repeat(24),
  ])("H09 may not be %j", (key) => {
    expectRefusal(request({ "Sec-WebSocket-Key": key }), "key-invalid");
  });
});

describe("the version", () => {
  test.each(["", "12", "14", "8", "7", "013", "13.0", "13, 8", "8, 13", "+13", "0x0d", "thirteen"])(
    "sec/426: H10 may not be %j",
    (version) => {
      const refusal = expectRefusal(request({ "Sec-WebSocket-Version": version }), "version-unsupported");
      expect(refusal).toContain("HTTP/1.1 426 Upgrade Required\r\n");
      expect(refusal).toContain("\r\nSec-WebSocket-Version: 13\r\n");
      expect(refusal).toContain("\r\nUpgrade: websocket\r\n");
      expect(refusal).toContain("\r\nConnection: Upgrade, close\r\n");
    },
  );
  test("H10 is 13", () => {
    expectRequest(request({ "Sec-WebSocket-Version": "13" }));
  });
  test("H10, H11 must be there once", () => {
    expectRefusal(request({ "Sec-WebSocket-Version": undefined }), "version-unsupported");
    expectRefusal(request({ "Sec-WebSocket-Version": ["13", "13"] }), "version-unsupported");
    expectRefusal(request({ "Sec-WebSocket-Version": ["13", "8"] }), "version-unsupported");
  });
  test("H30 of another protocol ends the connection, on which the client cannot try again", () => {
    expectRefusal(request({ "Sec-WebSocket-Version": "14" }) + request(), "version-unsupported");
  });

  test("sec/no-drafts: the drafts before RFC 6455 are told which version is spoken", () => {
    const hixie75 = head("GET /demo HTTP/1.1", {
      Upgrade: "WebSocket",
      Connection: "Upgrade",
      Host: "example.com",
      Origin: "http://example.com",
      "WebSocket-Protocol": "sample",
    });
    const hixie76 = `${head("GET /demo HTTP/1.1", {
      Host: "example.com",
      Connection: "Upgrade",
      "Sec-WebSocket-Key2": "12998 5 Y3 1  .P00",
      "Sec-WebSocket-Protocol": "sample",
      Upgrade: "WebSocket",
      "Sec-WebSocket-Key1": "4 @1  46546xW%0l 1 5",
      Origin: "http://example.com",
    })}^n:ds[4U`;
    const hybi = (version: string): string =>
      request({ "Sec-WebSocket-Version": version, "Sec-WebSocket-Origin": "http://server.example.com" });
    for (const text of [hixie75, hixie76, hybi("7"), hybi("8")]) expectRefusal(text, "version-unsupported");
  });
});

describe("the body", () => {
  test("sec/upgrade-with-body: H17 may be announced as empty", () => {
    expectRequest(request({ "Content-Length": "0" }));
    expectRequest(request({ "Content-Length": "0000000000" }));
  });
  test.each<[Fields, HandshakeViolation]>([
    [{ "Content-Length": "1" }, "body-present"],
    [{ "Content-Length": "4294967296" }, "body-present"],
    [{ "Transfer-Encoding": "chunked" }, "body-present"],
    [{ "Transfer-Encoding": "Chunked" }, "body-present"],
    [{ "Transfer-Encoding": "gzip, chunked" }, "transfer-encoding-invalid"],
    [{ "Transfer-Encoding": "chunked," }, "transfer-encoding-invalid"],
    [{ "Transfer-Encoding": "identity" }, "transfer-encoding-invalid"],
    [{ "Transfer-Encoding": "chunked, identity" }, "transfer-encoding-invalid"],
    [{ "Transfer-Encoding": ["chunked", "chunked"] }, "transfer-encoding-invalid"],
    [{ "Transfer-Encoding": "xchunked" }, "transfer-encoding-invalid"],
    [{ "Transfer-Encoding": "" }, "transfer-encoding-invalid"],
    [{ "Transfer-Encoding": "chunked", "Content-Length": "0" }, "transfer-encoding-with-content-length"],
    [{ "Content-Length": ["0", "0"] }, "content-length-invalid"],
    [{ "Content-Length": ["0", "1"] }, "content-length-invalid"],
    [{ "Content-Length": "0, 0" }, "content-length-invalid"],
    [{ "Content-Length": "" }, "content-length-invalid"],
    [{ "Content-Length": "-0" }, "content-length-invalid"],
    [{ "Content-Length": "+0" }, "content-length-invalid"],
    [{ "Content-Length": "0x0" }, "content-length-invalid"],
    [{ "Content-Length": "1e1" }, "content-length-invalid"],
    [{ "Content-Length": "\u00b2" }, "content-length-invalid"],
    [{ "Content-Length": "0".repeat(11) }, "content-length-invalid"],
  ])("sec/upgrade-with-body: H17, H18 %j is refused: %s", (fields, violation) => {
    expectRefusal(request(fields), violation);
  });
  test("H17 Transfer-Encoding in HTTP/1.0 is refused", () => {
    expectRefusal(withLine("GET / HTTP/1.0", { "Transfer-Encoding": "chunked" }), "transfer-encoding-in-http-1.0");
  });
});

describe("the offered subprotocols", () => {
  test("H22 are distinct tokens, in one line or several", () => {
    expect(expectRequest(request({ "Sec-WebSocket-Protocol": " a,, b " })).subprotocols).toEqual(["a", "b"]);
    expect(expectRequest(request({ "Sec-WebSocket-Protocol": ["b", "a"] })).subprotocols).toEqual(["b", "a"]);
    expect(expectRequest(request({ "Sec-WebSocket-Protocol": "a, A" })).subprotocols).toEqual(["a", "A"]);
  });
  test.each(["", ",", "a b", "a, a", "a/b", '"a"', "a;b", "a\xff", "\xff\xfe", "a\tb"])(
    "H22 may not be %j",
    (value) => {
      expectRefusal(request({ "Sec-WebSocket-Protocol": value }), "subprotocols-invalid");
    },
  );
  test("H22 may not repeat in another line", () => {
    expectRefusal(request({ "Sec-WebSocket-Protocol": ["a", "b, a"] }), "subprotocols-invalid");
  });
});

describe("the offered extensions", () => {
  test("H23 may be unknown, and are then ignored", () => {
    const { extensions } = expectRequest(request({ "Sec-WebSocket-Extensions": ["x; y=1", "z"] }));
    expect(extensions.map(({ name }) => name)).toEqual(["x", "z"]);
  });
  test.each(["", "x;", "x; y=", "x y", 'x; y="a b"', "\xff\xfe", 'x; y="'])("H23 may not be %j", (value) => {
    expectRefusal(request({ "Sec-WebSocket-Extensions": value }), "extensions-invalid");
  });
});

describe("the Origin", () => {
  test("H25 is checked against the Host header by default", () => {
    expectRequest(request({ Origin: "https://server.example.com" }));
    expectRefusal(request({ Origin: "https://evil.example" }), "origin-refused");
    expectRefusal(request({ Origin: "null" }), "origin-refused");
  });
  test("sec/origin-bad: H25 is refused with 403 when it is malformed", () => {
    expect(expectRefusal(request({ Origin: "http://a:b" }), "origin-refused")).toContain("HTTP/1.1 403 Forbidden\r\n");
  });
  test("H11, H25 must not repeat, under any policy", () => {
    const twice = request({ Origin: ["https://server.example.com", "https://server.example.com"] });
    expectRefusal(twice, "origin-repeated");
    expectRefusal(twice, "origin-repeated", { origin: { allow: "any" } });
  });
  test("H25 is checked against a policy", () => {
    const origin = { allow: ["https://*.example.com"] };
    expectRequest(request({ Origin: "https://a.example.com" }), { origin });
    expectRefusal(request({ Origin: "https://example.com" }), "origin-refused", { origin });
    expectRefusal(request(), "origin-refused", { origin: { withoutOrigin: "refuse" } });
    expectRequest(request({ Origin: "null" }), { origin: new OriginPolicy({ allow: "any" }) });
  });
  test("H25 is checked against the scheme where that is known", () => {
    expectRequest(request({ Origin: "https://server.example.com" }), { secure: true });
    expectRefusal(request({ Origin: "http://server.example.com" }), "origin-refused", { secure: true });
    expectRefusal(request({ Origin: "https://server.example.com" }), "origin-refused", { secure: false });
  });
});

test("sec/2000-headers: are refused with 431", () => {
  const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`X-${index}`, "1"]));
  expect(expectRefusal(request(many), "too-many-fields")).toContain("HTTP/1.1 431 ");
});

test("sec/header-drip: a never-ending list of headers ends at the limit, before it is answered with anything else", () => {
  const handshake = server();
  handshake.receive(0, latin1("GET / HTTP/1.1\r\n"));
  let sent = 0;
  while (handshake.state === "reading") {
    handshake.receive(0, latin1("A: b\r\n"));
    sent++;
    expect(sent).toBeLessThanOrEqual(129);
  }
  expect(takeEvents(handshake)).toMatchObject([{ kind: "failed", status: 431 }]);
});

test("sec/protocol-redos: 8,000 spaces between two subprotocols cost one look each", () => {
  const charCodeAt = String.prototype.charCodeAt;
  let looks = 0;
  String.prototype.charCodeAt = function (this: string, index: number): number {
    looks++;
    return charCodeAt.call(this, index);
  };
  try {
    const event = ask(server(), request({ "Sec-WebSocket-Protocol": `a${" ".repeat(8000)}b` }));
    expect(event).toMatchObject({ kind: "failed", status: 400 });
  } finally {
    String.prototype.charCodeAt = charCodeAt;
  }
  expect(looks).toBeLessThan(5 * 8000);
});

test("sec/hdr-obs-text: bytes above 0x7F in any header of a request are tolerated or refused, cleanly", () => {
  const strict = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Origin"];
  const lists = ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Content-Length", "Transfer-Encoding"];
  for (const name of [...strict, ...lists]) {
    expect(ask(server(), request({ [name]: "\xff\xfe" })), name).toMatchObject({ kind: "failed" });
  }
  for (const name of ["Cookie", "User-Agent", "X"]) {
    expect(expectRequest(request({ [name]: "\xff\xfe" })).headers.get(name)).toBe("\xff\xfe");
  }
});

test("sec/header-limit-counts-lines: 129 lines of the same name are refused with 431", () => {
  const { Host, ...others } = { Host: "server.example.com", Upgrade: "websocket" };
  expectRefusal(head("GET / HTTP/1.1", { Host, ...others, "X-A": Array(127).fill("1") }), "too-many-fields");
  expectRequest(request({ "X-A": Array(123).fill("1") }));
});

test("sec/request-line: H03 a request line of more than 8 KiB is refused with 414", () => {
  const refusal = expectRefusal(withLine(`GET /${"x".repeat(8192)} HTTP/1.1`), "request-line-too-long");
  expect(refusal).toContain("HTTP/1.1 414 URI Too Long\r\n");
});

describe("each of the 128 subsets of what a request must have", () => {
  const pieces = [
    "method",
    "version 1.1",
    "Host",
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
  ];

  test("is judged by the first piece that is missing, and no subset but the whole is accepted", () => {
    for (let subset = 0; subset < 128; subset++) {
      const has = (piece: string): boolean => (subset & (1 << pieces.indexOf(piece))) !== 0;
      const without = Object.fromEntries(
        pieces
          .slice(2)
          .filter((piece) => !has(piece))
          .map((piece) => [piece, undefined] as const),
      );
      const startLine = `${has("method") ? "GET" : "POST"} /chat HTTP/${has("version 1.1") ? "1.1" : "1.0"}`;
      const text = request(without, startLine);
      const expected: HandshakeViolation | "request" | "http-request" =
        !has("Host") && has("version 1.1")
          ? "host-missing"
          : !has("Upgrade") && !has("Sec-WebSocket-Key")
            ? "http-request"
            : !has("method")
              ? "method-not-get"
              : !has("version 1.1")
                ? "http-1.0"
                : !has("Upgrade")
                  ? "upgrade-missing"
                  : !has("Connection")
                    ? "connection-missing"
                    : !has("Sec-WebSocket-Version")
                      ? "version-unsupported"
                      : !has("Sec-WebSocket-Key")
                        ? "key-missing"
                        : "request";
      if (expected === "request" || expected === "http-request") expect(ask(server(), text).kind).toBe(expected);
      else expectRefusal(text, expected);
    }
  });
});

describe("a request that does not ask for a WebSocket", () => {
  test.each([
    head("GET / HTTP/1.1", { Host: "a" }),
    head("POST /x HTTP/1.1", { Host: "a", "Content-Length": "5" }),
    head("POST /x HTTP/1.1", { Host: "a", "Transfer-Encoding": "chunked" }),
    head("OPTIONS * HTTP/1.1", { Host: "a" }),
    head("CONNECT a:443 HTTP/1.1", { Host: "a:443" }),
    head("GET / HTTP/1.0", {}),
    head("GET / HTTP/1.1", { Host: "a", Upgrade: "h2c", Connection: "Upgrade, HTTP2-Settings", "HTTP2-Settings": "" }),
    head("GET / HTTP/1.1", { Host: "a", Upgrade: "websocketx", Connection: "Upgrade" }),
  ])("is left to HTTP: %j", (text) => {
    expect(ask(server(), text).kind).toBe("http-request");
  });

  test.each<[string, HandshakeViolation]>([
    [head("GET / HTTP/1.1", {}), "host-missing"],
    [head("GET / HTTP/1.0", { Host: "a b" }), "host-invalid"],
    [
      head("POST / HTTP/1.1", { Host: "a", "Content-Length": "5", "Transfer-Encoding": "chunked" }),
      "transfer-encoding-with-content-length",
    ],
    [head("POST / HTTP/1.1", { Host: "a", "Content-Length": ["5", "6"] }), "content-length-invalid"],
    [head("POST / HTTP/1.0", { Host: "a", "Transfer-Encoding": "chunked" }), "transfer-encoding-in-http-1.0"],
    [head("GET /# HTTP/1.1", { Host: "a" }), "target-invalid"],
    [head("CONNECT / HTTP/1.1", { Host: "a" }), "target-invalid"],
  ])("is refused all the same where its meaning is ambiguous: %j: %s", (text, violation) => {
    expectRefusal(text, violation);
  });
});

describe("the table of violations", () => {
  test("has an HTTP status for what a client can break, a section, and a sentence of printable ASCII", () => {
    for (const { status, section, message } of Object.values(handshakeViolations)) {
      if (status !== undefined) expect([400, 403, 405, 414, 426, 431, 505]).toContain(status);
      expect(section).toMatch(/^RFC \d{4} §[\d.]+$/);
      expect(message).toMatch(/^[ -~]{10,100}$/);
    }
  });
});

test("sec/proto-names: the names of an object's members are names like any others", () => {
  const names = ["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty"];
  const text = [
    request().trimEnd(),
    ...names.map((name) => `${name}: x`),
    `Sec-WebSocket-Protocol: ${names.join(", ")}`,
    "Sec-WebSocket-Extensions: constructor, __proto__; toString=valueOf, hasOwnProperty",
    "",
    "",
  ].join("\r\n");
  const parsed = expectRequest(text);
  expect(parsed.subprotocols).toEqual(names);
  expect(parsed.extensions.map(({ name }) => name)).toEqual(["constructor", "__proto__", "hasOwnProperty"]);
  for (const name of names) expect(parsed.headers.getAll(name)).toEqual(["x"]);
  const handshake = server({ subprotocols: ["chat"] });
  ask(handshake, latin1(text));
  handshake.accept(0);
  expect(handshake.subprotocol).toBeUndefined();
  expect(handshake.extensions).toEqual([]);
});
