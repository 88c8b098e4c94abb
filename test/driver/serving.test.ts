// The server's side of openings, from the request to the session, and the way down.

import { HeaderList, type RequestHead, UsageError } from "@sansock/protocol";
import { ConnectionClosed, type ServerOptions, type ServerSession } from "@sansock/protocol/driver";
import { recordCalls, VirtualServer } from "@sansock/protocol/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { RawPeer, TestServer, upgradeRequest } from "./opening-support.ts";
import { collect } from "./support.ts";

/** A promise, and how to resolve it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describe("a handler", () => {
  test("serves a session that knows how it was opened; when it returns, the session is closed", async () => {
    const seen: ServerSession[] = [];
    const server = new TestServer(
      async (session) => {
        seen.push(session);
        for await (const message of session) {
          await session.send(message);
          if (message.kind === "text" && message.text === "enough") return;
        }
      },
      { subprotocols: ["chat"] },
    );
    const client = await server.connect({ subprotocols: ["chat", "superchat"] });
    const received = collect(client);
    void client.send("hello");
    void client.send("enough");
    expect(await server.until(client.whenClosed())).toMatchObject({ code: 1000, clean: true });
    expect(received).toEqual(["hello", "enough"]);
    expect(seen[0]?.opening).toMatchObject({
      request: { path: "/chat", query: "x=1" },
      subprotocol: "chat",
      peer: { address: "192.0.2.1" },
    });
    await server.run(10);
    expect(server.acceptor.sessions.size).toBe(0);
    expect(server.reports).toEqual({
      errors: [],
      observed: ["opened", "opened", "closed handshake", "closed handshake"],
    });
  });

  test("that throws has its session closed with 1011, and is reported", async () => {
    const failures: unknown[][] = [];
    const failure = new Error("broken");
    const server = new TestServer(
      () => {
        throw failure;
      },
      { onError: (...what) => void failures.push(what) },
    );
    const client = await server.connect();
    expect(await server.until(client.closed)).toMatchObject({ code: 1011, reason: "internal error" });
    expect(failures).toEqual([[failure, expect.objectContaining({ data: undefined })]]);
  });

  test("that is told of the end, and passes it on, has not failed", async () => {
    const server = new TestServer(async (session) => {
      for await (const message of session) await session.send(message);
    });
    const client = await server.connect();
    client.abort();
    await server.run(10);
    expect(server.reports.errors).toEqual([]);
    expect(server.acceptor.sessions.size).toBe(0);
  });
});

test("callbacks serve sessions too", async () => {
  const record = recordCalls({ message: (session, message) => session.send(message) });
  const server = new TestServer(record.callbacks);
  const client = await server.connect();
  const received = collect(client);
  void client.send("hello");
  await server.run(0);
  await server.until(client.close());
  await server.run(0);
  expect(received).toEqual(["hello"]);
  expect(record.names).toEqual(["open", "message", "close"]);
});

describe("what is sent from inside the open callback", () => {
  test("comes behind the response, and with it, however late the consent", async () => {
    for (const late of [false, true]) {
      const server = new TestServer(
        { open: (session) => void session.send("welcome") },
        {
          authorize: () =>
            late ? new Promise((resolve) => void server.clock.alarm(100, () => resolve(undefined))) : undefined,
        },
      );
      const client = await server.connect();
      const received = collect(client);
      await server.run(0);
      expect(received).toEqual(["welcome"]);
    }
  });
});

describe("consent", () => {
  test("may bring a subprotocol, headers and data", async () => {
    const sessions: ServerSession[] = [];
    const server = new TestServer((session) => void sessions.push(session), {
      authorize: (request, peer) => ({
        subprotocol: request.subprotocols[1],
        headers: [["X-Served-By", `you, ${peer.address}`]],
        data: { user: 7 },
      }),
    });
    const client = await server.connect({ subprotocols: ["a", "b"] });
    expect(client.opening.subprotocol).toBe("b");
    expect(client.opening.response.headers.get("x-served-by")).toBe("you, 192.0.2.1");
    expect(sessions[0]?.data).toEqual({ user: 7 });
  });

  test("may be refused with any status, at once or later", async () => {
    for (const authorize of [
      () => ({ status: 401, headers: { "WWW-Authenticate": "Basic" }, body: "who are you?" }),
      () => Promise.resolve({ status: 401, headers: { "WWW-Authenticate": "Basic" }, body: "who are you?" }),
    ] satisfies ServerOptions["authorize"][]) {
      const server = new TestServer(() => expect.unreachable(), { authorize });
      await expect(server.connect()).rejects.toMatchObject({
        name: "HandshakeRefused",
        status: 401,
        text: "who are you?",
      });
    }
  });

  test("that fails is answered with 500, and reported without a session", async () => {
    const failure = new Error("the data base is gone");
    for (const authorize of [
      () => {
        throw failure;
      },
      () => Promise.reject(failure),
    ] satisfies ServerOptions["authorize"][]) {
      const failures: unknown[][] = [];
      const server = new TestServer(() => expect.unreachable(), {
        authorize,
        onError: (...what) => void failures.push(what),
      });
      await expect(server.connect()).rejects.toMatchObject({ status: 500 });
      expect(failures).toEqual([[failure, undefined]]);
    }
  });

  test("that cannot be is answered with 500", async () => {
    const server = new TestServer(() => expect.unreachable(), { authorize: () => ({ subprotocol: "not offered" }) });
    await expect(server.connect()).rejects.toMatchObject({ status: 500 });
    expect(server.reports.errors).toEqual([expect.any(UsageError)]);
  });

  test("that comes when the client has gone, or after openTimeout, comes too late", async () => {
    for (const how of ["gone", "timeout"] as const) {
      const { opened, open } = gate();
      const server = new TestServer(() => expect.unreachable(), {
        openTimeout: 1000,
        authorize: () => opened.then(() => undefined),
      });
      const link = server.link();
      const raw = new RawPeer(link.client);
      raw.send(upgradeRequest());
      await server.run(10);
      if (how === "gone") link.client.destroy();
      await server.run(how === "gone" ? 10 : 2000);
      open();
      await server.run(100);
      if (how === "timeout") expect(raw.status).toBe(503); // it is the server that took too long
      expect(server.acceptor.sessions.size).toBe(0);
      expect(server.reports.errors).toEqual([]);
    }
  });
});

describe("errors of the application", () => {
  const broken = (): never => {
    throw new Error("broken");
  };

  test("go to the runtime where nobody else takes them", async () => {
    const server = new TestServer(broken);
    await server.connect();
    await server.run(10);
    expect(server.reports.errors).toEqual([new Error("broken")]);
  });

  test("of the one who takes them go there too", async () => {
    const server = new TestServer(broken, {
      onError: () => {
        throw new Error("even this is broken");
      },
    });
    await server.connect();
    await server.run(10);
    expect(server.reports.errors).toEqual([new Error("even this is broken")]);
  });
});

test("more connections than allowed are answered with 503", async () => {
  const server = new TestServer((session) => session.whenClosed(), { maxConnections: 2 });
  const [one] = [await server.connect(), await server.connect()];
  await expect(server.connect()).rejects.toMatchObject({ status: 503 });
  await server.until(one.close());
  await server.run(10);
  expect((await server.connect()).state).toBe("open");
});

test("a broadcast reaches every session but one, and those that are closing not at all", async () => {
  const sessions: ServerSession[] = [];
  const server = new TestServer(async (session) => {
    sessions.push(session);
    await session.whenClosed();
  });
  const clients = [await server.connect(), await server.connect(), await server.connect()];
  const received = clients.map(collect);
  server.acceptor.broadcast("to all");
  server.acceptor.broadcast(new Uint8Array([1]), sessions[1]);
  void sessions[2]!.goAway();
  server.acceptor.broadcast("to those who stay");
  await server.run(10);
  expect(received).toEqual([
    ["to all", new Uint8Array([1]), "to those who stay"],
    ["to all", "to those who stay"],
    ["to all", new Uint8Array([1])],
  ]);
});

describe("closing a server", () => {
  test("tells the sessions 1001, refuses who comes with 503, and waits for handlers", async () => {
    const { opened, open } = gate();
    const server = new TestServer(async (session) => {
      for await (const _message of session);
      await opened; // it still has something to do
    });
    const client = await server.connect();
    const pending = new RawPeer(server.link().client);
    pending.send("GET /chat HT");
    await server.run(10);
    const closed = server.acceptor.close({ reason: "maintenance" });
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    expect(await server.until(client.closed)).toMatchObject({ code: 1001, reason: "maintenance", clean: true });
    expect(pending.status).toBe(503);
    const late = new RawPeer(server.link().client);
    late.send(upgradeRequest());
    await server.run(100);
    expect(late.status).toBe(503);
    expect(isClosed).toBe(false);
    open();
    await server.until(closed);
    expect(server.acceptor.close()).toBe(closed);
    await server.run(60_000);
    expect(server.clock.pending).toBe(0);
  });

  test("does not wait for ever: after the timeout everything is dropped", async () => {
    const server = new TestServer(() => new Promise(() => {}), { closeTimeout: null, openTimeout: null });
    const stuck = server.link();
    const client = await server.until(server.dial({ pingInterval: null }, stuck));
    const silent = new RawPeer(server.link().client);
    stuck.cut();
    const before = server.clock.now();
    await server.until(server.acceptor.close({ timeout: 3000, code: 1012 }));
    expect(server.clock.now()).toBe(before + 3000);
    await server.run(10);
    expect(silent.isClosed).toBe(true);
    expect(client.state).toBe("open"); // nobody has told it
    expect(server.reports.observed).toContain("closed aborted");
  });

  test("does not answer twice those who were answered already", async () => {
    const server = new TestServer(() => expect.unreachable());
    const raw = new RawPeer(server.link().client);
    raw.send("rubbish\r\n\r\n");
    await server.run(0);
    await server.until(server.acceptor.close());
    await server.run(0);
    expect(raw.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(raw.isClosed).toBe(true);
  });

  test("that serves nobody is done at once", async () => {
    const server = new TestServer(() => {});
    await server.acceptor.close();
    expect(server.clock.now()).toBe(0);
  });

  test("ends handlers that wait for a send", async () => {
    let failure: unknown;
    const server = new TestServer(
      async (session) => {
        try {
          for (;;) await session.send(new Uint8Array(10_000));
        } catch (error) {
          failure = error;
          throw error;
        }
      },
      { highWaterBytes: 1000 },
    );
    const link = server.link({ windowBytes: 1000 });
    const client = await server.until(server.dial({}, link));
    link.client.setReading(false);
    await server.run(100);
    await server.until(server.acceptor.close({ timeout: 1000 }));
    expect(failure).toBeInstanceOf(ConnectionClosed);
    expect(server.reports.errors).toEqual([]);
    client.abort();
  });
});

describe("a handshake that stalls", () => {
  test("is given up after openTimeout", async () => {
    const server = new TestServer(() => expect.unreachable(), { openTimeout: 3000 });
    const raw = new RawPeer(server.link().client);
    raw.send("GET /chat HTTP/1.1\r\nHost: exam");
    await server.run(2999);
    expect(raw.text).toBe("");
    await server.run(1);
    expect(raw.status).toBe(408);
    raw.send("ple.com\r\n\r\n");
    await server.run(60_000);
    expect(raw.isClosed).toBe(true);
    expect(server.clock.pending).toBe(0);
  });

  test("and goes on in time leads to a session, however slowly it comes", async () => {
    const server = new TestServer((session) => session.send("welcome"), { openTimeout: 3000 });
    const link = server.link({ maxChunkBytes: 1, readInterval: 5 });
    const client = await server.until(server.dial({}, link));
    const received = collect(client);
    await server.run(1000);
    expect(received).toEqual(["welcome"]);
    expect(server.clock.now()).toBeGreaterThan(500);
  });
});

describe("a request that is not for a WebSocket", () => {
  test("can be answered", async () => {
    const server = new TestServer(() => expect.unreachable());
    const raw = new RawPeer(server.link().client);
    raw.send("GET /page HTTP/1.1\r\nHost: example.com\r\n\r\n");
    await server.run(0);
    expect(server.http[0]).toMatchObject({ head: { target: "/page" }, peer: { port: 4711 } });
    server.http[0]!.reject(404, { body: "nothing here" });
    await server.run(0);
    expect(raw.status).toBe(404);
    expect(raw.text).toContain("nothing here");
    expect(raw.ended).toBe(true);
  });

  test("can be taken over, bytes and all, and is then nobody's concern", async () => {
    const server = new TestServer(() => expect.unreachable());
    const link = server.link();
    const raw = new RawPeer(link.client);
    const request = "POST /page HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\n\r\nabc";
    raw.send(request);
    await server.run(0);
    expect(String.fromCharCode(...server.http[0]!.release())).toBe(request);
    const owner = new RawPeer(link.server);
    owner.send("HTTP/1.1 200 OK\r\n\r\n");
    raw.send("and more");
    await server.run(0);
    expect(raw.status).toBe(200);
    expect(owner.text).toBe("and more");
    await server.acceptor.close();
    expect(raw.isClosed).toBe(false);
  });
});

test("a request that somebody else has parsed is accepted with the bytes behind it", async () => {
  const text: string[] = [];
  const server = new TestServer({
    message: (_session, message) => void text.push(message.kind === "text" ? message.text : ""),
  });
  const [startLine, ...lines] = upgradeRequest().trim().split("\r\n");
  const [method, target] = startLine!.split(" ") as [string, string];
  const headers = new HeaderList(lines.map((line) => line.split(": ") as [string, string]));
  const head: RequestHead = { method, target, version: "1.1", headers };
  const link = server.link({}, head, Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69));
  const raw = new RawPeer(link.client);
  await server.run(0);
  expect(raw.status).toBe(101);
  expect(text).toEqual(["hi"]);
});

test("a request that is none is answered, and the transport ends", async () => {
  const server = new TestServer(() => expect.unreachable());
  const raw = new RawPeer(server.link().client);
  raw.send("rubbish\r\n\r\n");
  await server.run(0);
  expect(raw.status).toBe(400);
  await server.run(60_000);
  expect(raw.isClosed).toBe(true);
});

test("options are checked before anything is accepted", () => {
  expect(() => new TestServer(() => {}, { pingInterval: -1 })).toThrow(UsageError);
  expect(() => new TestServer(() => {}, { highWaterBytes: -1 })).toThrow(UsageError);
  expect(() => new TestServer(() => {}, { openTimeout: 0 })).toThrow(UsageError);
});

describe("the data of a session", () => {
  test("is what authorize consented with, and has its type", async () => {
    const server = new VirtualServer(
      { authorize: ({ query }) => (query === "" ? { status: 401 } : { data: { user: query } }) },
      async (session) => {
        expectTypeOf(session.data).toEqualTypeOf<{ user: string }>();
        await session.send(`hello, ${session.data.user}`);
      },
    );
    const { client } = await server.connect({ url: "ws://server.test/?alice" });
    const { value } = await server.until(client[Symbol.asyncIterator]().next());
    expect(value).toEqual({ kind: "text", text: "hello, alice" });
    for (const session of server.sessions) expectTypeOf(session.data.user).toBeString();
    await server.close();
  });

  test("is unknown to the compiler where nothing is authorized, and the application's to set", async () => {
    const server = new VirtualServer<string>(
      {},
      {
        open(session) {
          expectTypeOf(session.data).toBeString();
          session.data = "set by open";
        },
        message(session) {
          void session.send(session.data);
        },
      },
    );
    const { client } = await server.connect({});
    void client.send("what is it?");
    const { value } = await server.until(client[Symbol.asyncIterator]().next());
    expect(value).toEqual({ kind: "text", text: "set by open" });
    await server.until(client.close());
    await server.close();
    const untyped = new VirtualServer({}, (session) => void expectTypeOf(session.data).toBeUnknown());
    await untyped.close();
  });
});

describe("the way down", () => {
  test("ends with the last handler, not with its timeout", async () => {
    const { opened, open } = gate();
    const server = new VirtualServer({}, () => opened);
    await server.connect({});
    server.clock.alarm(1_000, open);
    await server.close();
    expect(server.clock.now()).toBe(1_000);
  });

  test("waits for sessions and for openings, not for the difference between them", async () => {
    const server = new VirtualServer({}, (session) => session.closed);
    await server.connect({ link: { latency: 1_000 } });
    const begun = server.clock.now();
    server.accept({ latency: 2_000 }); // whoever is there says nothing
    await server.close({ timeout: 5_000 });
    expect(server.clock.now() - begun).toBe(5_000);
  });
});
