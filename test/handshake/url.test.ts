// RFC 6455 §3, RFC 3986: WebSocket URIs, hosts and request targets.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAuthority } from "../../packages/protocol/src/handshake/authority.ts";
import { parseWebSocketUrl } from "../../packages/protocol/src/handshake/index.ts";
import { parseTarget } from "../../packages/protocol/src/handshake/request-target.ts";

describe("C01 a WebSocket URL", () => {
  test("has a default port, and a resource name that is never empty", () => {
    expect(parseWebSocketUrl("ws://example.com")).toEqual({
      secure: false,
      hostname: "example.com",
      port: 80,
      host: "example.com",
      resource: "/",
      authorization: undefined,
    });
    expect(parseWebSocketUrl("wss://example.com")).toMatchObject({ secure: true, port: 443, host: "example.com" });
  });

  test.each([
    ["ws://h/chat", "/chat"],
    ["ws://h/a/b?c=d&e=/?", "/a/b?c=d&e=/?"],
    ["ws://h?", "/?"],
    ["ws://h?x=1", "/?x=1"],
    ["ws://h/%20%zz", "/%20%zz"],
    ["ws://h//", "//"],
    ["ws://h/@:[]{}|", "/@:[]{}|"],
  ])("%s has the resource name %s", (url, resource) => {
    expect(parseWebSocketUrl(url).resource).toBe(resource);
  });

  test.each([
    ["ws://h:80", 80, "h"],
    ["ws://h:443", 443, "h:443"],
    ["wss://h:443", 443, "h"],
    ["wss://h:80/", 80, "h:80"],
    ["ws://h:", 80, "h"],
    ["ws://h:0", 0, "h:0"],
    ["ws://h:65535", 65535, "h:65535"],
    ["ws://h:00080", 80, "h"],
  ])("%s has the port %i and the Host header %s", (url, port, host) => {
    expect(parseWebSocketUrl(url)).toMatchObject({ port, host, hostname: "h" });
  });

  test("may have an IP address for a host", () => {
    expect(parseWebSocketUrl("ws://127.0.0.1:9001")).toMatchObject({ hostname: "127.0.0.1", host: "127.0.0.1:9001" });
    expect(parseWebSocketUrl("wss://[2001:DB8::1]/")).toMatchObject({ hostname: "2001:db8::1", host: "[2001:db8::1]" });
    expect(parseWebSocketUrl("ws://[::1]:81")).toMatchObject({ hostname: "::1", port: 81, host: "[::1]:81" });
  });

  test("has a scheme and a host in any case", () => {
    expect(parseWebSocketUrl("WSS://EXAMPLE.com/PATH")).toMatchObject({
      secure: true,
      hostname: "example.com",
      resource: "/PATH",
    });
    expect(parseWebSocketUrl("Ws://h").secure).toBe(false);
  });

  test.each([
    ["ws://Aladdin:open%20sesame@h/", "Aladdin:open sesame"],
    ["ws://user@h", "user:"],
    ["ws://:@h", ":"],
    ["ws://user:@h", "user:"],
    ["ws://:pass@h", ":pass"],
    ["ws://u:p:q@h", "u:p:q"],
    ["ws://%c3%BC:%40@h", "\u00fc:@"],
  ])("%s has its credentials in an Authorization header", (url, credentials) => {
    const { authorization, host } = parseWebSocketUrl(url);
    expect(authorization).toBe(`Basic ${Buffer.from(credentials).toString("base64")}`);
    expect(host).toBe("h");
  });

  test("without anything before its @ has no credentials", () => {
    expect(parseWebSocketUrl("ws://@h").authorization).toBeUndefined();
  });

  test.each([
    "",
    "ws:",
    "ws:/h",
    "ws://",
    "ws:///path",
    "ws://?x",
    "http://h",
    "https://h",
    "wsx://h",
    "xs://h",
    "//h",
    "h",
    " ws://h",
    "ws://h ",
    "ws://h/#fragment",
    "ws://h#",
    "ws://h/a b",
    "ws://h/\r\nX: y",
    "ws://h/\u00fc",
    "ws://\u00fc.example",
    "ws://h\0",
    "ws://a b",
    "ws://a_b,c",
    "ws://%41",
    "ws://h:x",
    "ws://h:-1",
    "ws://h:+1",
    "ws://h:65536",
    "ws://h:000080",
    "ws://h:80:80",
    "ws://[::1",
    "ws://::1",
    "ws://[::1]x",
    "ws://[::1%25eth0]",
    "ws://a@b@h",
    "ws://a%3ab:c@h",
    "ws://a%0d%0a@h",
    "ws://a:%7f@h",
    "ws://%@h",
    "ws://%4@h",
    "ws://%4g@h",
    "ws://%g4@h",
    "ws://h\\path",
    `ws://${"a".repeat(254)}`,
  ])("%j is none", (url) => {
    expect(() => parseWebSocketUrl(url)).toThrow(expect.objectContaining({ code: "bad-handshake" }));
  });

  test("agrees with the platform's parser wherever both accept one", () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9.:/?@%[\]-]{0,6}$/);
    fc.assert(
      fc.property(fc.constantFrom("ws://", "wss://"), part, part, part, (scheme, a, b, c) => {
        const text = `${scheme}${a}h${b}x${c}`;
        let ours: ReturnType<typeof parseWebSocketUrl>;
        let theirs: URL;
        try {
          ours = parseWebSocketUrl(text);
          theirs = new URL(text);
        } catch {
          return;
        }
        expect(ours.port).toBe(theirs.port === "" ? (ours.secure ? 443 : 80) : Number(theirs.port));
        // It rewrites numbers that look like IPv4 addresses, and dots in paths, which we leave alone.
        if (!/\d/.test(theirs.hostname)) expect(ours.host).toBe(theirs.host);
        if (!/(^|\/)(\.|%2e){1,2}($|\/|\?)/i.test(ours.resource)) {
          expect(ours.resource).toBe(`${theirs.pathname}${text.includes("?") ? theirs.search || "?" : ""}`);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("an authority", () => {
  test.each([
    ["example.com", "example.com", undefined],
    ["Example.COM:8080", "example.com", 8080],
    ["a-b_c~d.", "a-b_c~d.", undefined],
    ["az.09", "az.09", undefined],
    ["a".repeat(253), "a".repeat(253), undefined],
    ["1.2.3.4:1", "1.2.3.4", 1],
    ["[::]", "[::]", undefined],
    ["[1:2:3:4:5:6:7:8]:9", "[1:2:3:4:5:6:7:8]", 9],
    ["[1::8]", "[1::8]", undefined],
    ["[09:af::9f]", "[09:af::9f]", undefined],
    ["[::255.255.255.255]", "[::255.255.255.255]", undefined],
    ["[::7:8]", "[::7:8]", undefined],
    ["[1:2::]", "[1:2::]", undefined],
    ["[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]", undefined],
    ["[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", undefined],
    ["[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", undefined],
    ["[ABCD::]", "[abcd::]", undefined],
  ])("%s is the host %s and the port %s", (text, host, port) => {
    expect(parseAuthority(text)).toEqual({ host, port });
  });

  test.each([
    "",
    ":80",
    "a b",
    "a:b:c",
    "a/b",
    "u@h",
    "%",
    "[]",
    "[::1",
    "::1",
    "[1:2:3:4:5:6:7]",
    "[1:2:3:4:5:6:7:8:9]",
    "[1:2:3:4:5:6:7:8::]",
    "[1:2:3:4::5:6:7:8]",
    "[::1.2]",
    "[::_]",
    "[::@]",
    "[1::2::3]",
    "[:1:2:3:4:5:6:7]",
    "[1:]",
    "[::12345]",
    "[::g]",
    "[1.2.3.4]",
    "[1.2.3.4::]",
    "[::1.2.3]",
    "[::1.2.3.256]",
    "[::1.2.3.0004]",
    "[::1.2.3.x]",
    "[::1]80",
    "h:123456",
  ])("%j is none", (text) => {
    expect(parseAuthority(text)).toBeUndefined();
  });
});

describe("H04 a request target", () => {
  const absolute = { host: "h", port: undefined };
  test.each([
    ["GET", "/", { path: "/", query: "", authority: undefined }],
    ["GET", "/a?b?c", { path: "/a", query: "b?c", authority: undefined }],
    ["GET", "//h/x", { path: "//h/x", query: "", authority: undefined }],
    ["POST", "/?", { path: "/", query: "", authority: undefined }],
    ["GET", "http://h", { path: "/", query: "", authority: absolute }],
    ["GET", "HTTPS://H/a?b", { path: "/a", query: "b", authority: absolute }],
    ["GET", "ws://h?q", { path: "/", query: "q", authority: absolute }],
    ["GET", "wss://h:9/", { path: "/", query: "", authority: { host: "h", port: 9 } }],
    ["OPTIONS", "*", { path: "*", query: "", authority: undefined }],
    ["CONNECT", "h:443", { path: "", query: "", authority: { host: "h", port: 443 } }],
  ])("of %s may be %s", (method, target, expected) => {
    expect(parseTarget(method, target)).toEqual(expected);
  });

  test.each([
    ["GET", ""],
    ["GET", "*"],
    ["GET", "a"],
    ["GET", "h:443"],
    ["GET", "ftp://h/"],
    ["GET", "http://"],
    ["GET", "http://u@h/"],
    ["GET", "http:/h"],
    ["CONNECT", "/"],
    ["CONNECT", "h"],
    ["CONNECT", "*"],
  ])("of %s may not be %j", (method, target) => {
    expect(parseTarget(method, target)).toBeUndefined();
  });

  test("H05 has no fragment, controls, spaces or bytes above 0x7E", () => {
    for (let byte = 0; byte < 256; byte++) {
      const allowed = byte > 0x20 && byte < 0x7f && byte !== 0x23;
      expect(parseTarget("GET", `/a${String.fromCharCode(byte)}`) !== undefined).toBe(allowed);
    }
  });
});
