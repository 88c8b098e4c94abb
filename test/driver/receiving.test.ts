// What arrives, and how an application that does not take it makes the peer wait.

import { encodeFrame, UsageError } from "@sansock/protocol";
import { ConnectionClosed, type Session, type SessionCallbacks } from "@sansock/protocol/driver";
import { countingRandom, Link, openSession, recordCalls, sessionPair, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { collect } from "./support.ts";

describe("iterating", () => {
  test("yields every message, those that came before it included", async () => {
    const { client, server, run } = sessionPair();
    void client.send("before");
    await run(10);
    const received = collect(server);
    void client.send("after");
    await run(10);
    expect(received).toEqual(["before", "after"]);
  });

  test("ends when the peer closes normally, behind everything that it sent", async () => {
    for (const code of [1000, 1001]) {
      const { client, server, until } = sessionPair({ link: { latency: 10 } });
      const received: string[] = [];
      const iterating = (async () => {
        for await (const message of server) received.push(message.kind === "text" ? message.text : "");
        return "ended";
      })();
      void client.send("one");
      void client.send("two");
      void client.close(code);
      expect(await until(iterating)).toBe("ended");
      expect(received).toEqual(["one", "two"]);
      // And for whoever comes later.
      for await (const _message of server) expect.unreachable();
    }
  });

  test("throws ConnectionClosed when the peer complains, behind everything that it sent", async () => {
    const { client, server, until } = sessionPair({ link: { latency: 10 } });
    const received: string[] = [];
    const iterating = (async () => {
      for await (const message of server) received.push(message.kind === "text" ? message.text : "");
    })();
    void client.send("one");
    void client.close(1011, "it broke");
    await expect(until(iterating)).rejects.toMatchObject({
      name: "ConnectionClosed",
      code: 1011,
      reason: "it broke",
      event: { clean: true, first: "received" },
    });
    expect(received).toEqual(["one"]);
    await expect(server[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(ConnectionClosed);
  });

  test("throws ConnectionClosed with what the runtime said when the transport is lost", async () => {
    const { server, link, until } = sessionPair();
    const iterating = server[Symbol.asyncIterator]().next();
    link.reset();
    await expect(until(iterating)).rejects.toMatchObject({ code: 1006, cause: { kind: "transport-lost" } });
    expect(server.transportError).toMatchObject({ code: "ECONNRESET" });
  });

  test("ends normally however we closed, as we wanted it", async () => {
    const { server, until } = sessionPair();
    const iterating = server[Symbol.asyncIterator]().next();
    void server.close(4000, "as I like");
    expect(await until(iterating)).toEqual({ done: true, value: undefined });
  });

  test("twice shares what arrives: each message goes to one of them", async () => {
    const { client, server, run } = sessionPair();
    const [one, two] = [collect(server), collect(server)];
    for (let count = 0; count < 10; count++) void client.send(`${count}`);
    await run(10);
    expect([...one, ...two].sort()).toEqual(Array.from({ length: 10 }, (_, index) => `${index}`));
  });

  test("by hand, several calls ahead, yields the messages in their order", async () => {
    const { client, server, until } = sessionPair();
    const iterator = server[Symbol.asyncIterator]();
    const ahead = [iterator.next(), iterator.next(), iterator.next()];
    void client.send("one");
    void client.send("two");
    void client.close();
    const results = await until(Promise.all(ahead));
    expect(results.map(({ value }) => value)).toEqual([
      { kind: "text", text: "one" },
      { kind: "text", text: "two" },
      undefined,
    ]);
  });

  test("that nobody goes on with is no unhandled rejection when the connection fails", async () => {
    const { server, link, run } = sessionPair();
    void server[Symbol.asyncIterator]().next();
    link.reset();
    await run(10);
    void server[Symbol.asyncIterator]().next();
  });

  test("can be left and taken up again", async () => {
    const { client, server, until } = sessionPair();
    for (let count = 0; count < 4; count++) void client.send(`${count}`);
    const take = async (): Promise<string | undefined> => {
      for await (const message of server) return message.kind === "text" ? message.text : undefined;
      return undefined;
    };
    expect([await until(take()), await until(take())]).toEqual(["0", "1"]);
    const received = collect(server);
    await until(client.close());
    await until(server.closed);
    expect(received).toEqual(["2", "3"]);
  });
});

describe("an application that does not keep up", () => {
  test("makes the peer wait, and loses nothing", async () => {
    const { client, server, link, run } = sessionPair({
      link: { windowBytes: 4000, latency: 1 },
      client: { highWaterBytes: 1000, lowWaterBytes: 500 },
      server: { readAheadBytes: 2000 },
    });
    const iterator = server[Symbol.asyncIterator]();
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent++) await client.send(new Uint8Array(200).fill(sent));
    })();
    await run(1000);
    expect(sent).toBeLessThan(50); // what was read ahead, what the window holds, and the high-water mark
    expect(link.server.unreadBytes).toBeGreaterThan(0);
    for (let count = 0; count < 100; count++) {
      const next = iterator.next();
      await run(10);
      expect((await next).value).toMatchObject({ bytes: new Uint8Array(200).fill(count) });
    }
    await sending;
    expect(sent).toBe(100);
  });

  test("is not behind because of one message: Pongs, and the Close, are seen while it is busy", async () => {
    const { client, server, until } = sessionPair({ link: { latency: 10 }, server: { pingInterval: null } });
    const iterator = server[Symbol.asyncIterator]();
    void client.send("one");
    await until(iterator.next());
    void client.send("while it is busy");
    expect(await until(server.ping())).toBe(20);
    expect(await until(client.ping())).toBe(20);
    void client.close();
    expect(await until(server.whenClosed())).toMatchObject({ clean: true });
    expect(await until(iterator.next())).toMatchObject({ value: { text: "while it is busy" } });
    expect(await until(iterator.next())).toMatchObject({ done: true });
  });

  test("that never iterates is kept alive by what it reads ahead", async () => {
    const { client, run, server } = sessionPair({ link: { latency: 10 } });
    void client.send("nobody wants me");
    await run(3_600_000);
    expect([client.state, server.state]).toEqual(["open", "open"]);
    expect(server.rtt?.samples).toBeGreaterThan(100);
  });

  test("for too long fails the heartbeat, or not, as told by `pausedReading`", async () => {
    for (const pausedReading of ["count", "suspend"] as const) {
      const { client, run, server } = sessionPair({
        server: { readAheadBytes: 100, pausedReading, pingInterval: 20_000, pingTimeout: 20_000 },
        client: { pingInterval: null },
      });
      void client.send("x".repeat(200));
      void client.send("x".repeat(200));
      await run(3_600_000);
      if (pausedReading === "suspend") expect(server.state).toBe("open");
      else {
        expect(await server.whenClosed()).toMatchObject({
          cause: { kind: "ping-timeout" },
          diagnosis: { readingPaused: true },
        });
      }
    }
  });

  test("finds everything that came before the transport was lost, and then the loss", async () => {
    const { client, server, link, run, until } = sessionPair({ server: { readAheadBytes: 100 } });
    for (let count = 0; count < 5; count++) void client.send(`${count}`.padStart(100));
    await run(10);
    link.client.destroy();
    await run(10);
    const iterator = server[Symbol.asyncIterator]();
    const received: string[] = [];
    const iterating = (async () => {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        received.push(next.value.kind === "text" ? next.value.text.trim() : "");
      }
    })();
    await expect(until(iterating)).rejects.toMatchObject({ cause: { kind: "transport-lost" } });
    expect(received).toEqual(["0", "1", "2", "3", "4"]);
  });
});

describe("waiting for the end alone", () => {
  test("drops what arrives, so that the end is reached", async () => {
    const { client, server, until } = sessionPair({ server: { readAheadBytes: 100 } });
    const closed = server.closed;
    for (let count = 0; count < 10; count++) void client.send("x".repeat(1000));
    void client.close(1000, "bye");
    expect(await until(closed)).toMatchObject({ clean: true, reason: "bye" });
  });

  test("does not drop what others iterate over", async () => {
    const { client, server, until } = sessionPair();
    const received = collect(server);
    const closed = server.closed;
    for (let count = 0; count < 10; count++) void client.send(`${count}`);
    void client.close();
    await until(closed);
    expect(received).toHaveLength(10);
  });

  test("does not drop what others iterate over, although one of them has left", async () => {
    const { client, server, until, run } = sessionPair();
    const closed = server.closed;
    const received = collect(server);
    const iterator = server[Symbol.asyncIterator]();
    await iterator.return?.();
    await iterator.return?.();
    for (let count = 0; count < 10; count++) {
      void client.send(`${count}`);
      await run(1);
    }
    void client.close();
    await until(closed);
    expect(received).toHaveLength(10);
  });

  test("reaches it although iteration was left in the middle", async () => {
    const { client, server, clock, until } = sessionPair({ server: { readAheadBytes: 100, pingInterval: null } });
    const closed = server.closed;
    for (let count = 0; count < 10; count++) void client.send("x".repeat(1000));
    const iterating = (async () => {
      for await (const _message of server) {
        await new Promise<void>((resolve) => void clock.alarm(100, resolve)); // it is behind, and reading stops
        break;
      }
    })();
    await until(iterating);
    void client.close();
    expect(await until(closed)).toMatchObject({ clean: true });
  });

  test("keeps messages for whoever may come, if asked with whenClosed()", async () => {
    const { client, server, until, run } = sessionPair();
    const closed = server.whenClosed();
    void client.send("one");
    void client.close();
    await run(10);
    const received = collect(server);
    expect(await until(closed)).toMatchObject({ clean: true });
    await run(0);
    expect(received).toEqual(["one"]);
  });
});

describe("callbacks", () => {
  test("get everything in its order, the end last", async () => {
    const record = recordCalls();
    const { client, until, server } = sessionPair({
      server: { callbacks: record.callbacks },
      client: { autoPong: false },
    });
    void client.send("one");
    void client.send(new Uint8Array([2]));
    void client.ping(new Uint8Array([3]));
    client.pong(new Uint8Array([4]));
    void client.close(1000, "bye");
    await until(server.closed);
    expect(record.calls.map(({ name, arguments: rest }) => [name, ...rest])).toMatchObject([
      ["open"],
      ["message", { kind: "text", text: "one" }],
      ["message", { kind: "binary", bytes: new Uint8Array([2]) }],
      ["ping", new Uint8Array([3])],
      ["pong", new Uint8Array([4]), undefined],
      ["close", { code: 1000, reason: "bye" }],
    ]);
  });

  test("may be fewer: what nobody wants is dropped", async () => {
    const log: string[] = [];
    const { client, server, until } = sessionPair({
      server: { callbacks: { close: () => void log.push("close") } },
    });
    void client.send("nobody wants me");
    const received = collect(server); // without a message callback, the messages are iterated over
    void client.ping();
    await until(client.close());
    await until(server.closed);
    expect([log, received]).toEqual([["close"], ["nobody wants me"]]);
  });

  test("for the other kind of delivery take nothing: there is iterating for it", async () => {
    const record = { message: recordCalls(), fragment: recordCalls() };
    const { message } = record.message.callbacks;
    const { fragment } = record.fragment.callbacks;
    const whole = sessionPair({ server: { callbacks: { fragment } as SessionCallbacks } });
    const received = collect(whole.server);
    void whole.client.send("whole");
    await whole.run(10);
    const pieces = sessionPair({ server: { delivery: "fragments", callbacks: { message } as SessionCallbacks } });
    void pieces.client.send("piece");
    const first = await pieces.until(pieces.server.streams()[Symbol.asyncIterator]().next());
    expect([received, first.value?.kind]).toEqual([["whole"], "text"]);
    expect([record.message.names, record.fragment.names]).toEqual([[], []]);
  });

  test("that take messages exclude iterating", () => {
    const { server } = sessionPair({ server: { callbacks: { message() {} } } });
    expect(() => server[Symbol.asyncIterator]()).toThrow(UsageError);
    const { server: another } = sessionPair({ server: { delivery: "fragments", callbacks: { fragment() {} } } });
    expect(() => another.streams()).toThrow(UsageError);
  });

  test("can be paused, which makes the peer wait, and resumed", async () => {
    const received: unknown[] = [];
    const { client, server, link, run } = sessionPair({
      link: { windowBytes: 1000 },
      server: { callbacks: { message: (_session, message) => void received.push(message) } },
    });
    server.pause();
    for (let count = 0; count < 10; count++) void client.send(new Uint8Array(500));
    await run(100);
    expect(received).toEqual([]);
    expect(link.client.queuedBytes).toBeGreaterThan(0);
    server.resume();
    await run(100);
    expect(received).toHaveLength(10);
  });

  test("that pause from inside a message get not one more", async () => {
    const received: unknown[] = [];
    const { client, server, run } = sessionPair({
      server: {
        callbacks: {
          message: (session, message) => {
            received.push(message);
            session.pause();
          },
        },
      },
    });
    for (let count = 0; count < 3; count++) void client.send(`${count}`);
    await run(10);
    expect(received).toHaveLength(1);
    server.resume();
    await run(10);
    expect(received).toHaveLength(2);
  });

  test("that pause are told of what had arrived all the same, when the transport is lost", async () => {
    const record = recordCalls({ message: (session) => session.pause() });
    const { client, run } = sessionPair({ server: { callbacks: record.callbacks } });
    for (let count = 0; count < 3; count++) void client.send(`${count}`);
    await run(10);
    expect(record.names).toEqual(["open", "message"]);
    client.abort();
    await run(10);
    expect(record.names).toEqual(["open", "message", "message", "message", "close"]);
  });

  test("that answer more than the peer takes are given no more until it does", async () => {
    const { client, server, link, run } = sessionPair({
      link: { windowBytes: 1000 },
      server: {
        highWaterBytes: 5000,
        callbacks: { message: (session, message) => void session.send((message as { bytes: Uint8Array }).bytes) },
      },
      client: { highWaterBytes: 1000 },
    });
    link.client.setReading(false);
    const echoes = collect(client);
    for (let count = 0; count < 100; count++) void client.send(new Uint8Array(500));
    await run(1000);
    expect(server.queuedBytes).toBeGreaterThan(5000);
    expect(server.queuedBytes).toBeLessThan(11_000);
    expect(link.client.queuedBytes).toBeGreaterThan(30_000);
    link.client.setReading(true);
    await run(1000);
    expect(echoes).toHaveLength(100);
  });
});

describe("a flood of pings", () => {
  test("from a peer that takes no pongs fills no memory: it is not read from any more", () => {
    const clock = new VirtualClock();
    const link = new Link(clock, { windowBytes: 1000 });
    const failed = (): void => expect.unreachable();
    const server = openSession(link.server, {
      role: "server",
      random: countingRandom,
      observer: { failed },
      pingInterval: null,
    });
    link.client.start({ received() {}, receivedEnd() {}, drained() {}, closed() {} });
    link.client.setReading(false);
    const ping = encodeFrame({ fin: true, rsv: 0, opcode: 9, maskKey: 0, payload: new Uint8Array(125) });
    for (let count = 0; count < 5000; count++) {
      link.client.write(ping.slice());
      clock.advance(1);
    }
    expect(server.queuedBytes).toBeGreaterThan(65_536);
    expect(server.queuedBytes).toBeLessThan(2 * 65_536 + 1000);
    expect(link.client.queuedBytes).toBeGreaterThan(400_000);
    link.client.setReading(true);
    clock.advance(1000);
    expect([link.client.queuedBytes, server.queuedBytes]).toEqual([0, 0]);
  });
});

describe("two peers that send a lot to each other at once", () => {
  test("both get it all", async () => {
    for (const face of ["callbacks", "iteration"] as const) {
      const received = { client: 0, server: 0 };
      const count = (session: "client" | "server") =>
        face === "iteration" ? {} : { callbacks: { message: () => void received[session]++ } };
      const { client, server, run } = sessionPair({
        link: { windowBytes: 10_000, latency: 1 },
        client: count("client"),
        server: count("server"),
      });
      const iterate = async (session: Session, name: "client" | "server"): Promise<void> => {
        for await (const _message of session) received[name]++;
      };
      if (face === "iteration") {
        iterate(client, "client").catch(() => {});
        iterate(server, "server").catch(() => {});
      }
      for (let index = 0; index < 20; index++) {
        void client.send(new Uint8Array(50_000));
        void server.send(new Uint8Array(50_000));
      }
      await run(10_000);
      expect([face, client.state, server.state, received]).toEqual([face, "open", "open", { client: 20, server: 20 }]);
    }
  });
});
