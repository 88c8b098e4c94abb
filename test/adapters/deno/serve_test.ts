import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setImmediate as macrotask } from "node:timers/promises";
import { type ClosedEvent, ConnectionClosed, connect, serve } from "@sansock/deno-adapter";
import { conversation } from "../../interop/conversation.ts";
import { openingRequest, RawClient } from "../node/raw.ts";
import { contentOf, echo, eventually, nextOf, start } from "./support.ts";

const { test } = Deno;

test("a server with a handler echoes text and bytes, empty, small and large", async () => {
  await using server = await start(echo, { maxMessageBytes: 8 * 1024 * 1024 });
  await using client = await connect(server.url, { maxMessageBytes: 8 * 1024 * 1024 });
  const contents = [...conversation, "x".repeat(300_000), new Uint8Array(5_000_000).fill(7)];
  for (const content of contents) void client.send(content);
  for (const content of contents) assert.deepEqual(contentOf((await nextOf(client))!), content);
  const { code, clean, cause } = await client.close();
  assert.deepEqual([code, clean, cause], [1000, true, { kind: "handshake", initiator: "local" }]);
});

test("a server with a handler keeps many messages of one chunk in order", async () => {
  await using server = await start(echo);
  await using client = await connect(server.url);
  for (let index = 0; index < 1000; index++) void client.send(`${index}`);
  let expected = 0;
  for await (const message of client) {
    assert.equal(contentOf(message), `${expected++}`);
    if (expected === 1000) break;
  }
});

test("a server closes a session with 1000 when its handler returns, with 1011 when it throws", async () => {
  const errors: unknown[] = [];
  const failure = new Error("on purpose");
  await using server = await start(
    async (session) => {
      if (session.opening.request.path === "/throw") throw failure;
      await session.send("bye");
    },
    { onError: (error) => void errors.push(error) },
  );
  const client = await connect(server.url);
  assert.deepEqual(await nextOf(client), { kind: "text", text: "bye" });
  assert.equal((await client.closed).code, 1000);
  const { code, reason } = await (await connect(`${server.url}throw`)).closed;
  assert.deepEqual([code, reason], [1011, "internal error"]);
  assert.deepEqual(errors, [failure]);
});

test("a handler is told that its client has gone, and that is no error to report", async () => {
  const errors: unknown[] = [];
  let thrown: unknown;
  await using server = await start(
    async (session) => {
      try {
        await echo(session);
      } catch (error) {
        thrown = error;
        throw error;
      }
    },
    { onError: (error) => void errors.push(error) },
  );
  const client = await connect(server.url);
  client.abort();
  await eventually(() => thrown !== undefined && server.sessions.size === 0);
  assert(thrown instanceof ConnectionClosed);
  assert.deepEqual(thrown.cause, { kind: "transport-lost" });
  assert.deepEqual(errors, []);
});

test("a server calls callbacks in order, with one object for all sessions", async () => {
  const log: string[] = [];
  const closed = Promise.withResolvers<ClosedEvent>();
  await using server = await start({
    open: (session) => void log.push(`open ${session.opening.request.path}`),
    message(session, message) {
      log.push(`message ${contentOf(message)}`);
      void session.send(contentOf(message));
    },
    ping: (_session, payload) => void log.push(`ping ${payload.length}`),
    close(_session, event) {
      log.push(`close ${event.code}`);
      closed.resolve(event);
    },
  });
  const client = await connect(`${server.url}a/b?c`);
  await client.send("one");
  await client.ping(new Uint8Array(3));
  await client.send("two");
  assert.deepEqual(
    [await nextOf(client), await nextOf(client)].map((message) => contentOf(message!)),
    ["one", "two"],
  );
  await client.close(4000, "done");
  const { code, reason, clean } = await closed.promise;
  assert.deepEqual([code, reason, clean], [4000, "done", true]);
  assert.deepEqual(log, ["open /a/b", "message one", "ping 3", "message two", "close 4000"]);
});

test("authorize may refuse with any HTTP answer, and consent with headers and data", async () => {
  await using server = await start(
    async (session) => {
      await session.send(String(session.data));
    },
    {
      authorize: async (request, peer) =>
        request.query === "token=good" && peer.address === "127.0.0.1"
          ? { data: "known", headers: [["Set-Cookie", "seen=1"]] }
          : { status: 401, headers: [["WWW-Authenticate", "Bearer"]], body: "no" },
    },
  );
  await assert.rejects(connect(server.url), { name: "HandshakeRefused", status: 401, text: "no" });
  const client = await connect(`${server.url}?token=good`);
  assert.equal(client.opening.response.headers.get("set-cookie"), "seen=1");
  assert.deepEqual(await nextOf(client), { kind: "text", text: "known" });
  await client.closed;
});

test("pages of other origins are refused by default, and let in by a list", async () => {
  await using closed = await start(echo);
  await assert.rejects(connect(closed.url, { origin: "https://evil.example" }), { status: 403 });
  await using _same = await connect(closed.url, { origin: `http://127.0.0.1:${closed.port}` });
  await using open = await start(echo, { origin: { allow: ["https://good.example"] } });
  await using _client = await connect(open.url, { origin: "https://good.example" });
});

test("the preferred subprotocol of the server is chosen", async () => {
  await using server = await start(echo, { subprotocols: ["v2", "v1"] });
  await using client = await connect(server.url, { subprotocols: ["v1", "v2"] });
  assert.equal(client.opening.subprotocol, "v2");
  assert.deepEqual(
    [...server.sessions].map((session) => session.opening.subprotocol),
    ["v2"],
  );
});

test("more connections than maxConnections get 503", async () => {
  await using server = await start(echo, { maxConnections: 1 });
  await using _client = await connect(server.url);
  await assert.rejects(connect(server.url), { status: 503 });
});

test("a frame in the same segment as the request is not lost, and not early", async () => {
  await using server = await start(echo);
  const raw = await RawClient.connect(server.port!);
  raw.write(Buffer.concat([Buffer.from(openingRequest()), Buffer.from("81810000000061", "hex")]));
  await raw.until(() => raw.received.includes(Buffer.from("810161", "hex")));
  assert.match(raw.text, /^HTTP\/1\.1 101 /);
  assert.equal(raw.text.split("\r\n\r\n")[1], "\u0081\u0001a");
  raw.socket.destroy();
});

test("a request that is refused is the last: nothing behind it is read", async () => {
  await using server = await start(echo);
  const raw = await RawClient.connect(server.port!);
  raw.write(`${openingRequest("/", ["Content-Length: 5"])}${openingRequest()}`);
  assert.match(await raw.end(), /^HTTP\/1\.1 400 /);
  assert.equal(raw.text.match(/HTTP\/1\.1/g)?.length, 1);
  raw.socket.destroy();
});

test("serve rejects with Deno's own error when the port is taken, and with a UsageError for a bad option", async () => {
  await using server = await start(echo);
  await assert.rejects(serve({ port: server.port, hostname: "127.0.0.1" }, echo), Deno.errors.AddrInUse);
  await assert.rejects(serve({ pingInterval: -1 }, echo), { code: "bad-option" });
  await assert.rejects(serve({ maxHttpBodyBytes: -1, http: () => new Response() }, echo), { code: "bad-option" });
});

test("a server ends with its AbortSignal, before and after it was started", async () => {
  const controller = new AbortController();
  const server = await start(echo, { signal: controller.signal });
  const client = await connect(server.url);
  controller.abort();
  assert.equal((await client.closed).code, 1001);
  await server.close();
  await assert.rejects(connect(server.url), Deno.errors.ConnectionRefused);
  const late = await start(echo, { signal: AbortSignal.abort() });
  await late.close();
  await assert.rejects(connect(late.url));
});

test("a server and a client are closed by `await using`", async () => {
  let url: string;
  {
    await using server = await start(echo);
    url = server.url;
    await using client = await connect(url);
    assert.equal(client.state, "open");
  }
  await assert.rejects(connect(url), Deno.errors.ConnectionRefused);
});

test("closing a server stops listening, closes sessions with 1001, and waits for handlers", async () => {
  const finished: string[] = [];
  const server = await start(async (session) => {
    await echo(session);
    await macrotask(); // longer than the session takes to end
    finished.push("handler");
  });
  const client = await connect(server.url);
  const closing = server.close();
  const { code, clean } = await client.closed;
  assert.deepEqual([code, clean], [1001, true]);
  await closing;
  assert.deepEqual(finished, ["handler"]);
  await assert.rejects(connect(server.url), Deno.errors.ConnectionRefused);
});

test("closing a server answers a handshake in progress with 503", async () => {
  const server = await start(echo);
  const raw = await RawClient.connect(server.port!);
  raw.write("GET / HTTP/1.1\r\nHost: a\r\n");
  const second = await connect(server.url); // the raw connection was accepted before this one
  const closing = server.close();
  assert.match(await raw.end(), /^HTTP\/1\.1 503 /);
  raw.socket.end();
  await second.closed;
  await closing;
});

test("closing a server drops what is left after the timeout", async () => {
  const server = await start(() => new Promise<void>(() => {})); // a handler that never ends
  const raw = await RawClient.connect(server.port!);
  raw.write(openingRequest());
  await raw.until(() => raw.text.includes("\r\n\r\n"));
  await server.close({ timeout: 20 });
  assert.equal(server.sessions.size, 0);
  await raw.until(() => raw.closed || raw.ended);
  raw.socket.destroy();
});

test("broadcast reaches every open session but the excepted one", async () => {
  const server = await start(async (session) => {
    for await (const _ of session) server.broadcast("to all others", session);
  });
  await using _ = server;
  const [one, two, three] = await Promise.all([connect(server.url), connect(server.url), connect(server.url)]);
  await eventually(() => server.sessions.size === 3);
  server.broadcast(new Uint8Array([1, 2, 3]));
  for (const client of [one, two, three]) assert.equal((await nextOf(client))?.kind, "binary");
  void one.send("go");
  for (const client of [two, three]) assert.deepEqual(await nextOf(client), { kind: "text", text: "to all others" });
  await Promise.all([one.close(), two.close(), three.close()]);
});

test("keepalive measures, end to end", async () => {
  const latencies: number[] = [];
  const measured = Promise.withResolvers<void>();
  await using server = await start(
    {
      pong(_session, _payload, latency) {
        if (latency !== undefined) latencies.push(latency);
        if (latencies.length === 3) measured.resolve();
      },
    },
    { pingInterval: 5 },
  );
  await using client = await connect(server.url, { pingInterval: 5 });
  await measured.promise;
  assert(latencies.every((latency) => latency >= 0));
  await eventually(() => client.latency !== undefined);
  assert.equal(client.rtt?.latest, client.latency);
  assert.equal(client.timer?.name, "ping");
});

test("keepalive ends a client that answers nothing, within its deadline, and says so", async () => {
  const closed = Promise.withResolvers<ClosedEvent>();
  const server = await start(
    { close: (_session, event) => closed.resolve(event) },
    { pingInterval: 20, pingTimeout: 30, closeTimeout: 30 },
  );
  const raw = await RawClient.connect(server.port!);
  raw.write(openingRequest());
  const { code, cause, sent, diagnosis } = await closed.promise;
  assert.deepEqual(
    [code, cause, sent],
    [1006, { kind: "ping-timeout" }, { code: 1011, reason: "keepalive ping timeout" }],
  );
  assert.equal(diagnosis.unansweredPings, 1);
  assert(diagnosis.age >= 50, "not before the Pong was due");
  raw.socket.destroy();
  await server.close();
});

test("keepalive ends a client whose network takes nothing any more, however much is queued", async () => {
  const closed = Promise.withResolvers<ClosedEvent>();
  const server = await start(
    {
      open: (session) => void session.send(new Uint8Array(12 * 1024 * 1024)),
      close: (_session, event) => closed.resolve(event),
    },
    { pingInterval: 30, pingTimeout: 50, closeTimeout: 50 },
  );
  const raw = await RawClient.connect(server.port!);
  raw.socket.pause(); // never reads: the window closes, and stays closed
  raw.write(openingRequest());
  const { cause, diagnosis } = await closed.promise;
  assert.equal(cause.kind, "ping-timeout");
  assert(diagnosis.queuedBytes > 0);
  await server.close(); // nothing is left of it
  raw.socket.destroy();
});

test("a sender that does not wait for a peer that does not read is ended with 1008", async () => {
  const closed = Promise.withResolvers<ClosedEvent>();
  await using server = await start(
    {
      open(session) {
        while (session.state === "open") void session.send(new Uint8Array(64 * 1024));
      },
      close: (_session, event) => closed.resolve(event),
    },
    { maxQueuedBytes: 1024 * 1024, closeTimeout: 50 },
  );
  const raw = await RawClient.connect(server.port!);
  raw.socket.pause();
  raw.write(openingRequest());
  assert.equal((await closed.promise).cause.kind, "queue-overflow");
  raw.socket.destroy();
});

test("what an application does not read stays with the peer", async () => {
  const held = Promise.withResolvers<void>();
  await using server = await start(async (session) => {
    await held.promise;
    await echo(session);
  });
  const raw = await RawClient.connect(server.port!);
  raw.write(openingRequest());
  await raw.until(() => raw.text.includes("\r\n\r\n"));
  const frame = Buffer.alloc(8 + 60_000);
  frame.set([0x82, 0xfe, 60_000 >> 8, 60_000 & 0xff]);
  for (let index = 0; index < 500; index++) raw.write(frame);
  await using other = await connect(server.url); // a whole exchange: what could be read has been
  assert((await other.ping()) >= 0);
  assert(raw.socket.writableLength > 0, "30 MB were taken from the peer");
  held.resolve();
  await raw.until(() => raw.received.length > 60_000);
  raw.socket.destroy();
});

test("clients that reset before they are accepted keep nobody out, and are nothing to report", async () => {
  const { listen } = Deno;
  const { error: print } = console;
  const printed: unknown[] = [];
  let resets = 1_000;
  Deno.listen = ((options: Deno.ListenOptions) => {
    const listener = listen(options);
    const accept = listener.accept.bind(listener);
    listener.accept = async () => {
      const { NotConnected, ConnectionReset, ConnectionAborted } = Deno.errors;
      if (resets > 0) throw new [NotConnected, ConnectionReset, ConnectionAborted][resets-- % 3]!("on purpose");
      return await accept();
    };
    return listener;
  }) as typeof Deno.listen;
  console.error = (...values) => void printed.push(...values);
  try {
    await using server = await start(echo);
    await using client = await connect(server.url);
    void client.send("here");
    assert.deepEqual(await nextOf(client), { kind: "text", text: "here" });
    assert.equal(resets, 0);
    assert.deepEqual(printed, []);
  } finally {
    Deno.listen = listen;
    console.error = print;
  }
});

test("sec/reset-at-every-byte: a client that resets after any byte of its request or first frame disturbs nobody", async () => {
  await using server = await start(echo);
  const bytes = Buffer.concat([Buffer.from(openingRequest()), Buffer.from("81850000000068656c6c6f", "hex")]);
  for (let length = 0; length <= bytes.length; length++) {
    const raw = await RawClient.connect(server.port!);
    raw.write(bytes.subarray(0, length));
    raw.socket.resetAndDestroy();
    await raw.until(() => raw.closed);
  }
  await eventually(() => server.sessions.size === 0);
  await using client = await connect(server.url);
  void client.send("still here");
  assert.deepEqual(await nextOf(client), { kind: "text", text: "still here" });
});
