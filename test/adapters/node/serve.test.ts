import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ClosedEvent,
  ConnectionClosed,
  connect,
  type Message,
  type ServeOptions,
  type Server,
  type ServerSession,
  type SessionCallbacks,
  type SessionHandler,
  serve,
} from "@sansock/node-adapter";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openingRequest, RawClient } from "./raw.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  handler: SessionHandler | SessionCallbacks<ServerSession["opening"]>,
  options: Partial<ServeOptions> = {},
): Promise<Server & { url: string }> {
  const server = await serve({ port: 0, host: "127.0.0.1", ...options }, handler);
  cleanups.push(() => server.close({ timeout: 50 }));
  return Object.assign(server, { url: `ws://127.0.0.1:${server.port}/` });
}

async function echo(session: ServerSession): Promise<void> {
  for await (const message of session) await session.send(contentOf(message));
}

function contentOf(message: Message): string | Uint8Array {
  return message.kind === "text" ? message.text : message.bytes;
}

async function nextOf(session: AsyncIterable<Message>): Promise<Message | undefined> {
  for await (const message of session) return message;
  return undefined;
}

describe("a server with a handler", () => {
  test("echoes text and bytes, empty, small and large", async () => {
    const { url } = await start(echo, { maxMessageBytes: 8 * 1024 * 1024 });
    const client = await connect(url, { maxMessageBytes: 8 * 1024 * 1024 });
    const contents = [
      "",
      "hello",
      "h\u00e9llo \u{1f600}",
      "x".repeat(300_000),
      new Uint8Array(0),
      new Uint8Array(5_000_000).fill(7),
    ];
    for (const content of contents) void client.send(content);
    let received = 0;
    for await (const message of client) {
      const content = contentOf(message);
      const expected = contents[received++]!;
      // toEqual takes seconds for megabytes.
      if (typeof content === "string") expect(content).toBe(expected);
      else expect(Buffer.compare(content, expected as Uint8Array)).toBe(0);
      if (received === contents.length) break;
    }
    expect(await client.close()).toMatchObject({
      code: 1000,
      clean: true,
      cause: { kind: "handshake", initiator: "local" },
    });
  });

  test("keeps many messages of one chunk in order and answers them in few writes", async () => {
    const { url } = await start(echo);
    const client = await connect(url);
    for (let index = 0; index < 1000; index++) void client.send(`${index}`);
    let expected = 0;
    for await (const message of client) {
      expect(contentOf(message)).toBe(`${expected++}`);
      if (expected === 1000) break;
    }
    await client.close();
  });

  test("closes the session with 1000 when its handler returns", async () => {
    const { url } = await start(async (session) => void (await session.send("bye")));
    const client = await connect(url);
    expect(await nextOf(client)).toEqual({ kind: "text", text: "bye" });
    expect(await client.whenClosed()).toMatchObject({ code: 1000, cause: { initiator: "remote" } });
  });

  test("closes the session with 1011 when its handler throws, and reports the error", async () => {
    const onError = vi.fn();
    const failure = new Error("on purpose");
    const { url } = await start(
      () => {
        throw failure;
      },
      { onError },
    );
    const client = await connect(url);
    expect(await client.closed).toMatchObject({ code: 1011, reason: "internal error" });
    expect(onError).toHaveBeenCalledExactlyOnceWith(failure, expect.anything());
  });

  test("does not report the end of the connection that its handler iterates over", async () => {
    const onError = vi.fn();
    let thrown: unknown;
    const server = await start(
      async (session) => {
        try {
          await echo(session);
        } catch (error) {
          thrown = error;
          throw error;
        }
      },
      { onError },
    );
    const client = await connect(server.url);
    client.abort();
    await vi.waitFor(() => expect(server.sessions.size).toBe(0));
    await vi.waitFor(() => expect(thrown).toBeInstanceOf(ConnectionClosed));
    expect((thrown as ConnectionClosed).cause).toEqual({ kind: "transport-lost" });
    expect(onError).not.toHaveBeenCalled();
  });
});

describe("a server with callbacks", () => {
  test("calls them in order, with one object for all sessions", async () => {
    const log: string[] = [];
    const closed = new Promise<ClosedEvent>((resolve) => {
      void start({
        open: (session) => void log.push(`open ${session.opening.request.path}`),
        message(session, message) {
          log.push(`message ${contentOf(message)}`);
          void session.send(contentOf(message));
        },
        ping: (_session, payload) => void log.push(`ping ${payload.length}`),
        close(_session, event) {
          log.push(`close ${event.code}`);
          resolve(event);
        },
      }).then(async ({ url }) => {
        const client = await connect(`${url}a/b?c`);
        await client.send("one");
        await client.ping(new Uint8Array(3));
        await client.send("two");
        const answers: (string | Uint8Array)[] = [];
        for await (const message of client) {
          answers.push(contentOf(message));
          if (answers.length === 2) break;
        }
        expect(answers).toEqual(["one", "two"]);
        await client.close(4000, "done");
      });
    });
    expect(await closed).toMatchObject({ code: 4000, reason: "done", clean: true });
    expect(log).toEqual(["open /a/b", "message one", "ping 3", "message two", "close 4000"]);
  });

  test("takes what a callback throws for a failure of that session alone", async () => {
    const onError = vi.fn();
    const { url } = await start(
      {
        message(session, message) {
          if (contentOf(message) === "sync") throw new Error("sync");
          if (contentOf(message) === "async") return Promise.reject(new Error("async"));
          return session.send(contentOf(message));
        },
      },
      { onError },
    );
    const [first, second, third] = await Promise.all([connect(url), connect(url), connect(url)]);
    void first.send("sync");
    void second.send("async");
    expect(await first.closed).toMatchObject({ code: 1011 });
    expect(await second.closed).toMatchObject({ code: 1011 });
    void third.send("fine");
    expect(await nextOf(third)).toEqual({ kind: "text", text: "fine" });
    expect(onError.mock.calls.map(([error]) => (error as Error).message)).toEqual(["sync", "async"]);
  });
});

describe("before the upgrade", () => {
  test("authorize may refuse with any HTTP answer", async () => {
    const { url } = await start(echo, {
      authorize: async (request) =>
        request.query === "token=good"
          ? { data: "known", headers: [["Set-Cookie", "seen=1"]] }
          : { status: 401, headers: [["WWW-Authenticate", "Bearer"]], body: "no" },
    });
    await expect(connect(url)).rejects.toMatchObject({ name: "HandshakeRefused", status: 401, text: "no" });
    const client = await connect(`${url}?token=good`);
    expect(client.opening.response.headers.get("set-cookie")).toBe("seen=1");
    await client.close();
  });

  test("authorize that throws is answered with 500, and reported", async () => {
    const onError = vi.fn();
    const { url } = await start(echo, {
      onError,
      authorize() {
        throw new Error("database");
      },
    });
    await expect(connect(url)).rejects.toMatchObject({ status: 500 });
    expect(onError).toHaveBeenCalledOnce();
  });

  test("pages of other origins are refused by default, and let in by a list", async () => {
    const closed = await start(echo);
    await expect(connect(closed.url, { origin: "https://evil.example" })).rejects.toMatchObject({ status: 403 });
    const same = await connect(closed.url, { origin: `http://127.0.0.1:${closed.port}` });
    await same.close();
    const open = await start(echo, { origin: { allow: ["https://good.example"] } });
    const client = await connect(open.url, { origin: "https://good.example" });
    await client.close();
  });

  test("the preferred subprotocol of the server is chosen", async () => {
    const { url, sessions } = await start(echo, { subprotocols: ["v2", "v1"] });
    const client = await connect(url, { subprotocols: ["v1", "v2"] });
    expect(client.opening.subprotocol).toBe("v2");
    expect([...sessions][0]?.opening.subprotocol).toBe("v2");
    await client.close();
  });

  test("more connections than maxConnections get 503", async () => {
    const { url } = await start(echo, { maxConnections: 1 });
    const client = await connect(url);
    await expect(connect(url)).rejects.toMatchObject({ status: 503 });
    await client.close();
  });

  test("an HTTP request is answered with 426, or by the HTTP server that is given", async () => {
    const plain = await start(echo);
    const refused = await fetch(`http://127.0.0.1:${plain.port}/`);
    expect(refused.status).toBe(426);
    expect(refused.headers.get("upgrade")).toBe("websocket");
    const http = createHttpServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)}`));
    });
    cleanups.push(() => void http.closeAllConnections());
    const both = await start(echo, { http });
    const base = `http://127.0.0.1:${both.port}`;
    expect(await (await fetch(`${base}/health`)).text()).toBe("GET /health ");
    expect(await (await fetch(`${base}/form`, { method: "POST", body: "x".repeat(100_000) })).text()).toBe(
      `POST /form ${"x".repeat(100_000)}`,
    );
    const client = await connect(both.url);
    await client.close();
  });

  test("connections that were given to the HTTP server are dropped when the server is closed", async () => {
    const http = createHttpServer((_request, response) => response.end("kept alive"));
    const server = await start(echo, { http });
    const raw = await RawClient.connect(server.port!);
    raw.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await raw.until(() => raw.text.endsWith("kept alive"));
    await server.close();
    await raw.until(() => raw.closed || raw.ended);
    raw.socket.destroy();
  });

  test("a frame in the same segment as the request is not lost, and not early", async () => {
    const { port } = await start(echo);
    const raw = await RawClient.connect(port!);
    raw.write(Buffer.concat([Buffer.from(openingRequest()), Buffer.from("81810000000061", "hex")]));
    await raw.until(() => raw.received.includes(Buffer.from("810161", "hex")));
    expect(raw.text).toMatch(/^HTTP\/1\.1 101 /);
    expect(raw.text.split("\r\n\r\n")[1]).toBe("\u0081\u0001a");
    raw.socket.destroy();
  });

  test("a request that is refused is the last: nothing behind it is read", async () => {
    const { port } = await start(echo);
    const raw = await RawClient.connect(port!);
    raw.write(`${openingRequest("/", ["Content-Length: 5"])}${openingRequest()}`);
    expect(await raw.end()).toMatch(/^HTTP\/1\.1 400 /);
    expect(raw.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(raw.text).toContain("Connection: close");
    raw.socket.destroy();
  });
});

describe("listening", () => {
  test("rejects with Node's own error when the port is taken", async () => {
    const { port } = await start(echo);
    await expect(serve({ port: port!, host: "127.0.0.1" }, echo)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("works on a Unix socket", async () => {
    const path = join(tmpdir(), `sansock-${process.pid}.sock`);
    const server = await serve({ path }, echo);
    cleanups.push(() => server.close());
    expect(server.address).toBe(path);
    const client = await connect("ws://localhost/", { unixSocket: path });
    void client.send("over a file");
    expect(await nextOf(client)).toEqual({ kind: "text", text: "over a file" });
    await client.close();
  });

  test("ends with its AbortSignal", async () => {
    const controller = new AbortController();
    const { url, port } = await start(echo, { signal: controller.signal });
    const client = await connect(url);
    controller.abort();
    expect(await client.closed).toMatchObject({ code: 1001 });
    await expect(connect(url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(port).toBeGreaterThan(0);
  });

  test("is closed by `await using`", async () => {
    let url: string;
    {
      await using server = await serve({ port: 0, host: "127.0.0.1" }, echo);
      url = `ws://127.0.0.1:${server.port}/`;
      await using client = await connect(url);
      expect(client.state).toBe("open");
    }
    await expect(connect(url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("closing a server", () => {
  test("stops listening, closes sessions with 1001, and waits for handlers", async () => {
    const finished: string[] = [];
    const server = await start(async (session) => {
      await echo(session);
      await new Promise((resolve) => setImmediate(resolve));
      finished.push("handler");
    });
    const client = await connect(server.url);
    const closing = server.close();
    expect(await client.closed).toMatchObject({ code: 1001, clean: true });
    await closing;
    expect(finished).toEqual(["handler"]);
    await expect(connect(server.url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("answers a handshake in progress with 503", async () => {
    const server = await start(echo);
    const raw = await RawClient.connect(server.port!);
    raw.write("GET / HTTP/1.1\r\nHost: a\r\n");
    await vi.waitFor(() => expect(server.sessions.size).toBe(0));
    const second = await connect(server.url); // the raw connection was accepted before this one
    const closing = server.close();
    expect(await raw.end()).toMatch(/^HTTP\/1\.1 503 /);
    raw.socket.end();
    await second.closed;
    await closing;
  });

  test("drops what is left after the timeout", async () => {
    const server = await start(() => new Promise<void>(() => {})); // a handler that never ends
    const raw = await RawClient.connect(server.port!);
    raw.write(openingRequest());
    await raw.until(() => raw.text.includes("\r\n\r\n"));
    await server.close({ timeout: 20 });
    expect(server.sessions.size).toBe(0);
    await raw.until(() => raw.closed || raw.ended);
    raw.socket.destroy();
  });
});

test("broadcast reaches every open session but the excepted one", async () => {
  const server = await start(async (session) => {
    for await (const _ of session) server.broadcast("to all others", session);
  });
  const [one, two, three] = await Promise.all([connect(server.url), connect(server.url), connect(server.url)]);
  await vi.waitFor(() => expect(server.sessions.size).toBe(3));
  server.broadcast(new Uint8Array([1, 2, 3]));
  for (const client of [one, two, three]) expect(await nextOf(client)).toMatchObject({ kind: "binary" });
  void one.send("go");
  for (const client of [two, three]) expect(await nextOf(client)).toEqual({ kind: "text", text: "to all others" });
  await Promise.all([one.close(), two.close(), three.close()]);
});

test("diagnostics channels tell of sessions, pings and pongs", async () => {
  const seen: string[] = [];
  const names = ["open", "ping", "pong", "close"].map((name) => `sansock:${name}`);
  const listener = (_message: unknown, name: string | symbol): void => void seen.push(String(name));
  for (const name of names) subscribe(name, listener);
  cleanups.push(() => {
    for (const name of names) unsubscribe(name, listener);
  });
  const server = await start(echo);
  const client = await connect(server.url);
  await client.ping();
  await client.close();
  await vi.waitFor(() => expect(seen.filter((name) => name === "sansock:close")).toHaveLength(2));
  expect(seen.filter((name) => name === "sansock:open")).toHaveLength(2);
  expect(seen).toContain("sansock:ping");
  expect(seen).toContain("sansock:pong");
});

test("keepalive ends a client that has gone silent, and says so", async () => {
  const closed = new Promise<ClosedEvent>((resolve) => {
    void start(
      { close: (_session, event) => resolve(event) },
      { pingInterval: 20, pingTimeout: 30, closeTimeout: 30 },
    ).then(async ({ port }) => {
      const raw = await RawClient.connect(port!); // never answers a Ping
      raw.write(openingRequest());
      cleanups.push(() => void raw.socket.destroy());
    });
  });
  expect(await closed).toMatchObject({
    code: 1006,
    cause: { kind: "ping-timeout" },
    sent: { code: 1011, reason: "keepalive ping timeout" },
    diagnosis: { unansweredPings: 1 },
  });
});

test("sec/reset-at-every-byte: a client that resets after any byte of its request or first frame disturbs nobody", async () => {
  const server = await start(echo);
  const bytes = Buffer.concat([Buffer.from(openingRequest()), Buffer.from("81850000000068656c6c6f", "hex")]);
  for (let length = 0; length <= bytes.length; length++) {
    const raw = await RawClient.connect(server.port!);
    raw.write(bytes.subarray(0, length));
    raw.socket.resetAndDestroy();
    await raw.until(() => raw.closed);
  }
  await vi.waitFor(() => expect(server.sessions.size).toBe(0));
  const client = await connect(server.url);
  void client.send("still here");
  expect(await nextOf(client)).toEqual({ kind: "text", text: "still here" });
  await client.close();
});

test("sec/reset-at-every-byte: a server that resets after any byte of its response or first frame rejects the client", async () => {
  const response = Buffer.concat([
    Buffer.from(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
    ),
  ]);
  let length = 0;
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.write(response.subarray(0, length), () => socket.resetAndDestroy()));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  cleanups.push(() => void listener.close());
  const { port } = listener.address() as { port: number };
  for (; length <= response.length; length += 3) {
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ name: "HandshakeFailed" });
  }
});
