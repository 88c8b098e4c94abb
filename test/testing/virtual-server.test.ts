import { UsageError } from "@sansock/protocol";
import { HandshakeRefused } from "@sansock/protocol/driver";
import { recordCalls, VirtualClock, VirtualServer } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { collect } from "../driver/support.ts";

test("a server is tested as it would be run, opening handshake and all", async () => {
  const server = new VirtualServer(
    {
      subprotocols: ["chat"],
      authorize: (request) =>
        request.query === "token=secret" ? { data: "alice" } : { status: 401, body: "who are you?" },
    },
    async (session) => {
      for await (const message of session) {
        if (message.kind === "text") await session.send(`${session.data}: ${message.text}`);
      }
    },
  );
  await expect(server.connect()).rejects.toMatchObject({ status: 401, text: "who are you?" });

  const { client, link } = await server.connect({
    url: "ws://server.test/?token=secret",
    subprotocols: ["chat"],
    link: { latency: 40 },
  });
  expect(client.opening.subprotocol).toBe("chat");
  expect(server.clock.now()).toBe(80);
  const received = collect(client);
  void client.send("hello");
  await server.run(80);
  expect(received).toEqual(["alice: hello"]);

  expect(server.sessions.size).toBe(1);
  link.cut();
  await server.run(60_000);
  expect(server.sessions.size).toBe(0);
  expect(server.errors).toEqual([]);
});

test("what applications throw is collected", async () => {
  const server = new VirtualServer({}, () => {
    throw new Error("broken");
  });
  const { client } = await server.connect();
  expect(await server.until(client.closed)).toMatchObject({ code: 1011 });
  expect(server.errors).toEqual([new Error("broken")]);
});

test("clients may have callbacks, and several servers one clock", async () => {
  const clock = new VirtualClock({ start: 1000 });
  const record = recordCalls();
  const one = new VirtualServer({}, { open: (session) => void session.send("welcome") }, clock);
  const two = new VirtualServer({}, (session) => session.whenClosed(), clock);
  await one.connect({ callbacks: record.callbacks });
  const { client } = await two.connect();
  one.broadcast("to all");
  await two.run(10);
  expect(record.names).toEqual(["open", "message", "message"]);
  expect(client.state).toBe("open");
  await one.close();
  expect(record.names.at(-1)).toBe("close");
  expect(clock.now()).toBe(1010);
});

describe("a client", () => {
  test("can be watched while it connects", async () => {
    const server = new VirtualServer({}, (session) => session.whenClosed());
    const { session, link } = server.dial({ openTimeout: 1000 });
    link.cut("toClient");
    await expect(server.until(session)).rejects.toMatchObject({ failure: { kind: "timeout" } });
    expect(server.clock.now()).toBe(1000);
  });

  test("that gives up before it connects leaves nothing behind", async () => {
    const server = new VirtualServer({}, (session) => session.whenClosed());
    const listeners: (() => void)[] = [];
    const signal = {
      aborted: false,
      reason: "changed my mind",
      addEventListener: (_type: "abort", listener: () => void) => void listeners.push(listener),
      removeEventListener: () => {},
    };
    const { session, link } = server.dial({ signal });
    for (const listener of listeners) listener();
    await expect(server.until(session)).rejects.toBe("changed my mind");
    await server.run(0);
    expect(link.client.queuedBytes).toBe(0);
  });

  test("can be played by the test", async () => {
    const server = new VirtualServer({}, () => {});
    const link = server.accept();
    let answer = "";
    link.client.start({
      received: (bytes) => void (answer += String.fromCharCode(...bytes)),
      receivedEnd() {},
      drained() {},
      closed() {},
    });
    link.client.write(Uint8Array.from("GET / HTTP/1.1\r\nHost: server.test\r\n\r\n", (c) => c.charCodeAt(0)));
    await server.run(0);
    expect(answer).toContain("HTTP/1.1 426 ");
  });
});

test("options are checked as those of a real server", () => {
  expect(() => new VirtualServer({ pingInterval: -1 }, () => {})).toThrow(UsageError);
});

test("a server that goes away refuses who comes", async () => {
  const server = new VirtualServer({}, (session) => session.whenClosed());
  const { client } = await server.connect();
  const closed = server.close({ code: 1012, reason: "restart" });
  await closed;
  expect(await server.until(client.closed)).toMatchObject({ code: 1012, reason: "restart" });
  await expect(server.connect()).rejects.toBeInstanceOf(HandshakeRefused);
});
