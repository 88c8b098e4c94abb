import assert from "node:assert/strict";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { setImmediate as macrotask } from "node:timers/promises";
import { connect } from "@sansock/deno-adapter";
import { authority, certificate, echo, nextOf, start } from "./support.ts";

const { test } = Deno;

/** A TCP server that does what it is told with each connection. */
async function listen(onConnection: (socket: Socket) => void): Promise<{ port: number } & AsyncDisposable> {
  const sockets: Socket[] = [];
  const listener: NetServer = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

test("connect rejects with Deno's own error when nobody listens", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(connect(`ws://127.0.0.1:${port}/`), Deno.errors.ConnectionRefused);
});

test("connect rejects with a UsageError for a URL that is none, an option that is none, a header that HTTP cannot carry", async () => {
  await assert.rejects(connect("http://127.0.0.1/"), { code: "bad-handshake" });
  await assert.rejects(connect("ws://127.0.0.1/#part"), { code: "bad-handshake" });
  await assert.rejects(connect("ws://127.0.0.1/", { pingInterval: -1 }), { code: "bad-option" });
  await assert.rejects(connect("ws://127.0.0.1/", { headers: [["X-Evil", "a\r\nb"]] }), { code: "bad-handshake" });
});

test("connect rejects with a UsageError for TLS where Deno speaks none", async () => {
  await assert.rejects(connect("wss://localhost/", { unixSocket: "/tmp/none" }), { code: "bad-option" });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  await assert.rejects(connect("wss://localhost/", { socket: { readable, writable } }), { code: "bad-option" });
});

test("connect rejects with status, headers and body of a server that does not upgrade, and follows no redirection", async () => {
  await using server = await listen((socket) =>
    socket.end("HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\nContent-Length: 5\r\n\r\nmoved"),
  );
  const error = await connect(`ws://127.0.0.1:${server.port}/`).catch((reason: unknown) => reason);
  const { name, status, text, bodyTruncated, headers } = error as {
    name: string;
    status: number;
    text: string;
    bodyTruncated: boolean;
    headers: Headers;
  };
  assert.deepEqual([name, status, text, bodyTruncated], ["HandshakeRefused", 302, "moved", false]);
  assert.equal(headers.get("location"), "ws://elsewhere/");
});

test("connect rejects with HandshakeFailed when the server speaks something else, says nothing, or resets", async () => {
  await using other = await listen((socket) => socket.write("220 mail.example ESMTP\r\n"));
  const violation = await connect(`ws://127.0.0.1:${other.port}/`).catch((reason: unknown) => reason);
  assert.equal((violation as { failure: { kind: string } }).failure.kind, "violation");
  await using silent = await listen(() => {});
  await assert.rejects(connect(`ws://127.0.0.1:${silent.port}/`, { openTimeout: 30 }), {
    name: "HandshakeFailed",
    failure: { kind: "timeout" },
  });
  await using reset = await listen((socket) => socket.once("data", () => socket.resetAndDestroy()));
  await assert.rejects(connect(`ws://127.0.0.1:${reset.port}/`), {
    name: "HandshakeFailed",
    failure: { kind: "transport-lost" },
  });
});

test("connect rejects within openTimeout when TLS is never answered, and lets go of the connection when the peer does", async () => {
  const accepted = Promise.withResolvers<Socket>();
  const ended = Promise.withResolvers<void>();
  await using silent = await listen((socket) => {
    socket.on("data", () => {}).on("end", () => ended.resolve());
    accepted.resolve(socket);
  });
  await assert.rejects(connect(`wss://127.0.0.1:${silent.port}/`, { openTimeout: 30 }), {
    failure: { kind: "timeout" },
  });
  (await accepted.promise).end();
  await ended.promise;
});

test("connect rejects with the reason of its signal, before and during the opening", async () => {
  await using silent = await listen(() => {});
  const reason = new Error("changed my mind");
  const url = `ws://127.0.0.1:${silent.port}/`;
  await assert.rejects(connect(url, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const opening = connect(url, { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(opening, reason);
  const late = new AbortController();
  await using asked = await listen((socket) => socket.once("data", () => late.abort(reason)));
  await assert.rejects(connect(`ws://127.0.0.1:${asked.port}/`, { signal: late.signal }), reason);
});

test("a signal that aborts later drops the connection", async () => {
  await using server = await start(echo);
  const controller = new AbortController();
  const client = await connect(server.url, { signal: controller.signal });
  controller.abort();
  const { code, cause } = await client.closed;
  assert.deepEqual([code, cause], [1006, { kind: "aborted" }]);
});

test("nothing is thrown at nobody when nobody listens to anything", async () => {
  const escaped: unknown[] = [];
  const onRejection = (event: PromiseRejectionEvent): void => {
    if ((event.reason as Error).name === "ConnectionClosed") event.preventDefault();
    else escaped.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  await using server = await start(echo);
  const client = await connect(server.url);
  void client.ping();
  for (const session of server.sessions) session.abort();
  void client.send("into the void");
  void client.ping().then(() => {});
  await client.closed;
  void client.send("too late");
  await macrotask(); // unhandled rejections are reported between macrotasks
  globalThis.removeEventListener("unhandledrejection", onRejection);
  assert.deepEqual(escaped, []);
});

test("connect speaks over a connection, and over streams, of the caller's own", async () => {
  await using server = await start(echo);
  for (const asStreams of [false, true]) {
    const conn = await Deno.connect({ port: server.port!, hostname: "127.0.0.1" });
    const { readable, writable } = conn;
    const socket = asStreams
      ? { readable, writable }
      : await Deno.connect({ port: server.port!, hostname: "127.0.0.1" });
    const client = await connect("ws://example.com/", { socket });
    void client.send("tunnelled");
    assert.deepEqual(await nextOf(client), { kind: "text", text: "tunnelled" });
    void client.send(new Uint8Array(300_000));
    assert.equal(((await nextOf(client)) as { bytes: Uint8Array }).bytes.length, 300_000);
    assert.equal((await client.close()).clean, true);
    if (!asStreams) conn.close();
  }
});

test("a wss: client connects where the certificate is good, and both sides know", async () => {
  await using server = await start(echo, { tls: certificate("localhost") });
  for (const host of ["localhost", "127.0.0.1"]) {
    const client = await connect(`wss://${host}:${server.port}/`, { tls: { caCerts: [authority] } });
    assert.equal([...server.sessions][0]?.opening.peer.secure, true);
    void client.send("secret");
    assert.deepEqual(await nextOf(client), { kind: "text", text: "secret" });
    void client.send(new Uint8Array(900_000).fill(3));
    assert.equal(((await nextOf(client)) as { bytes: Uint8Array }).bytes.length, 900_000);
    const { code, clean } = await client.close();
    assert.deepEqual([code, clean], [1000, true]);
  }
});

test("a wss: client shows a certificate of its own, or speaks over a connection of the caller's", async () => {
  await using server = await start(echo, { tls: certificate("localhost") });
  const url = `wss://localhost:${server.port}/`;
  const caCerts = [authority];
  await using _certified = await connect(url, { tls: { caCerts, ...certificate("other") } });
  const tcp = await Deno.connect({ port: server.port!, hostname: "127.0.0.1" });
  await using _overTcp = await connect(url, { tls: { caCerts }, socket: tcp });
  const tls = await Deno.connectTls({ port: server.port!, hostname: "localhost", caCerts });
  await using _overTls = await connect(url, { socket: tls });
  assert.equal(server.sessions.size, 3);
});

test("sec/tls-hostname: an unknown authority, another host, an expired certificate, none for hosts: all refused", async () => {
  const expected = [
    ["localhost", [], /UnknownIssuer/],
    ["self-signed", [authority], /CaUsedAsEndEntity/],
    ["other", [authority], /not valid for name "localhost"/],
    ["expired", [authority], /certificate expired/],
    ["email", [authority], /not valid for name "localhost"/],
  ] as const;
  for (const [name, caCerts, message] of expected) {
    await using server = await start(echo, { tls: certificate(name) });
    await assert.rejects(connect(`wss://localhost:${server.port}/`, { tls: { caCerts: [...caCerts] } }), {
      name: "InvalidData",
      message,
    });
  }
});

test("sec/wss-never-downgrades: a plain server is not spoken to", async () => {
  await using server = await start(echo);
  await assert.rejects(connect(`wss://127.0.0.1:${server.port}/`, { tls: { caCerts: [authority] } }));
});
