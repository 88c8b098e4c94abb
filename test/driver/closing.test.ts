// How sessions end: close, goAway, abort, in every state, and what becomes of those who wait.

import { type ClosedEvent, UsageError } from "@sansock/protocol";
import { ConnectionClosed, isNormalClose, type Session } from "@sansock/protocol/driver";
import { recordCalls, type SessionPairOptions, sessionPair } from "@sansock/protocol/testing";
import { describe, expect, test, vi } from "vitest";
import { collect } from "./support.ts";

describe("close()", () => {
  test("is a closing handshake, of either side, seen alike by both", async () => {
    for (const first of ["client", "server"] as const) {
      const { client, server, until, clock } = sessionPair({ link: { latency: 10 } });
      const [one, other] = first === "client" ? [client, server] : [server, client];
      const closed = one.close(3001, "enough");
      expect(one.state).toBe("closing");
      const status = { code: 3001, reason: "enough" };
      expect(await until(closed)).toMatchObject({
        code: 3001,
        reason: "", // the peer echoes the code alone
        clean: true,
        cause: { kind: "handshake", initiator: "local" },
        sent: status,
        first: "sent",
      });
      expect(await until(other.closed)).toMatchObject({
        ...status,
        clean: true,
        cause: { kind: "handshake", initiator: "remote" },
        received: status,
        first: "received",
      });
      expect([one.state, other.state]).toEqual(["closed", "closed"]);
      expect(clock.now()).toBeLessThanOrEqual(40);
    }
  });

  test("defaults to 1000, and throws for what may not be sent, changing nothing", () => {
    const { client } = sessionPair();
    expect(() => client.close(1005)).toThrow(UsageError);
    expect(() => client.close(1000, "x".repeat(124))).toThrow(UsageError);
    expect(() => client.goAway(999)).toThrow(UsageError);
    expect(client.state).toBe("open");
    void client.close();
    expect(client.state).toBe("closing");
  });

  test("of both sides at once is clean for both", async () => {
    const { client, server, until } = sessionPair({ link: { latency: 10 } });
    const closed = Promise.all([client.close(4001), server.close(4002)]);
    expect(await until(closed)).toMatchObject([
      { code: 4002, clean: true, first: "sent" },
      { code: 4001, clean: true, first: "sent" },
    ]);
  });

  test("a second time waits for the first one; its arguments do not count", async () => {
    const { client, until } = sessionPair();
    const both = Promise.all([client.close(4001, "first"), client.close(4002, "second"), client.closed]);
    const events = await until(both);
    expect(events[0]).toBe(events[1]);
    expect(events[0]).toBe(events[2]);
    expect(events[0]?.sent).toEqual({ code: 4001, reason: "first" });
    expect(await until(client.close(4003))).toBe(events[0]);
  });

  test("drops what still arrives; goAway() does not", async () => {
    for (const how of ["close", "goAway"] as const) {
      const { client, server, until, run } = sessionPair({ link: { latency: 10 } });
      const received = collect(server);
      await run(0);
      void client.send("on its way");
      const closed = how === "close" ? server.close() : server.goAway();
      expect(await until(closed)).toMatchObject({ clean: true });
      expect(received).toEqual(how === "close" ? [] : ["on its way"]);
    }
  });

  test("of a peer that never answers ends after closeTimeout", async () => {
    const { client, link, until, clock } = sessionPair({ client: { closeTimeout: 3000 } });
    link.cut();
    expect(await until(client.close())).toMatchObject({ code: 1006, clean: false, cause: { kind: "close-timeout" } });
    expect(clock.now()).toBe(3000);
  });

  test("sends its Close behind what waits for a slow peer", async () => {
    const { client, server, link, until, run } = sessionPair({ link: { windowBytes: 1000, latency: 1 } });
    link.client.suspend();
    for (let count = 0; count < 10; count++) void server.send(new Uint8Array(500));
    const received = collect(client);
    const closed = server.close();
    await run(1000);
    expect(server.state).toBe("closing");
    link.client.resume();
    expect(await until(closed)).toMatchObject({ clean: true });
    expect(received).toHaveLength(10);
  });
});

test("goAway() says 1001 unless told otherwise, and on a connection that closes only waits", async () => {
  const { client, server, until } = sessionPair();
  const closed = server.goAway();
  void server.goAway(1012, "too late");
  expect(await until(closed)).toMatchObject({ sent: { code: 1001, reason: "" } });
  expect(await until(client.closed)).toMatchObject({ code: 1001 });
});

describe("abort()", () => {
  test("ends the connection at once, in every state", async () => {
    const prepare: Record<string, (session: Session) => void> = {
      open: () => {},
      sending: (session) => void session.send(new Uint8Array(1_000_000)),
      closing: (session) => void session.close(),
      paused: (session) => session.pause(),
    };
    for (const [state, bring] of Object.entries(prepare)) {
      const { client, server, run } = sessionPair({ link: { latency: 10 } });
      bring(server);
      await run(5);
      server.abort();
      server.abort();
      expect(server.state, state).toBe("closed");
      const event = await server.whenClosed();
      expect(event, state).toMatchObject({ code: 1006, clean: false });
      expect(event.cause.kind, state).toBe("aborted");
      await run(20);
      expect(client.state, state).toBe("closed");
    }
  });

  test("of a connection that has ended changes nothing", async () => {
    const { client, until } = sessionPair();
    const event = await until(client.close());
    client.abort();
    expect(await client.closed).toBe(event);
  });
});

test("a runtime without Symbol.asyncDispose gets one that nobody looks up", async () => {
  const real = Symbol;
  const known = Object.getOwnPropertyNames(real).filter(
    (name) => typeof real[name as "iterator"] === "symbol" && name !== "asyncDispose",
  );
  const poorer = Object.fromEntries(known.map((name) => [name, real[name as "iterator"]]));
  vi.resetModules();
  vi.stubGlobal(
    "Symbol",
    Object.assign((description: string) => real(description), poorer, { for: real.for }),
  );
  const { asyncDispose } = await import("../../packages/protocol/src/driver/async-dispose.ts");
  vi.unstubAllGlobals();
  expect(asyncDispose).not.toBe(Symbol.asyncDispose);
  expect(asyncDispose.description).toBe("asyncDispose");
});

test("`await using` closes", async () => {
  const { client, run, until } = sessionPair();
  const application = async (): Promise<void> => {
    await (client as unknown as { [Symbol.asyncDispose](): Promise<void> })[Symbol.asyncDispose]();
  };
  await until(application());
  expect(await client.closed).toMatchObject({ clean: true });
  await run(0);
});

describe("everybody who waits is told how it ended:", () => {
  const ends: Record<string, (pair: ReturnType<typeof sessionPair>) => void> = {
    "the peer closed": ({ client }) => void client.close(1011, "it broke"),
    "we closed": ({ server }) => void server.close(),
    "we aborted": ({ server }) => server.abort(),
    "the transport was lost": ({ link }) => link.reset(),
    "the peer ended without a Close": ({ link }) => link.end("toServer"),
    "the peer went silent": ({ link }) => link.cut(),
    "the peer was given up": ({ server }) => void server.send(new Uint8Array(2_000_000)),
  };
  for (const [how, end] of Object.entries(ends)) {
    test(how, async () => {
      const options: SessionPairOptions = {
        link: { windowBytes: 1000, latency: 1 },
        server: { maxQueuedBytes: 1_000_000, closeTimeout: 1000 },
      };
      const pair = sessionPair(options);
      const { server, link, until, run, clock } = pair;
      link.client.setReading(false); // so that pings and sends wait
      const pings = [server.ping(), server.ping(new Uint8Array([1]))];
      const sends = [server.send(new Uint8Array(100_000)), server.send(new Uint8Array(100_000))];
      const next = server[Symbol.asyncIterator]().next();
      await run(10);
      end(pair);
      const event = await until(server.whenClosed());
      const outcomes = await Promise.allSettled([...pings, ...sends, server.ping(), server.send("late")]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { name: "ConnectionClosed", event } });
      }
      if (isNormalClose(event)) expect(await next).toEqual({ done: true, value: undefined });
      else await expect(next).rejects.toMatchObject({ event });
      await clock.run(100_000);
    });
  }
});

describe("an application that waits in the middle of an iteration", () => {
  const BEHIND: SessionPairOptions = {
    link: { windowBytes: 1000, latency: 1 },
    server: { readAheadBytes: 0, highWaterBytes: 1000, pingInterval: null },
    client: { pingInterval: null },
  };

  test("for a send is told when the transport is lost, although there are messages before that", async () => {
    const { client, server, link, until, run } = sessionPair(BEHIND);
    const received: string[] = [];
    let failure: unknown;
    const application = (async () => {
      for await (const message of server) {
        received.push(message.kind === "text" ? message.text : "");
        await server.send(new Uint8Array(10_000)).catch((error: unknown) => (failure = error));
      }
    })();
    link.client.setReading(false);
    for (const text of ["one", "two", "three"]) void client.send(text);
    await run(10);
    expect(received).toEqual(["one"]);
    link.server.lose(new Error("ECONNRESET"));
    await expect(until(application)).rejects.toMatchObject({ cause: { kind: "transport-lost" } });
    expect(failure).toMatchObject({ name: "ConnectionClosed", cause: { kind: "transport-lost" } });
    expect(received).toEqual(["one", "two", "three"]);
  });

  test("for a ping is told too", async () => {
    const { client, server, link, until, run } = sessionPair(BEHIND);
    const application = (async () => {
      for await (const _message of server) await server.ping();
    })();
    for (const text of ["one", "two"]) void client.send(text);
    await run(0);
    link.server.lose(new Error("ECONNRESET"));
    await expect(until(application)).rejects.toMatchObject({ cause: { kind: "transport-lost" } });
  });

  test("does not hold up a server that goes away: sending fails at once, and the Close gets its answer", async () => {
    const { client, server, until, failures, clock } = sessionPair(BEHIND);
    const application = (async () => {
      for await (const _message of server) {
        await new Promise<void>((resolve) => void clock.alarm(clock.now() + 100, resolve));
        await server.send("answer");
      }
    })();
    application.catch((error: unknown) => server.fail(error));
    for (let count = 0; count < 20; count++) void client.send(new Uint8Array(1000));
    const closed = server.goAway();
    expect(await until(closed)).toMatchObject({ clean: true });
    expect(clock.now()).toBeLessThan(1000);
    expect(await until(client.closed)).toMatchObject({ code: 1001, clean: true });
    expect(failures).toEqual([]); // an end like this is no failure of the application
  });
});

test("an application that does not iterate at the moment does not hold up a connection that failed", async () => {
  const { client, server, until, clock, run } = sessionPair({
    link: { windowBytes: 1000, latency: 1 },
    server: { readAheadBytes: 0, maxMessageBytes: 100 },
  });
  const iterator = server[Symbol.asyncIterator]();
  void client.send("one");
  await until(iterator.next());
  void iterator.next(); // finds the message that is too big
  void client.send(new Uint8Array(500));
  await run(5);
  void client.send(new Uint8Array(5000));
  expect(await until(server.whenClosed())).toMatchObject({ cause: { violation: "message-too-big" } });
  expect(clock.now()).toBeLessThan(1000); // not after closeTimeout
});

test("that nobody waits is no unhandled rejection", async () => {
  const { server, link, run } = sessionPair({ link: { windowBytes: 1000 } });
  link.client.setReading(false);
  void server.ping();
  void server.send(new Uint8Array(100_000));
  void server.closed;
  link.reset();
  await run(10);
});

test("ConnectionClosed tells in one sentence what happened, and is programmable", async () => {
  const { client, server, until } = sessionPair();
  void client.close(4000, "bad\nmood");
  const event = await until(server.closed);
  const error = new ConnectionClosed(event);
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.reason, error.cause.kind]).toEqual([
    "ConnectionClosed",
    4000,
    "bad\nmood",
    "handshake",
  ]);
  expect(error.message).toContain("received Close 4000");
  expect(error.message).not.toContain("\n");
});

test("which ends are normal", () => {
  const event = (code: number, cause: ClosedEvent["cause"]): ClosedEvent => ({ code, cause }) as ClosedEvent;
  const remote = { kind: "handshake", initiator: "remote" } as const;
  expect([1000, 1001, 1005].map((code) => isNormalClose(event(code, remote)))).toEqual([true, true, true]);
  expect([1002, 1011, 1012, 4000].some((code) => isNormalClose(event(code, remote)))).toBe(false);
  expect(isNormalClose(event(1011, { kind: "handshake", initiator: "local" }))).toBe(true);
  expect(isNormalClose(event(1000, { kind: "transport-lost" }))).toBe(false);
});

describe("the close callback", () => {
  test("is always the last one, and comes once", async () => {
    const record = recordCalls();
    const { client, server, link, run } = sessionPair({
      link: { windowBytes: 1000 },
      server: { callbacks: record.callbacks, highWaterBytes: 2000, lowWaterBytes: 1000 },
    });
    link.client.setReading(false);
    void server.send(new Uint8Array(10_000)); // drain would come next
    void client.send("hello");
    await run(10);
    server.abort();
    link.client.setReading(true);
    await run(100_000);
    expect(record.names).toEqual(["open", "message", "close"]);
  });

  test("comes behind the messages that were read already", async () => {
    const record = recordCalls();
    const { client, server, run } = sessionPair({ server: { callbacks: record.callbacks } });
    void client.send("one");
    void client.send("two");
    void client.close();
    await run(10);
    expect(record.names).toEqual(["open", "message", "message", "close"]);
    expect(server.state).toBe("closed");
  });
});

describe("the end behind what nobody has asked for", () => {
  test("is not reached while a transport that is gone has left messages for whoever may come to iterate", async () => {
    const { client, server, run } = sessionPair({ server: { readAheadBytes: 100 } });
    for (let count = 0; count < 5; count++) void client.send("x".repeat(1000));
    await run(10);
    client.abort();
    await run(10);
    const closed = vi.fn();
    void server.whenClosed().then(closed);
    await run(10);
    expect(server.state).toBe("closed");
    expect(closed).not.toHaveBeenCalled();
    const received = collect(server);
    await run(10);
    expect(received).toHaveLength(5);
    expect(closed).toHaveBeenCalledOnce();
  });

  test("is reached although the application has paused, once nothing else can come", async () => {
    const { client, server, run } = sessionPair({ server: { maxQueuedBytes: 10, callbacks: { message: () => {} } } });
    collect(client);
    server.pause();
    await run(10);
    void server.send("x".repeat(100));
    void server.send("too much");
    await run(100);
    expect(server.state).toBe("closed");
    expect(await server.whenClosed()).toMatchObject({ cause: { kind: "queue-overflow" }, sent: { code: 1008 } });
  });

  test("is told at once to whoever waits for a Pong, which can come no more", async () => {
    const { client, server, run } = sessionPair({ server: { readAheadBytes: 100 } });
    for (let count = 0; count < 5; count++) void client.send("x".repeat(1000));
    await run(10);
    const failed = vi.fn();
    server.ping().catch(failed);
    client.abort();
    await run(10);
    expect(failed).toHaveBeenCalledExactlyOnceWith(expect.any(ConnectionClosed));
    expect(server.state).toBe("closed");
  });
});
