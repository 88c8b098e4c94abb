// RFC 6455 §4.1: what a client asks, which answers it takes, and what becomes of the others.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ClientHandshake,
  ClientHandshakeSettings,
  type HandshakeViolation,
  HeaderList,
  parseWebSocketUrl,
  type ResponseHead,
  ServerHandshake,
} from "../../packages/protocol/src/handshake/index.ts";
import type { Extension, ExtensionParameter, MessageTransform } from "../../packages/protocol/src/index.ts";
import { concat, hex } from "../support/hex.ts";
import { countingRandom, failingRandom } from "../support/random.ts";
import {
  answer,
  client,
  cut,
  expectFailure,
  expectOpen,
  type Fields,
  freshClient,
  head,
  latin1,
  only,
  RFC_ACCEPT,
  RFC_KEY,
  response,
  responseFields,
  takeEffects,
  takeEvents,
  taken,
  text,
} from "./support.ts";

const usage = (code: string) => expect.objectContaining({ name: "UsageError", code });

/** A text frame of a server: "Hello" (§5.7). */
const HELLO = hex`81 05 48 65 6c 6c 6f`;

describe("the request", () => {
  test("is written at once, as §4.1 says", () => {
    expect(taken(freshClient())).toEqual({
      text: head("GET /chat HTTP/1.1", {
        Host: "server.example.com",
        Upgrade: "websocket",
        Connection: "Upgrade",
        "Sec-WebSocket-Key": RFC_KEY,
        "Sec-WebSocket-Version": "13",
      }),
      others: [],
    });
  });

  test("may say more", () => {
    const handshake = freshClient({
      url: parseWebSocketUrl("wss://u:p@[::1]:8443/a?b=c"),
      subprotocols: ["chat", "superchat"],
      origin: "https://example.com",
      headers: [
        ["Cookie", "a=1"],
        ["X-Two", "1"],
        ["X-Two", "2"],
      ],
    });
    expect(taken(handshake).text).toBe(
      head("GET /a?b=c HTTP/1.1", {
        Host: "[::1]:8443",
        Upgrade: "websocket",
        Connection: "Upgrade",
        "Sec-WebSocket-Key": RFC_KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "chat, superchat",
        Origin: "https://example.com",
        Authorization: "Basic dTpw",
        Cookie: "a=1",
        "X-Two": ["1", "2"],
      }),
    );
  });

  test("has the Host, Origin and Authorization of the application in the place of its own", () => {
    const headers = { host: "other.example", origin: "https://a.example", authorization: "Bearer x" };
    const url = parseWebSocketUrl("ws://u:p@server.example.com/");
    const { text } = taken(freshClient({ url, headers, origin: "https://b.example" }));
    expect(text.match(/^(host|origin|authorization):.*$/gim)).toEqual([
      "host: other.example",
      "origin: https://a.example",
      "authorization: Bearer x",
    ]);
  });

  test.each<[HandshakeViolation, [string, string][]]>([
    [
      "host-repeated",
      [
        ["Host", "a"],
        ["host", "b"],
      ],
    ],
    ["host-invalid", [["Host", "a b"]]],
    [
      "origin-repeated",
      [
        ["Origin", "a"],
        ["origin", "b"],
      ],
    ],
  ])("is none that we would refuse ourselves: %s", (_violation, headers) => {
    expect(() => freshClient({ headers })).toThrow(usage("bad-handshake"));
  });

  test("is not one for a fragment, or without a path", () => {
    const url = parseWebSocketUrl("ws://h/");
    for (const resource of ["/#", "", "a", "*"]) {
      expect(() => freshClient({ url: { ...url, resource } })).toThrow(usage("bad-handshake"));
    }
  });

  test("C03 has a fresh key of 16 random bytes", () => {
    const random = countingRandom();
    const url = parseWebSocketUrl("ws://h/");
    const keys = [1, 2].map(() => new ClientHandshake(0, { url, random }).request.headers.get("sec-websocket-key")!);
    expect(keys.map((key) => [...Buffer.from(key, "base64")])).toEqual([
      Array.from({ length: 16 }, (_, index) => index),
      Array.from({ length: 16 }, (_, index) => 16 + index),
    ]);
  });

  test("sec/mask-entropy-failure: C03 is not made without randomness", () => {
    expect(() => freshClient({ random: failingRandom })).toThrow("no entropy");
  });

  test("offers the extensions, with each of their offers in order", () => {
    const extensions = [extension("x", [[{ name: "a", value: "1" }], []]), extension("y")];
    expect(taken(freshClient({ extensions })).text).toContain("\r\nSec-WebSocket-Extensions: x; a=1, x, y\r\n");
  });

  test("C15 is all that is written before the answer", () => {
    const handshake = client();
    handshake.receive(0, latin1(response().slice(0, -1)));
    expect([...takeEvents(handshake), ...takeEffects(handshake)]).toEqual([]);
  });
});

const transform: MessageTransform = {
  rsv: 0x40,
  wants: () => false,
  encode: (bytes) => bytes,
  push: () => {},
  pull: () => undefined,
};

function extension(name: string, offers: readonly (readonly ExtensionParameter[])[] = [[]]): Extension {
  return {
    name,
    offers: () => offers,
    accept: () => undefined,
    confirm: (parameters) => (parameters.some((parameter) => parameter.name === "bad") ? undefined : transform),
  };
}

describe("the answer 101", () => {
  test("opens the connection", () => {
    const event = expectOpen(response({ "Set-Cookie": "a=1" }));
    expect(event).toMatchObject({ subprotocol: undefined, extensions: [], head: { status: 101, version: "1.1" } });
    expect(event.head.headers.get("set-cookie")).toBe("a=1");
    expect(event.connection.state).toBe("open");
  });

  test("leaves nothing to wait for, and nothing to do", () => {
    const handshake = client();
    expect(handshake.deadlineName).toBe("open");
    answer(handshake, response());
    expect(handshake.deadline).toBeUndefined();
    expect(handshake.deadlineName).toBeUndefined();
    expect(takeEffects(handshake)).toEqual([]);
    handshake.handleTimeout(1e9);
    expect(takeEvents(handshake)).toEqual([]);
  });

  test("makes a client, which masks and has the options that were given", () => {
    const { connection } = expectOpen(response(), { pingInterval: 77 });
    expect(connection.deadline).toBe(77);
    connection.sendText("a");
    expect(takeEffects(connection)).toMatchObject([{ kind: "write", bytes: { 1: 0x81 } }]);
  });

  test("C14 in the same segment as frames: they are the connection's", () => {
    const handshake = client();
    handshake.receive(0, concat(latin1(response()), HELLO.slice(0, 4)));
    const event = only(takeEvents(handshake));
    if (event.kind !== "open") throw new Error(event.kind);
    expect(takeEvents(event.connection)).toEqual([]);
    // Until somebody runs the connection, what the transport tells the handshake is passed on.
    handshake.receive(1, HELLO.slice(4));
    expect(takeEvents(event.connection)).toEqual([{ kind: "text", text: "Hello" }]);
    handshake.receivePaused(2);
    handshake.receiveResumed(2);
    handshake.handleTransportQueue(2, 1);
    handshake.receiveEnd(2);
    handshake.handleTransportClosed(2);
    expect(only(takeEvents(event.connection))).toMatchObject({ kind: "closed", cause: { kind: "transport-lost" } });
  });

  test.each(["websocket", "WebSocket"])("C06 has the Upgrade header %s", (Upgrade) => {
    expectOpen(response({ Upgrade }));
  });
  test.each<[string | string[] | undefined]>([
    [undefined],
    [""],
    ["h2c"],
    ["websocket/13"],
    ["xwebsocket"],
    ["h2c, websocket"],
    [["websocket", "websocket"]],
  ])("C06 fails with the Upgrade header %j", (Upgrade) => {
    expectFailure(response({ Upgrade }), "switch-not-to-websocket");
  });

  test.each(["Upgrade", "upgrade", "keep-alive, Upgrade"])("C07 has the Connection header %s", (Connection) => {
    expectOpen(response({ Connection }));
  });
  test.each<[string | undefined]>([
    [undefined],
    [""],
    ["close"],
    ["xUpgrade"],
    ["keep-alive Upgrade"],
    ['"a, Upgrade"'],
  ])("C07 fails with the Connection header %j", (Connection) => {
    expectFailure(response({ Connection }), "switch-without-connection");
  });

  test("sec/accept: C08 may have whitespace around the accept value", () => {
    expectOpen(response({ "Sec-WebSocket-Accept": ` \t${RFC_ACCEPT}  ` }));
  });
  test("sec/accept-missing: C08 fails", () => {
    expectFailure(response({ "Sec-WebSocket-Accept": undefined }), "accept-missing");
  });
  test("sec/accept-duplicated: C08 fails", () => {
    expectFailure(response({ "Sec-WebSocket-Accept": [RFC_ACCEPT, RFC_ACCEPT] }), "accept-repeated");
  });
  test.each([
    ["wrong", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    ["for-another-key", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="],
    ["lower-cased", RFC_ACCEPT.toLowerCase()],
    ["the-key-itself", RFC_KEY],
    ["empty", ""],
    ["prefix", RFC_ACCEPT.slice(0, -1)],
    ["quoted", `"${RFC_ACCEPT}"`],
    ["list", `${RFC_ACCEPT}, ${RFC_ACCEPT}`],
    ["obs-text", `${RFC_ACCEPT}\xff`],
  ])("sec/accept-%s: C08 fails", (_name, accept) => {
    expectFailure(response({ "Sec-WebSocket-Accept": accept }), "accept-mismatch");
  });

  describe("C09 chooses extensions:", () => {
    const extensions = [extension("x"), extension("y")];
    const choosing = (value: string | readonly string[]): string => response({ "Sec-WebSocket-Extensions": value });

    test("one that was offered", () => {
      expect(expectOpen(choosing("y; a=1"), { extensions }).extensions).toEqual([
        { name: "y", parameters: [{ name: "a", value: "1" }] },
      ]);
    });
    test.each<[string | string[], HandshakeViolation]>([
      ["z", "extension-not-offered"],
      ["X", "extension-not-offered"],
      ["x, z", "extension-not-offered"],
      ["constructor", "extension-not-offered"],
      ["x, x", "extension-repeated"],
      [["x", "x"], "extension-repeated"],
      ["x, y", "extension-repeated"],
      ["x; bad", "extension-response-invalid"],
      ["x;", "extensions-invalid"],
      ["", "extensions-invalid"],
      ["\xff\xfe", "extensions-invalid"],
    ])("fails with %j: %s", (value, violation) => {
      expectFailure(choosing(value), violation, { extensions });
    });
    test("sec/unsolicited-extension: fails when none was offered", () => {
      expectFailure(choosing("permessage-deflate"), "extension-not-offered");
    });
  });

  describe("C10 chooses a subprotocol:", () => {
    const subprotocols = ["a", "b"];
    const choosing = (value: string | readonly string[]): string => response({ "Sec-WebSocket-Protocol": value });

    test("one that was offered, or none", () => {
      expect(expectOpen(choosing("b"), { subprotocols }).subprotocol).toBe("b");
      expect(expectOpen(response(), { subprotocols }).subprotocol).toBeUndefined();
    });
    test.each(["c", "B", "a, b", "", '"a"', "\xff", "constructor"])("fails with %j", (value) => {
      expectFailure(choosing(value), "subprotocol-not-offered", { subprotocols });
    });
    test("fails with two", () => {
      expectFailure(choosing(["a", "b"]), "subprotocol-repeated", { subprotocols });
      expectFailure(choosing(["a", "a"]), "subprotocol-repeated", { subprotocols });
    });
    test("fails when none was offered", () => {
      expectFailure(choosing("a"), "subprotocol-not-offered");
    });
  });

  test("C11 fails in HTTP/1.0", () => {
    expectFailure(response({}, "HTTP/1.0 101 Switching Protocols"), "switch-in-http-1.0");
  });
  test.each(["1.2", "2.0", "0.9"])("C11 fails in HTTP/%s", (version) => {
    expectFailure(response({}, `HTTP/${version} 101 Switching Protocols`), "http-version-unsupported");
  });

  test.each<[Fields]>([
    [{ "Content-Length": "0" }],
    [{ "Content-Length": "5" }],
    [{ "Transfer-Encoding": "chunked" }],
    [{ "Transfer-Encoding": "" }],
  ])("C12 fails with %j", (fields) => {
    expectFailure(response(fields), "switch-with-body");
  });

  test.each<[HandshakeViolation, string]>([
    ["status-line-malformed", "hello"],
    ["status-line-too-long", `HTTP/1.1 101 ${"x".repeat(8192)}`],
    ["bare-cr", "HTTP/1.1 101 x\rx"],
    ["bare-lf", "HTTP/1.1 101 x\n"],
    ["control-character", "\0"],
    ["whitespace-before-fields", "HTTP/1.1 101 x\r\n A: b"],
    ["line-folding", "HTTP/1.1 101 x\r\nA: b\r\n c"],
    ["field-line-malformed", "HTTP/1.1 101 x\r\nabc"],
    ["field-name-invalid", "HTTP/1.1 101 x\r\nA : b"],
    ["field-line-too-long", `HTTP/1.1 101 x\r\nA: ${"x".repeat(8192)}`],
    ["head-too-long", `HTTP/1.1 101 x\r\n${`A: ${"x".repeat(1000)}\r\n`.repeat(20)}`],
    ["too-many-fields", `HTTP/1.1 101 x\r\n${"A: b\r\n".repeat(200)}`],
  ])("C13 fails where its head breaks the grammar: %s", (violation, start) => {
    expectFailure(`${start}\r\n\r\n`, violation);
  });

  test("C13 may have non-ASCII bytes in its values and reason", () => {
    const event = expectOpen(response({ "X-A": "\xff\x80" }, "HTTP/1.1 101 \xe9"));
    expect(event.head).toMatchObject({ reason: "\xe9" });
    expect(event.head.headers.get("x-a")).toBe("\xff\x80");
  });

  test("sec/header-drip: a never-ending list of headers ends at the limit", () => {
    const handshake = client();
    let sent = 0;
    handshake.receive(0, latin1("HTTP/1.1 101 Switching Protocols\r\n"));
    while (handshake.deadline !== undefined) {
      handshake.receive(0, latin1("A: b\r\n"));
      sent++;
      expect(sent).toBeLessThanOrEqual(129);
    }
    expect(takeEvents(handshake)).toMatchObject([{ kind: "failed", cause: { violation: "too-many-fields" } }]);
  });
});

describe("sec/hdr-obs-text: bytes above 0x7F", () => {
  const names = ["Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"];
  test.each(names)("in %s fail cleanly", (name) => {
    expect(answer(client(), response({ [name]: "\xff\xfe" })).kind).toBe("failed");
  });
  test.each(["Content-Length", "Transfer-Encoding", "Location", "Set-Cookie", "X"])(
    "in %s of a refusal are no trouble",
    (name) => {
      const handshake = client();
      handshake.receive(0, latin1(head("HTTP/1.1 400 Bad", { [name]: "\xff\xfe" })));
      handshake.receiveEnd(0);
      expect(takeEvents(handshake).map(({ kind }) => kind)).toEqual(["refused"]);
    },
  );
});

describe("interim responses", () => {
  const interim = (status: number): string => head(`HTTP/1.1 ${status} Wait`, { Link: "</a>" });

  test("C05 are skipped, up to eight", () => {
    expectOpen(interim(100) + interim(103) + response());
    expectOpen(interim(102).repeat(8) + response());
  });
  test("C05 are too many after that", () => {
    expectFailure(interim(102).repeat(9) + response(), "too-many-interim-responses");
  });
  test("C05 may come before a refusal, and are held to the grammar", () => {
    expect(answer(client(), interim(100) + head("HTTP/1.1 403 No", { "Content-Length": "0" })).kind).toBe("refused");
    expectFailure(`${interim(100)}\r\n${response()}`, "status-line-malformed");
  });
});

describe("C04 another answer than 101", () => {
  const refusal = (fields: Fields, body = "", status = 403): string => head(`HTTP/1.1 ${status} No`, fields) + body;

  /** What is reported of a refusal, the head as its status, the body as text. */
  function refused(input: string, then: (handshake: ClientHandshake) => void = () => {}, options = {}) {
    const handshake = client(options);
    handshake.receive(0, latin1(input));
    then(handshake);
    const event = only(takeEvents(handshake));
    if (event.kind !== "refused") throw new Error(event.kind);
    expect(takeEffects(handshake)).toEqual([{ kind: "destroy" }]);
    expect(handshake.deadline).toBeUndefined();
    handshake.receive(1, latin1(response()));
    handshake.receiveEnd(1);
    handshake.handleTransportClosed(1);
    expect([...takeEvents(handshake), ...takeEffects(handshake)]).toEqual([]);
    return { status: event.head.status, body: text(event.body), truncated: event.bodyTruncated };
  }

  const whole = (body: string, status = 403) => ({ status, body, truncated: false });
  const broken = (body: string, status = 403) => ({ status, body, truncated: true });

  test.each([200, 204, 301, 400, 401, 403, 404, 407, 426, 500, 503, 599])("is reported with its head: %i", (status) => {
    const event = answer(client(), refusal({ "Content-Length": "0", "X-A": "1" }, "", status));
    expect(event).toMatchObject({ kind: "refused", head: { status, reason: "No" }, body: new Uint8Array(0) });
    if (event.kind === "refused") expect(event.head.headers.get("x-a")).toBe("1");
  });

  test("sec/redirect-not-followed: is reported with its Location", () => {
    const handshake = client();
    const event = answer(handshake, refusal({ Location: "ws://evil.example/", "Content-Length": "0" }, "", 302));
    expect(event.kind === "refused" && event.head.headers.get("location")).toBe("ws://evil.example/");
    expect(takeEffects(handshake)).toEqual([{ kind: "destroy" }]);
  });

  test("has a body of the length that is announced", () => {
    expect(refused(refusal({ "Content-Length": "5" }, "Hello, world"))).toEqual(whole("Hello"));
    expect(refused(refusal({ "Content-Length": "0" }, "x"))).toEqual(whole(""));
    expect(refused(refusal({ "Content-Length": "5" }, "Hell"), (it) => it.receiveEnd(0))).toEqual(broken("Hell"));
  });

  test("has a body until the stream ends, where no length is announced", () => {
    expect(refused(refusal({}, "Hello"), (it) => it.receiveEnd(0))).toEqual(whole("Hello"));
  });

  test.each<[string, Fields]>([
    ["two lengths", { "Content-Length": ["1", "1"] }],
    ["no number for a length", { "Content-Length": "x" }],
    ["too long a number", { "Content-Length": "00000000001" }],
    ["a length and chunks", { "Content-Length": "1", "Transfer-Encoding": "chunked" }],
    ["another coding", { "Transfer-Encoding": "gzip, chunked" }],
    ["an unknown coding", { "Transfer-Encoding": "x" }],
    ["no coding", { "Transfer-Encoding": "" }],
  ])("has a body until the stream ends, where it is ambiguous: %s", (_name, fields) => {
    expect(refused(refusal(fields, "Hello"), (it) => it.receiveEnd(0))).toEqual(whole("Hello"));
  });

  test("has a body until the stream ends, where HTTP/1.0 speaks of chunks", () => {
    const input = `${head("HTTP/1.0 403 No", { "Transfer-Encoding": "chunked" })}Hello`;
    expect(refused(input, (it) => it.receiveEnd(0))).toEqual(whole("Hello"));
  });

  test.each([204, 304])("has no body with status %i", (status) => {
    expect(refused(refusal({ "Content-Length": "5" }, "Hello", status))).toEqual(whole("", status));
  });

  const chunked = (body: string): string => refusal({ "Transfer-Encoding": "Chunked" }, body);
  test.each([
    ["5\r\nHello\r\n0\r\n\r\n", "Hello"],
    ["1\r\nH\r\n04\r\nello\r\n000\r\n\r\nrest", "Hello"],
    ["A;ext=1;b\r\n0123456789\r\n0;x\r\n\r\n", "0123456789"],
    ["1 ;e\r\na\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", "a"],
    ["0\r\n\r\n", ""],
  ])("has a body in chunks: %j", (body, content) => {
    expect(refused(chunked(body))).toEqual(whole(content));
  });

  test.each([
    ["x\r\n", ""],
    ["\r\n", ""],
    ["-1\r\n", ""],
    ["5\n", ""],
    ["1x\r\na\r\n", ""],
    ["1\r\nab\r\n0\r\n\r\n", "a"],
    ["1\r\na\r\r\n", "a"],
    ["100000000\r\nx", ""],
    [`1;${"x".repeat(1024)}`, ""],
    [`0\r\n${"a: b\r\n".repeat(65)}`, ""],
  ])("has a body that is cut where a chunk is malformed: %j", (body, content) => {
    expect(refused(chunked(body))).toEqual(broken(content));
  });

  test("has a body that is cut where chunks end too early", () => {
    for (const body of ["", "5", "5\r\nHel", "5\r\nHello", "5\r\nHello\r\n", "5\r\nHello\r\n0\r\n"]) {
      const { truncated } = refused(chunked(body), (it) => it.receiveEnd(0));
      expect(truncated).toBe(true);
    }
  });

  test("C18 has a body of at most 1 MiB, or another limit", () => {
    const mebibyte = "x".repeat(1024 * 1024);
    expect(refused(refusal({}, mebibyte), (it) => it.receiveEnd(0))).toEqual(whole(mebibyte));
    expect(refused(refusal({}, `${mebibyte}y`))).toEqual(broken(mebibyte));
    expect(refused(refusal({ "Content-Length": "6" }, "Hello!"), undefined, { maxRefusalBytes: 5 })).toEqual(
      broken("Hello"),
    );
    expect(refused(refusal({ "Content-Length": "5" }, "Hello"), undefined, { maxRefusalBytes: 5 })).toEqual(
      whole("Hello"),
    );
    expect(refused(chunked("3\r\nHel\r\n3\r\nlo!\r\n"), undefined, { maxRefusalBytes: 5 })).toEqual(broken("Hello"));
    expect(refused(refusal({}, "Hello"), undefined, { maxRefusalBytes: 0 })).toEqual(broken(""));
    for (const maxRefusalBytes of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => freshClient({ maxRefusalBytes })).toThrow(usage("bad-option"));
    }
  });

  test("is reported with the body so far when time is up", () => {
    expect(refused(refusal({ "Content-Length": "5" }, "Hel"), (it) => it.handleTimeout(10_000))).toEqual(broken("Hel"));
  });

  test("is reported with the body so far when the transport is lost", () => {
    const handshake = client();
    handshake.receive(0, latin1(refusal({}, "Hel")));
    handshake.handleTransportClosed(0);
    expect(only(takeEvents(handshake))).toMatchObject({ kind: "refused", bodyTruncated: true, body: { length: 3 } });
    expect(takeEffects(handshake)).toEqual([]);
  });
});

describe("time and the transport", () => {
  test("give the handshake 10 s by default", () => {
    const handshake = client();
    expect([handshake.deadline, handshake.deadlineName]).toEqual([10_000, "open"]);
    handshake.handleTimeout(9999);
    expect(takeEvents(handshake)).toEqual([]);
    handshake.handleTimeout(10_000);
    expect(takeEvents(handshake)).toEqual([{ kind: "failed", cause: { kind: "timeout" } }]);
    expect(takeEffects(handshake)).toEqual([{ kind: "destroy" }]);
    expect(handshake.deadline).toBeUndefined();
  });

  test("give it another time, or for ever", () => {
    expect(freshClient({ openTimeout: 3 }).deadline).toBe(3);
    expect(freshClient({ openTimeout: null }).deadline).toBeUndefined();
    expect(() => freshClient({ openTimeout: 0 })).toThrow(usage("bad-option"));
  });

  test("sec/reset-at-every-byte: may lose it after each byte of the head", () => {
    const bytes = latin1(response());
    for (let at = 0; at < bytes.length; at++) {
      for (const gone of ["end", "reset"] as const) {
        const handshake = client();
        handshake.receive(0, bytes.slice(0, at));
        if (gone === "end") handshake.receiveEnd(1);
        else handshake.handleTransportClosed(1);
        expect(takeEvents(handshake)).toEqual([{ kind: "failed", cause: { kind: "transport-lost" } }]);
        expect(takeEffects(handshake)).toEqual(gone === "end" ? [{ kind: "destroy" }] : []);
        handshake.handleTransportClosed(2);
        expect(takeEvents(handshake)).toEqual([]);
      }
    }
  });
});

describe("a response that somebody else has parsed", () => {
  const parsed = (changes: Partial<ResponseHead> = {}, fields: Fields = {}): ResponseHead => ({
    version: "1.1",
    status: 101,
    reason: "Switching Protocols",
    headers: new HeaderList(Object.entries({ ...responseFields, ...fields }) as [string, string][]),
    ...changes,
  });

  test("opens the connection like any other, and the request is not written", () => {
    const handshake = freshClient();
    expect(handshake.request).toMatchObject({ method: "GET", target: "/chat", version: "1.1" });
    expect(handshake.request.headers.get("sec-websocket-key")).toBe(RFC_KEY);
    handshake.receiveHead(0, parsed(), HELLO.slice());
    const event = only(takeEvents(handshake));
    if (event.kind !== "open") throw new Error(event.kind);
    expect(takeEvents(event.connection)).toEqual([{ kind: "text", text: "Hello" }]);
    expect(takeEffects(handshake)).toEqual([]);
    expect(() => handshake.receiveHead(0, parsed())).toThrow(usage("already-answered"));
  });

  test("may be interim, or a refusal with what is known of its body", () => {
    const handshake = freshClient();
    handshake.receiveHead(0, parsed({ status: 103 }));
    expect(takeEvents(handshake)).toEqual([]);
    handshake.receiveHead(0, parsed({ status: 404, version: "1.0" }), latin1("no"));
    expect(only(takeEvents(handshake))).toMatchObject({ kind: "refused", head: { status: 404 }, bodyTruncated: false });
    const other = freshClient();
    other.receiveHead(0, parsed({ status: 404 }));
    expect(only(takeEvents(other))).toMatchObject({ kind: "refused", body: new Uint8Array(0) });
  });

  test.each<[HandshakeViolation, ResponseHead]>([
    ["status-line-malformed", parsed({ status: 99 })],
    ["status-line-malformed", parsed({ status: 600 })],
    ["status-line-malformed", parsed({ status: 101.5 })],
    ["status-line-too-long", parsed({ reason: "x".repeat(9000) })],
    ["http-version-unsupported", parsed({ version: "2.0" as "1.1" })],
    ["switch-in-http-1.0", parsed({ version: "1.0" })],
    ["field-name-invalid", parsed({}, { "a b": "" })],
    ["accept-mismatch", parsed({}, { "Sec-WebSocket-Accept": "x" })],
  ])("is held to the same rules: %s", (violation, head) => {
    const handshake = freshClient();
    handshake.receiveHead(0, head);
    expect(takeEvents(handshake)).toEqual([{ kind: "failed", cause: { kind: "violation", violation } }]);
    expect(takeEffects(handshake)).toEqual([{ kind: "destroy" }]);
  });
});

describe("chunking is invisible:", () => {
  function run(chunks: readonly Uint8Array[]): unknown {
    const handshake = client({ maxRefusalBytes: 20 });
    const seen: unknown[] = [];
    for (const chunk of chunks) handshake.receive(0, chunk.slice());
    handshake.receiveEnd(0);
    for (const event of takeEvents(handshake)) {
      if (event.kind === "open") seen.push([...event.head.headers], takeEvents(event.connection));
      else if (event.kind === "refused") seen.push([...event.head.headers], text(event.body), event.bodyTruncated);
      else seen.push(event);
    }
    return [seen, takeEffects(handshake)];
  }

  const samples = [
    concat(latin1(response()), HELLO, HELLO.slice(0, 3)),
    latin1(head("HTTP/1.1 100 Wait", {}) + response()),
    latin1(
      `${head("HTTP/1.1 403 No", { "Transfer-Encoding": "chunked" })}3\r\nHel\r\n2;a\r\nlo\r\n0\r\nA: b\r\n\r\nrest`,
    ),
    latin1(`${head("HTTP/1.1 403 No", { "Transfer-Encoding": "chunked" })}15\r\n${"x".repeat(21)}\r\n0\r\n\r\n`),
    latin1(`${head("HTTP/1.1 403 No", { "Content-Length": "5" })}Hello, world`),
    latin1(`${head("HTTP/1.1 403 No", {})}Hello, this is too long`),
    latin1(response({ "Sec-WebSocket-Accept": "x" })),
  ];

  test("a response cut in two at any place, or into bytes, gives the same events and effects", () => {
    for (const bytes of samples) {
      const whole = run([bytes]);
      for (let at = 1; at < bytes.length; at++) expect(run([bytes.slice(0, at), bytes.slice(at)])).toEqual(whole);
      expect(run([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
    }
  });

  test("a response cut anywhere gives the same events and effects", () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(fc.nat(300)), (bytes, positions) => {
        expect(run(cut(bytes, positions))).toEqual(run([bytes]));
      }),
    );
  });
});

describe("a peer cannot make a client throw,", () => {
  test("whatever it sends: at most one event comes of it", () => {
    const word = fc.constantFrom(
      ...response().split(/(?<=[ \r\n:])/),
      "200 ",
      "\0",
      "\xff",
      "\r",
      "chunked",
      "Transfer-Encoding: ",
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(word, { maxLength: 40 }).map((words) => latin1(words.join(""))),
      fc.tuple(fc.nat(160), word).map(([at, word]) => latin1(response().slice(0, at) + word + response().slice(at))),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (input, end) => {
        const handshake = client();
        handshake.receive(0, input.slice());
        if (end) handshake.receiveEnd(0);
        const events = takeEvents(handshake);
        expect(events.length).toBeLessThanOrEqual(1);
        const dropped = events.length === 1 && events[0]!.kind !== "open";
        expect(takeEffects(handshake)).toEqual(dropped ? [{ kind: "destroy" }] : []);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("our own client and server", () => {
  test("agree, however the bytes are cut, and can talk at once", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500)), fc.array(fc.nat(500)), fc.integer(), (there, back, seed) => {
        const random = countingRandom();
        random(new Uint8Array(Math.abs(seed) % 256));
        const url = parseWebSocketUrl("ws://h:81/x?y");
        const asking = new ClientHandshake(0, { url, random, subprotocols: ["a", "b"], origin: "http://h:81" });
        const asked = new ServerHandshake(0, { random, subprotocols: ["b"] });
        const request = takeEffects(asking).map((effect) => (effect.kind === "write" ? effect.bytes : []));
        for (const chunk of cut(concat(...request), there)) asked.receive(0, chunk);
        expect(only(takeEvents(asked))).toMatchObject({
          kind: "request",
          request: { path: "/x", query: "y", host: "h:81" },
        });
        const server = asked.accept(0);
        server.sendText("hi");
        const bytes = [...takeEffects(asked), ...takeEffects(server)].map((effect) =>
          effect.kind === "write" ? effect.bytes : [],
        );
        for (const chunk of cut(concat(...bytes), back)) asking.receive(0, chunk);
        const event = only(takeEvents(asking));
        if (event.kind !== "open") throw new Error(event.kind);
        expect(event.subprotocol).toBe("b");
        expect(takeEvents(event.connection)).toEqual([{ kind: "text", text: "hi" }]);
      }),
    );
  });

  test("understand each other's refusal", () => {
    const asking = freshClient();
    const asked = new ServerHandshake(0, { random: countingRandom() });
    for (const effect of takeEffects(asking)) if (effect.kind === "write") asked.receive(0, effect.bytes);
    asked.reject(0, 401, { headers: { "WWW-Authenticate": "Basic" }, body: "who are you?" });
    for (const effect of takeEffects(asked)) if (effect.kind === "write") asking.receive(0, effect.bytes);
    const event = only(takeEvents(asking));
    expect(event).toMatchObject({ kind: "refused", head: { status: 401 }, bodyTruncated: false });
    expect(event.kind === "refused" && text(event.body)).toBe("who are you?");
  });
});

test("settings are checked once, and shared by any number of handshakes", () => {
  const url = parseWebSocketUrl("ws://h/");
  const settings = new ClientHandshakeSettings({ url, random: countingRandom(), openTimeout: 5 });
  const keys = [1, 2].map((now) => {
    const handshake = new ClientHandshake(now, settings);
    expect(handshake.deadline).toBe(now + 5);
    return handshake.request.headers.get("sec-websocket-key");
  });
  expect(keys[0]).not.toBe(keys[1]);
  expect(() => new ClientHandshakeSettings({ url, random: countingRandom(), subprotocols: ["a", "a"] })).toThrow(
    usage("bad-option"),
  );
});
