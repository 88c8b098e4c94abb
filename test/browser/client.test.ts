// A client in a browser: one connection after another, in virtual time, against the real engine.

import { connect, Disconnected, describeOutage, type Message, QueueOverflow } from "@sansock/browser";
import { describe, expect, test, vi } from "vitest";
import { outcome, textOf, URL, world } from "./support.ts";

const timings = { interval: 1_000, timeout: 400, grace: 100 };

describe("a connection", () => {
  test("is opened at once, and nobody is told before connect has returned", async () => {
    const { calls, client, run } = world({ link: { latency: 10 } });
    expect(client.state).toBe("connecting");
    expect(calls).toEqual([]);
    await run(100);
    expect(calls).toEqual(["connecting", "open", "open"]);
    expect(client.state).toBe("open");
    expect(client.outage).toBeUndefined();
  });

  test("offers subprotocols, and knows which was chosen", async () => {
    const { client, run } = world({ protocols: ["v2", "v1"], server: { subprotocols: ["v1"] } });
    expect(client.subprotocol).toBe("");
    await run(10);
    expect(client.subprotocol).toBe("v1");
  });

  test("offers one subprotocol that is given as a string", async () => {
    const { client, run } = world({ protocols: "v1", server: { subprotocols: ["v1"] } });
    await run(10);
    expect(client.subprotocol).toBe("v1");
    void client.close();
    await run(10);
    expect(client.subprotocol).toBe("");
    expect(client.queuedBytes).toBe(0);
  });

  test("takes text, bytes, and messages as they were received", async () => {
    const { client, run } = world();
    await run(10);
    await client.send("a");
    await client.send(Uint8Array.of(1, 2));
    const received: Message[] = [];
    const echoing = (async () => {
      for await (const message of client) {
        received.push(message);
        if (received.length <= 2) await client.send(message);
      }
    })();
    await run(10);
    const text = { kind: "text", text: "a" };
    const binary = { kind: "binary", bytes: Uint8Array.of(1, 2) };
    expect(received).toEqual([text, binary, text, binary]);
    void client.close();
    await run(10);
    await echoing;
  });

  test.each([undefined, null, 7, {}, { kind: "utf8", bytes: new Uint8Array(1) }])(
    "refuses %j as a message",
    (content) => {
      const { client } = world();
      expect(() => client.send(content as never)).toThrow(expect.objectContaining({ code: "bad-argument" }));
    },
  );
});

describe("keepalive", () => {
  test("asks at intervals, measures, and the application sees nothing of it", async () => {
    const messages: Message[] = [];
    const { client, calls, run } = world({
      link: { latency: 40 },
      keepalive: timings,
      callbacks: { message: (_client, message) => void messages.push(message) },
    });
    await run(3_500);
    expect(calls.filter((call) => call.startsWith("latency"))).toEqual(["latency: 80", "latency: 80", "latency: 80"]);
    expect(client.latency).toBe(80);
    expect(client.rtt).toMatchObject({ samples: 3, min: 80 });
    expect(messages).toEqual([]);
  });

  test("finds a dead connection exactly when the answer is overdue, and another one is opened", async () => {
    const { browser, client, calls, run, server } = world({ keepalive: timings });
    await run(500);
    const openedAt = server.clock.now() - 500;
    browser.link!.cut();
    await run(899);
    expect(client.state).toBe("open");
    await run(1);
    expect(client.outage).toMatchObject({
      kind: "keepalive-timeout",
      at: openedAt + 1_400,
      code: 1006,
      opened: true,
      diagnosis: { age: 1_400, sinceAsked: 400, sinceAnswered: undefined },
    });
    await run(2_000);
    expect(client.state).toBe("open");
    expect(calls.slice(0, 8)).toEqual([
      "connecting",
      "open",
      "open",
      "down: keepalive-timeout",
      "waiting",
      "connecting",
      "open",
      "open",
    ]);
    expect(client.latency).toBe(0);
  });

  test("says in the Close why, in case that the server still hears it", async () => {
    const { browser, run, session } = await opened({ keepalive: timings, server: { pingInterval: null } });
    const ended = session.whenClosed();
    browser.link!.cut("toClient");
    await run(15_000);
    expect((await ended).received).toEqual({ code: 3008, reason: "keepalive-timeout" });
  });

  test("of a server that answers nothing is told so", async () => {
    const { client, run } = world({ keepalive: timings, server: { answerKeepalive: false }, serves: {} });
    await run(1_500);
    expect(describeOutage(client.outage!)).toMatch(/none ever did: does the server answer them\?/);
  });

  test("takes an answer that comes with the late wake-up of a throttled tab", async () => {
    const { browser, calls, run } = world({ link: { latency: 40 }, keepalive: timings });
    await run(500);
    browser.throttle(1_000); // timers of tabs that nobody looks at ring once a second
    await run(20_000);
    expect(calls.filter((call) => call.startsWith("down"))).toEqual([]);
  });

  test("gives a machine that slept the time to hear what has arrived", async () => {
    const { browser, calls, run } = world({
      link: { latency: 40 },
      keepalive: timings,
      server: { pingInterval: null },
    });
    await run(1_100); // it has asked
    browser.sleep();
    await run(3_600_000);
    browser.wake();
    await run(500);
    expect(calls).toEqual(["connecting", "open", "open", "latency: 3600020", "latency: 80"]);
  });

  test("notices after sleep, and the grace, that nothing is left", async () => {
    const { browser, client, run, server } = world({ link: { latency: 40 }, keepalive: timings });
    await run(1_100); // it has asked
    browser.sleep();
    browser.link!.cut();
    await run(3_600_000);
    browser.wake();
    const now = server.clock.now();
    await run(timings.grace);
    expect(client.outage).toMatchObject({ kind: "keepalive-timeout", at: now + timings.grace });
    expect(client.outage?.diagnosis?.wokenLateBy).toBeGreaterThan(3_000_000);
  });

  test("does not take a message of its own that waits in the browser for progress of the network", async () => {
    const { browser, client, outages, run } = world({
      keepalive: { ...timings, liveness: "progress" },
      link: { windowBytes: 20_000 },
    });
    await run(500);
    browser.link!.cut();
    void client.send(new Uint8Array(100_000));
    await run(5_000);
    expect(outages).toMatchObject([{ kind: "keepalive-timeout" }]);
    expect(outages[0]!.unsentBytes).toBeGreaterThan(50_000);
  });

  test("with `liveness: progress` waits for a slow upload, and with `answer` it does not", async () => {
    const up = async (liveness: "progress" | "answer"): Promise<string[]> => {
      const { client, calls, run } = world({
        keepalive: { ...timings, liveness },
        link: { windowBytes: 10_000, toServer: { bytesPerMs: 100 } },
        maxQueuedBytes: null,
        server: { maxMessageBytes: null },
        serves: { message() {} },
      });
      await run(500);
      void client.send(new Uint8Array(500_000)); // five seconds
      await run(10_000);
      return calls.filter((call) => call.startsWith("down"));
    };
    expect(await up("progress")).toEqual([]);
    expect(await up("answer")).toEqual(["down: keepalive-timeout"]);
  });

  test("takes no notice of answers to nothing, and keeps them from the application", async () => {
    const messages: Message[] = [];
    const { calls, run, session } = await opened({
      callbacks: { message: (_client, message) => void messages.push(message) },
    });
    void session.send("sansock:pong 99");
    await run(10);
    expect(messages).toEqual([]);
    expect(calls).toEqual(["connecting", "open", "open"]);
  });

  test("can be left out", async () => {
    const { browser, client, run } = world({ keepalive: null, server: { pingInterval: null } });
    await run(500);
    browser.link!.cut();
    browser.emit("visible");
    await run(600_000);
    expect(client.state).toBe("open");
    expect(client.latency).toBeUndefined();
    expect(() => client.ping()).toThrow(expect.objectContaining({ code: "bad-option" }));
  });

  test("can be in a format of the server's, without ids, and in one that nobody answers", async () => {
    const format = {
      ask: () => "ping",
      answered: (content: unknown) => (content === "pong" ? ("any" as const) : undefined),
    };
    const answerKeepalive = (content: unknown) => (content === "ping" ? "pong" : undefined);
    const { client, run } = world({ keepalive: { ...timings, format }, server: { answerKeepalive } });
    await run(1_500);
    expect(client.latency).toBe(0);
    const heard: unknown[] = [];
    const silent = world({
      keepalive: { ...timings, format: { ask: (id) => `alive ${id}` } },
      serves: { message: (_session, message) => void heard.push(message) },
    });
    await silent.run(2_500);
    expect(heard).toEqual([textOf("alive 1"), textOf("alive 2")]);
    expect(silent.client.state).toBe("open");
    expect(() => silent.client.ping()).toThrow(expect.objectContaining({ code: "bad-option" }));
  });

  test("loses nothing when its format throws", async () => {
    const heard: Message[] = [];
    const format = {
      ask: (): string => {
        throw new Error("ask");
      },
      answered: (): undefined => {
        throw new Error("answered");
      },
    };
    const { client, errors, run } = world({
      keepalive: { ...timings, format },
      callbacks: { message: (_client, message) => void heard.push(message) },
    });
    await run(1_500);
    await client.send("hello");
    await run(10);
    expect(heard).toEqual([textOf("hello")]);
    await expect(client.ping()).rejects.toThrow(Disconnected);
    expect(errors).toEqual([new Error("ask"), new Error("answered"), new Error("ask")]);
  });
});

describe("ping", () => {
  test("resolves to the round trip", async () => {
    const { client, server } = await opened({ link: { latency: 40 } });
    expect(await server.until(client.ping())).toBe(80);
  });

  test("proves that what was sent before has arrived, also while another one is on its way", async () => {
    const heard: string[] = [];
    const { client, server } = await opened({
      link: { latency: 40 },
      serves: { message: (_session, message) => void heard.push(message.kind === "text" ? message.text : "") },
    });
    const first = client.ping();
    await server.run(50);
    void client.send("after the first");
    const second = client.ping();
    const third = client.ping();
    await server.until(first);
    expect(heard).toEqual([]);
    await server.until(second);
    expect(heard).toEqual(["after the first"]);
    await server.until(third);
    expect(client.rtt?.samples).toBe(2);
  });

  test("rejects when there is no connection, and when it is lost first", async () => {
    const { client, kill, run } = world({ link: { latency: 40 } });
    expect(await outcome(client.ping())).toBeInstanceOf(Disconnected);
    await run(500);
    const ping = outcome(client.ping());
    kill();
    await run(10);
    expect(await ping).toMatchObject({ name: "Disconnected", outage: { kind: "closed", code: 1006 } });
  });
});

describe("sending without a connection", () => {
  test("is rejected, with the reason why there is none", async () => {
    const { client, kill, run } = await opened();
    kill();
    await run(1);
    const error = await outcome(client.send("hello"));
    expect(error).toBeInstanceOf(Disconnected);
    expect(error).toMatchObject({ outage: { kind: "closed", code: 1006 }, end: undefined });
    expect((error as Error).message).toMatch(/^there is no connection: the connection was lost, opened 100 ms ago/);
  });

  test("is rejected before the first connection", async () => {
    const { client } = world();
    expect(await outcome(client.send("hello"))).toMatchObject({ message: "there is no connection" });
  });

  test("waits for the next connection, if there is a queue, in the order of the calls", async () => {
    const heard: string[] = [];
    const { client, kill, restart, run } = world({
      queue: {},
      serves: { message: (_session, message) => void heard.push(message.kind === "text" ? message.text : "") },
      callbacks: { open: (opened) => void opened.send("hello, it is me") },
    });
    const first = outcome(client.send("1"));
    await run(100);
    expect(await first).toBe("resolved");
    kill();
    await run(1);
    const waiting = ["2", "3"].map((text) => outcome(client.send(text)));
    expect(client.queuedBytes).toBe(2);
    restart();
    await run(5_000);
    expect(await Promise.all(waiting)).toEqual(["resolved", "resolved"]);
    void client.send("4");
    await run(10);
    // What `open` sends goes out before anything that has waited.
    expect(heard).toEqual(["hello, it is me", "1", "hello, it is me", "2", "3", "4"]);
    expect(client.queuedBytes).toBe(0);
  });

  test("is rejected when the queue is full, of messages or of bytes; what waits goes on waiting", async () => {
    const { client, run } = world({ queue: { maxMessages: 2, maxBytes: 5 } });
    const first = outcome(client.send("abc"));
    const second = outcome(client.send(new Uint8Array(3)));
    const third = outcome(client.send("de"));
    const fourth = outcome(client.send(""));
    expect(await Promise.all([second, fourth])).toEqual([new QueueOverflow(), new QueueOverflow()]);
    await run(10);
    expect(await Promise.all([first, third])).toEqual(["resolved", "resolved"]);
  });

  test("is rejected in the end, when there will be no further connection", async () => {
    const { client, run } = world({ queue: {}, isUp: false, reconnect: { maxAttempts: 2 } });
    const sent = outcome(client.send("1"));
    await run(5_000);
    expect(await sent).toMatchObject({ name: "Disconnected", end: { kind: "too-many-attempts" } });
    expect(await outcome(client.send("2"))).toMatchObject({ end: { kind: "too-many-attempts" } });
    expect(client.queuedBytes).toBe(0);
  });

  test("also is when the server's Close has arrived, and the end of the connection has not", async () => {
    const { client, session, run } = await opened({ link: { latency: 10 } });
    void session.close(1001);
    await run(15);
    expect(client.state).toBe("open");
    expect(await outcome(client.send("too late"))).toBeInstanceOf(Disconnected);
    const queueing = await opened({ link: { latency: 10 }, queue: {} });
    void queueing.session.close(1001);
    await queueing.run(15);
    const sent = outcome(queueing.client.send("in time for the next one"));
    await queueing.run(5_000);
    expect(await sent).toBe("resolved");
  });

  test("waits on where the connection is lost while `open` runs", async () => {
    let opened = 0;
    const { client, run, browser } = world({
      queue: {},
      callbacks: { open: () => opened++ === 0 && browser.emit("suspended") },
    });
    const sent = outcome(client.send("1"));
    await run(100);
    expect(client.state).toBe("paused");
    expect(client.queuedBytes).toBe(1);
    browser.emit("resumed");
    await run(100);
    expect(await sent).toBe("resolved");
  });
});

describe("sending on a connection", () => {
  test("is rejected while more than `maxQueuedBytes` waits in the browser", async () => {
    const { browser, client, run } = await opened({ maxQueuedBytes: 1_000, link: { windowBytes: 100 } });
    browser.link!.cut();
    expect(await outcome(client.send(new Uint8Array(900)))).toBe("resolved");
    await run(1);
    expect(client.queuedBytes).toBeGreaterThan(700);
    expect(await outcome(client.send(new Uint8Array(900)))).toEqual(new QueueOverflow());
    browser.link!.heal();
    await run(1_000);
    expect(await outcome(client.send(new Uint8Array(900)))).toBe("resolved");
  });

  test("rejects with what the WebSocket throws, also what has waited", async () => {
    const { browser, client, run } = await opened();
    const failure = new TypeError("shared memory");
    browser.sockets[0]!.send = () => {
      throw failure;
    };
    expect(await outcome(client.send("1"))).toBe(failure);
    const waiting = world({
      queue: {},
      callbacks: {
        open: () => {
          waiting.browser.sockets[0]!.send = (content) => {
            if (content === "bad") throw failure;
          };
        },
      },
    });
    const sent = ["bad", "good"].map((text) => outcome(waiting.client.send(text)));
    await waiting.run(10);
    expect(await Promise.all(sent)).toEqual([failure, "resolved"]);
    await run(1);
  });
});

describe("reconnecting", () => {
  test("goes on until the server is back, with growing delays, and never two connections at once", async () => {
    const { browser, client, kill, restart, run } = await opened();
    kill();
    await run(60_000);
    expect(client.state).toBe("waiting");
    expect(client.failures).toBeGreaterThan(5);
    expect(browser.sockets.length).toBeLessThan(20);
    expect(client.retryIn).toBeGreaterThan(0);
    restart();
    await run(30_000);
    expect(client.state).toBe("open");
    expect(client.retryIn).toBeUndefined();
    expect(browser.sockets.filter(({ readyState }) => readyState <= 1)).toHaveLength(1);
  });

  test("can be hurried", async () => {
    const { client, run } = world({ isUp: false, reconnect: { minDelay: 10_000 } });
    await run(1);
    expect(client.state).toBe("waiting");
    client.retryNow();
    expect(client.state).toBe("connecting");
  });

  test("abandons an attempt that leads to nothing", async () => {
    const { browser, client, run } = world({ openTimeout: 2_000, link: { latency: 5_000 } });
    await run(2_000);
    expect(client.outage).toMatchObject({ kind: "open-timeout", code: 1006, opened: false, diagnosis: undefined });
    expect(browser.sockets[0]!.readyState).toBeGreaterThanOrEqual(2);
    expect(describeOutage(client.outage!)).toBe("the connection did not open in time");
  });

  test("gives up where the predicate says so, and what it throws is reported and decides nothing", async () => {
    const giveUp = ({ code }: { code: number }): boolean => {
      if (code === 4001) throw new Error("undecided");
      return code === 4002;
    };
    const { client, errors, run, server } = await opened({ reconnect: { giveUp } });
    void [...server.sessions][0]!.close(4001);
    await run(5_000);
    expect(client.state).toBe("open");
    expect(errors).toEqual([new Error("undecided")]);
    void [...server.sessions][0]!.close(4002, "enough");
    await run(10);
    expect(await client.closed).toMatchObject({ kind: "given-up", outage: { code: 4002, reason: "enough" } });
  });

  test("with `reconnect: null` the first loss is final", async () => {
    const { client, calls, kill, run } = await opened({ reconnect: null });
    kill();
    await run(1);
    expect(client.state).toBe("stopped");
    expect(calls.slice(-3)).toEqual(["down: closed", "stopped", "close: given-up"]);
  });

  test("asks for a URL before each attempt, if that is a function", async () => {
    const queries: unknown[] = [];
    let asked = 0;
    const { browser, run } = world({
      url: async () => `${URL}?token=${++asked}`,
      server: { authorize: (request) => void queries.push(request.query) },
    });
    await run(10);
    browser.link!.reset();
    await run(5_000);
    expect(queries).toEqual(["token=1", "token=2"]);
  });

  test("counts a function that fails as a failed attempt, whether it throws or rejects", async () => {
    const failure = new Error("no token");
    let asked = 0;
    const { client, run, calls } = world({
      url: () => {
        if (asked++ === 0) throw failure;
        return asked === 2 ? Promise.reject(failure) : URL;
      },
    });
    await run(1);
    expect(client.outage).toMatchObject({ kind: "no-url", error: failure, opened: false });
    expect(describeOutage(client.outage!)).toBe("there was no URL to connect to");
    await run(10_000);
    expect(client.state).toBe("open");
    expect(calls.filter((call) => call.startsWith("down"))).toEqual(["down: no-url", "down: no-url"]);
  });

  test("takes no URL that comes too late, nor its failure", async () => {
    const waiting: { resolve: (url: string) => void; reject: (error: unknown) => void }[] = [];
    const { browser, client, run } = world({
      openTimeout: 1_000,
      url: () => new Promise<string>((resolve, reject) => void waiting.push({ resolve, reject })),
    });
    await run(3_000);
    expect(waiting.length).toBeGreaterThan(1);
    waiting[0]!.resolve(URL);
    await run(1_000);
    waiting[1]!.reject(new Error("too late"));
    await run(1);
    expect(browser.sockets).toEqual([]);
    expect(client.outage?.kind).toBe("open-timeout");
    void client.close();
    for (const { resolve } of waiting) resolve(URL);
    await run(1);
    expect(browser.sockets).toEqual([]);
  });

  test("ends where the browser will not open such a connection at all", async () => {
    expect(() => world({ url: "http://server.test/" })).toThrow();
    const { client, run } = world({ url: () => "http://server.test/" });
    await run(1);
    const end = await client.closed;
    expect(end.kind).toBe("impossible");
    expect(end.error).toBeInstanceOf(Error);
    expect(await outcome(client.whenOpen())).toMatchObject({ cause: end.error });
  });
});

describe("the page", () => {
  test("without a network makes no attempt; with one again, at once", async () => {
    const { browser, client, kill, restart, run } = await opened();
    kill();
    browser.emit("offline");
    await run(60_000);
    expect(client.state).toBe("paused");
    expect(browser.sockets).toHaveLength(1);
    restart();
    browser.emit("online");
    await run(1);
    expect(client.state).toBe("open");
  });

  test("that has no network in the beginning waits for one", async () => {
    const { browser, client, run } = world({ page: { isOnline: false, watch: () => () => {} } });
    await run(1_000);
    expect(client.state).toBe("paused");
    expect(browser.sockets).toEqual([]);
  });

  test.each(["online", "visible"] as const)("is asked at once whether the connection lives: %s", async (event) => {
    const { browser, client, run } = await opened({ link: { latency: 10 } });
    browser.emit(event);
    await run(20);
    expect(client.latency).toBe(20);
    browser.link!.cut();
    browser.emit(event);
    await run(20_000);
    expect(client.outage?.kind).toBe("keepalive-timeout");
  });

  test("asks nothing by itself without an interval", async () => {
    const { browser, client, run } = await opened({ keepalive: { interval: null } });
    browser.emit("visible");
    await run(100);
    expect(client.latency).toBeUndefined();
  });

  test("that is looked at again does not wait for the delay", async () => {
    const { browser, client, run } = world({ isUp: false, reconnect: { minDelay: 10_000 } });
    await run(1);
    browser.emit("visible");
    expect(client.state).toBe("connecting");
  });

  test("that is put away has no connection, so that it can be kept; taken out again it has one at once", async () => {
    const { browser, client, calls, run, session } = await opened();
    const ended = session.whenClosed();
    browser.emit("suspended");
    expect(client.state).toBe("paused");
    expect(client.outage).toMatchObject({ kind: "suspended", opened: true });
    await run(60_000);
    expect((await ended).received).toEqual({ code: 1000, reason: "suspended" });
    expect(browser.sockets).toHaveLength(1);
    browser.emit("resumed");
    await run(10);
    expect(calls.slice(-4)).toEqual(["paused", "connecting", "open", "open"]);
    expect(client.failures).toBe(0);
  });

  test("plays no part with `page: null`", async () => {
    const { browser, client, run } = world({ page: null });
    await run(10);
    expect(browser.listeners).toBe(0);
    expect(client.state).toBe("open");
  });
});

describe("iteration", () => {
  test("goes on over all connections, and ends when the client is closed", async () => {
    const { client, kill, restart, run, server } = await opened();
    const texts: unknown[] = [];
    const iterating = (async () => {
      for await (const message of client) texts.push(message.kind === "text" && message.text);
      return "ended";
    })();
    void [...server.sessions][0]!.send("1");
    await run(10);
    kill();
    await run(10);
    restart();
    await run(5_000);
    void [...server.sessions][0]!.send("2");
    await run(10);
    void client.close();
    await run(10);
    expect(await iterating).toBe("ended");
    expect(texts).toEqual(["1", "2"]);
  });

  test("ends when the server says that all is done", async () => {
    const { client, session, run } = await opened();
    void session.send("last");
    void session.close(1000);
    await run(10);
    const texts: unknown[] = [];
    for await (const message of client) texts.push(message);
    expect(texts).toEqual([textOf("last")]);
  });

  test("throws when the client gave up, behind the messages that are left", async () => {
    const { client, session, run } = await opened();
    void session.send("last");
    void session.close(3003, "who are you?");
    await run(10);
    const messages = client[Symbol.asyncIterator]();
    expect((await messages.next()).value).toEqual(textOf("last"));
    const error = await outcome(messages.next());
    expect(error).toMatchObject({ name: "Disconnected", end: { kind: "given-up" }, outage: { code: 3003 } });
    expect((error as Error).message).toMatch(/^the client has given up: the server closed with 3003 "who are you\?"/);
    expect(await outcome(messages.next())).toBe(error);
  });

  test("shares messages between all who iterate", async () => {
    const { client, session, run } = await opened();
    const [one, other] = [client[Symbol.asyncIterator](), client[Symbol.asyncIterator]()];
    const both = Promise.all([one.next(), other.next()]);
    void session.send("1");
    void session.send("2");
    await run(10);
    expect((await both).map(({ value }) => value)).toEqual([textOf("1"), textOf("2")]);
  });

  test("is not there where a callback takes the messages", async () => {
    const { client } = await opened({ callbacks: { message() {} } });
    expect(() => client[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: "bad-option" }));
  });

  test("messages wait for somebody who comes later; where only the end is waited for they are dropped", async () => {
    const { client, session, run } = await opened();
    void session.send("1");
    await run(10);
    const messages = client[Symbol.asyncIterator]();
    expect((await messages.next()).value).toEqual(textOf("1"));
    await messages.return!();
    await messages.return!();
    void client.closed;
    void session.send("2");
    await run(10);
    void client.close();
    await run(10);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  test("that falls too far behind ends the client, and loses nothing that has arrived", async () => {
    const { client, session, run } = await opened({ maxUnreadBytes: 1_000 });
    for (const length of [400, 400, 400]) void session.send(new Uint8Array(length));
    await run(10);
    expect(client.state).toBe("stopped");
    const lengths: number[] = [];
    const error = await outcome(
      (async () => {
        for await (const message of client) if (message.kind === "binary") lengths.push(message.bytes.length);
      })(),
    );
    expect(lengths).toEqual([400, 400, 400]);
    expect(error).toMatchObject({ end: { kind: "unread-overflow" } });
  });

  test("has no limit with `maxUnreadBytes: null`", async () => {
    const { client, session, run } = await opened({ maxUnreadBytes: null, server: { maxQueuedBytes: null } });
    for (let count = 0; count < 20; count++) void session.send(new Uint8Array(1_000_000));
    await run(1_000);
    expect(client.state).toBe("open");
  });
});

describe("closing", () => {
  test("tells the server, waits for its answer, and is final", async () => {
    const { browser, client, calls, run, session } = await opened({ link: { latency: 10 } });
    const ended = session.whenClosed();
    const closed = client.close(4321, "bye");
    expect(client.state).toBe("closing");
    expect(await outcome(client.send("too late"))).toMatchObject({ message: "the client was closed" });
    expect(await outcome(client.whenOpen())).toBeInstanceOf(Disconnected);
    expect(await outcome(client.ping())).toBeInstanceOf(Disconnected);
    await run(100);
    expect(await closed).toMatchObject({ kind: "closed", outage: { kind: "closed", code: 4321, opened: true } });
    expect((await ended).received).toEqual({ code: 4321, reason: "bye" });
    expect(calls.slice(-4)).toEqual(["closing", "down: closed", "stopped", "close: closed"]);
    expect(await client.close()).toBe(await closed);
    await run(60_000);
    expect(browser.sockets).toHaveLength(1);
  });

  test("rejects pings, and drops messages that still arrive", async () => {
    const messages: Message[] = [];
    const { client, session, run } = await opened({
      link: { latency: 10 },
      callbacks: { message: (_client, message) => void messages.push(message) },
    });
    const ping = outcome(client.ping());
    void session.send("on its way");
    void client.close();
    expect(await ping).toMatchObject({ message: "the client was closed" });
    await run(100);
    expect(messages).toEqual([]);
  });

  test("waits no longer than `closeTimeout`", async () => {
    const { browser, client, run } = await opened({ closeTimeout: 500 });
    browser.link!.cut();
    const closed = client.close();
    await run(499);
    expect(client.state).toBe("closing");
    await run(1);
    expect(await closed).toMatchObject({ kind: "closed", outage: { kind: "close-timeout" } });
    expect(describeOutage((await closed).outage!)).toMatch(/^the server did not answer our Close in time/);
  });

  test("without a connection is done at once", async () => {
    const { browser, client, run } = world({ queue: {} });
    const sent = outcome(client.send("1"));
    const closed = client.close();
    expect(client.state).toBe("stopped");
    expect(await closed).toMatchObject({ kind: "closed", outage: { kind: "stopped", opened: false } });
    expect(await sent).toMatchObject({ end: { kind: "closed" } });
    await run(1_000);
    expect(browser.sockets[0]!.readyState).toBe(3);
  });

  test.each<[code: number, reason: string, error: string]>([
    [1001, "", "bad-close-code"],
    [2999, "", "bad-close-code"],
    [5000, "", "bad-close-code"],
    [3000.5, "", "bad-close-code"],
    [1000, "é".repeat(62), "bad-close-reason"],
  ])("with %d %j is refused, and changes nothing", async (code, reason, error) => {
    const { client } = await opened();
    expect(() => client.close(code, reason)).toThrow(expect.objectContaining({ code: error }));
    expect(client.state).toBe("open");
  });

  test("comes with `await using`", async () => {
    const { client, session, run } = await opened();
    const ended = session.whenClosed();
    const disposed = client[Symbol.asyncDispose]();
    await run(10);
    await disposed;
    expect(await ended).toMatchObject({ code: 1000 });
  });

  test("leaves no alarm, and listens to nothing any more", async () => {
    const { browser, client, run, server } = await opened({ server: { pingInterval: null } });
    void client.close();
    await run(10);
    expect(browser.listeners).toBe(0);
    expect(server.clock.pending).toBe(0);
  });
});

describe("a signal", () => {
  test("ends the client at once, and its reason is thrown", async () => {
    const abort = new AbortController();
    const { client, run, browser } = await opened({ signal: abort.signal, queue: {} });
    const messages = client[Symbol.asyncIterator]();
    const next = outcome(messages.next());
    const reason = new Error("enough");
    abort.abort(reason);
    expect(client.state).toBe("stopped");
    expect(await client.closed).toMatchObject({
      kind: "aborted",
      error: reason,
      outage: { kind: "stopped", opened: true },
    });
    expect(await next).toBe(reason);
    expect(await outcome(client.send("1"))).toMatchObject({ cause: reason });
    await run(10);
    expect(browser.sockets[0]!.readyState).toBe(3);
  });

  test("ends a client with callbacks, too", async () => {
    const abort = new AbortController();
    const { calls } = await opened({ signal: abort.signal, callbacks: { message() {} } });
    abort.abort();
    expect(calls.slice(-3)).toEqual(["down: stopped", "stopped", "close: aborted"]);
  });

  test("that is aborted already throws", () => {
    const reason = new Error("enough");
    expect(() => world({ signal: AbortSignal.abort(reason) })).toThrow(reason);
  });

  test("that is aborted after the end does nothing", async () => {
    const abort = new AbortController();
    const { client, run } = await opened({ signal: abort.signal });
    void client.close();
    await run(10);
    abort.abort();
    expect(await client.closed).toMatchObject({ kind: "closed" });
  });
});

describe("whenOpen", () => {
  test("resolves with the next connection, at once if there is one, and rejects when there will be none", async () => {
    const { client, kill, run, restart } = world({ isUp: false, reconnect: { maxAttempts: 3 } });
    const first = outcome(client.whenOpen());
    await run(1);
    restart();
    await run(5_000);
    expect(await first).toBe("resolved");
    expect(await outcome(client.whenOpen())).toBe("resolved");
    kill();
    await run(1);
    const second = outcome(client.whenOpen());
    await run(60_000);
    expect(await second).toMatchObject({ end: { kind: "too-many-attempts" } });
    expect(await outcome(client.whenOpen())).toBeInstanceOf(Disconnected);
  });
});

describe("callbacks", () => {
  test("may do anything, from inside each of them", async () => {
    const { client, run, calls } = world({
      callbacks: {
        state: (inner, state) => {
          if (state === "waiting") inner.retryNow();
        },
        open: (inner) => {
          void inner.send("hello");
          void inner.ping();
        },
        message: (inner) => {
          void inner.close();
        },
        down: (inner) => void inner.send("rejected"),
        close: (inner) => void inner.close(),
      },
    });
    await run(100);
    expect(client.state).toBe("stopped");
    expect(calls).toEqual(["connecting", "open", "open", "closing", "down: closed", "stopped", "close: closed"]);
  });

  test("what they throw, or reject with, is reported, and changes nothing else", async () => {
    const { client, errors, run, session } = await opened({
      callbacks: {
        open: () => {
          throw new Error("open");
        },
        message: () => Promise.reject(new Error("message")),
      },
    });
    void session.send("1");
    await run(10);
    expect(errors).toEqual([new Error("open"), new Error("message")]);
    expect(client.state).toBe("open");
  });

  test("what `onError` throws, and what nobody takes, goes to the runtime", async () => {
    const failing = (): never => {
      throw new Error("callback");
    };
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const first = world({
      callbacks: { open: failing },
      onError: () => {
        throw new Error("onError");
      },
    });
    await first.run(10);
    expect(printed.mock.calls).toEqual([[new Error("onError")]]);
    printed.mockClear();
    const reported: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => void reported.push(error));
    const second = world({ callbacks: { open: failing }, onError: undefined });
    await second.run(10);
    vi.unstubAllGlobals();
    expect(reported).toEqual([new Error("callback")]);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  test("are not needed", async () => {
    const { server, browser } = world();
    const client = connect(URL, browser.environment);
    await server.until(client.whenOpen());
    await client.send("hello");
    void client.close();
    expect(await server.until(client.closed)).toMatchObject({ kind: "closed" });
  });
});

describe("options", () => {
  test.each<[name: string, options: object]>([
    ["an interval of nothing", { keepalive: { interval: 0 } }],
    ["a delay of nothing", { reconnect: { minDelay: 0 } }],
    ["a negative limit", { maxQueuedBytes: -1 }],
    ["a limit that is no number", { maxUnreadBytes: "1" }],
    ["a queue of fewer than none", { queue: { maxMessages: -1 } }],
    ["a timeout of nothing", { openTimeout: 0 }],
  ])("%s is refused", (_name, options) => {
    expect(() => world(options)).toThrow(expect.objectContaining({ name: "UsageError", code: "bad-option" }));
  });

  test("a runtime without a WebSocket is told so", () => {
    vi.stubGlobal("WebSocket", undefined);
    expect(() => connect(URL)).toThrow(expect.objectContaining({ code: "bad-option" }));
    vi.unstubAllGlobals();
  });
});

/** A world that has been open for 100 ms. */
async function opened(options: Parameters<typeof world>[0] = {}): Promise<ReturnType<typeof world>> {
  const result = world({ ...options, link: { latency: 0, ...options.link } });
  await result.run(100);
  expect(result.client.state).toBe("open");
  return result;
}
