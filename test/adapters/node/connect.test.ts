import { once } from "node:events";
import { connect as connectTcp, createServer, type Server as NetServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect, type ServeOptions, type Server, serve } from "@sansock/node-adapter";
import { afterEach, describe, expect, test, vi } from "vitest";
import { authority, certificate, echo, nextOf } from "../support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<ServeOptions> = {}): Promise<Server> {
  const server = await serve({ port: 0, ...options }, echo);
  cleanups.push(() => server.close({ timeout: 50 }));
  return server;
}

/** A TCP server that does what it is told with each connection. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const listener: NetServer = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return (listener.address() as { port: number }).port;
}

describe("connect rejects", () => {
  test("with Node's own error when nobody listens", async () => {
    const port = await listen(() => {});
    await cleanups.pop()!();
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("with a UsageError for a URL that is none, an option that is none, a header that HTTP cannot carry", async () => {
    await expect(connect("http://127.0.0.1/")).rejects.toMatchObject({ code: "bad-handshake" });
    await expect(connect("ws://127.0.0.1/#part")).rejects.toMatchObject({ code: "bad-handshake" });
    await expect(connect("ws://127.0.0.1/", { pingInterval: -1 })).rejects.toMatchObject({ code: "bad-option" });
    const headers: [string, string][] = [["X-Evil", "a\r\nb"]];
    await expect(connect("ws://127.0.0.1/", { headers })).rejects.toMatchObject({ code: "bad-handshake" });
  });

  test("with status, headers and body of a server that does not upgrade, and follows no redirection", async () => {
    const port = await listen((socket) =>
      socket.end("HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\nContent-Length: 5\r\n\r\nmoved"),
    );
    const error = await connect(`ws://127.0.0.1:${port}/`).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "HandshakeRefused", status: 302, text: "moved", bodyTruncated: false });
    expect((error as { headers: Headers }).headers.get("location")).toBe("ws://elsewhere/");
  });

  test("with HandshakeFailed when the server speaks something else", async () => {
    const port = await listen((socket) => socket.write("220 mail.example ESMTP\r\n"));
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({
      name: "HandshakeFailed",
      failure: { kind: "violation" },
    });
  });

  test("with HandshakeFailed when the server accepts and says nothing until openTimeout", async () => {
    const port = await listen(() => {});
    await expect(connect(`ws://127.0.0.1:${port}/`, { openTimeout: 30 })).rejects.toMatchObject({
      name: "HandshakeFailed",
      failure: { kind: "timeout" },
    });
  });

  test("when TLS is never answered, within openTimeout", async () => {
    const port = await listen(() => {});
    await expect(connect(`wss://127.0.0.1:${port}/`, { openTimeout: 30 })).rejects.toMatchObject({
      failure: { kind: "timeout" },
    });
  });

  test("with the reason of its signal, before and during the opening", async () => {
    const port = await listen(() => {});
    const reason = new Error("changed my mind");
    await expect(connect(`ws://127.0.0.1:${port}/`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const opening = connect(`ws://127.0.0.1:${port}/`, { signal: controller.signal });
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
  });
});

test("a signal that aborts later drops the connection", async () => {
  const { port } = await start();
  const controller = new AbortController();
  const client = await connect(`ws://127.0.0.1:${port}/`, { signal: controller.signal });
  controller.abort();
  expect(await client.closed).toMatchObject({ code: 1006, cause: { kind: "aborted" } });
});

test("nothing reaches uncaughtException or unhandledRejection when nobody listens to anything", async () => {
  const escaped = vi.fn();
  process.on("uncaughtException", escaped).on("unhandledRejection", escaped);
  cleanups.push(() => void process.off("uncaughtException", escaped).off("unhandledRejection", escaped));
  const { port, sessions } = await start();
  const client = await connect(`ws://127.0.0.1:${port}/`);
  void client.ping();
  for (const session of sessions) session.abort();
  void client.send("into the void");
  void client.ping().then(() => {});
  await client.closed;
  void client.send("too late");
  await new Promise((resolve) => setImmediate(resolve));
  expect(escaped.mock.calls.filter(([error]) => (error as Error).name !== "ConnectionClosed")).toEqual([]);
});

test("speaks over a stream of the caller's own", async () => {
  const { port } = await start();
  const socket = connectTcp({ port: port!, host: "127.0.0.1" });
  await once(socket, "connect");
  const stream = Duplex.from({ readable: socket, writable: socket });
  const client = await connect("ws://example.com/", { socket: stream });
  void client.send("tunnelled");
  expect(await nextOf(client)).toEqual({ kind: "text", text: "tunnelled" });
  await client.close();
});

test("a socket of the caller's own delays no small write until the one before is confirmed", async () => {
  const { port } = await start();
  const socket = connectTcp({ port: port!, host: "127.0.0.1" });
  await once(socket, "connect");
  const setNoDelay = vi.spyOn(socket, "setNoDelay");
  const client = await connect("ws://example.com/", { socket });
  expect(setNoDelay.mock.calls).toEqual([[true]]);
  await client.close();
});

describe("TLS", () => {
  test("connects where the certificate is good, and says so on both sides", async () => {
    const { port, sessions } = await start({ tls: certificate("localhost") });
    const client = await connect(`wss://localhost:${port}/`, { tls: { ca: authority } });
    expect([...sessions][0]?.opening.peer.secure).toBe(true);
    void client.send("secret");
    expect(await nextOf(client)).toEqual({ kind: "text", text: "secret" });
    expect(await client.close()).toMatchObject({ code: 1000, clean: true });
  });

  test("connects to an IP address that the certificate names", async () => {
    const { port } = await start({ tls: certificate("localhost") });
    const client = await connect(`wss://127.0.0.1:${port}/`, { tls: { ca: authority } });
    await client.close();
  });

  test("sec/tls-hostname: an unknown authority, another host, an expired certificate, none for hosts: all refused", async () => {
    const expected = [
      ["localhost", {}, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT/],
      ["self-signed", { ca: authority }, /DEPTH_ZERO_SELF_SIGNED_CERT/],
      ["other", { ca: authority }, /ERR_TLS_CERT_ALTNAME_INVALID/],
      ["expired", { ca: authority }, /CERT_HAS_EXPIRED/],
      ["email", { ca: authority }, /ERR_TLS_CERT_ALTNAME_INVALID/],
    ] as const;
    for (const [name, tls, code] of expected) {
      const { port } = await start({ tls: certificate(name) });
      await expect(connect(`wss://localhost:${port}/`, { tls })).rejects.toMatchObject({
        code: expect.stringMatching(code),
      });
    }
  });

  test("sec/wss-never-downgrades: a plain server is not spoken to", async () => {
    const { port } = await start();
    await expect(connect(`wss://127.0.0.1:${port}/`, { tls: { ca: authority } })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_SSL_|EPROTO|ECONNRESET/),
    });
  });

  test("sec/tls-stall: a client that never finishes TLS is dropped", async () => {
    const { port } = await start({ tls: certificate("localhost"), openTimeout: 50 });
    const socket = connectTcp({ port: port!, host: "127.0.0.1" });
    socket.on("error", () => {});
    await once(socket, "close");
    expect(socket.destroyed).toBe(true);
  });
});
