// Callbacks that throw, reject, or call back into their session: nothing of it may reach the loop or be lost.

import { ConnectionClosed, type Session, type SessionCallbacks } from "@sansock/protocol/driver";
import { recordCalls, type SessionPair, sessionPair } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { collect } from "./support.ts";

type Name = keyof SessionCallbacks;

/** What makes each callback of the server be called, `fragment` aside. */
const OCCASIONS: Record<Exclude<Name, "fragment">, (pair: SessionPair) => Promise<void> | void> = {
  open: () => {},
  message: ({ client }) => void client.send("hello"),
  ping: ({ client }) => void client.ping(),
  pong: ({ server }) => void server.ping(),
  drain: ({ server }) => void server.send(new Uint8Array(10_000)),
  close: ({ client }) => void client.close(),
};
const NAMES = Object.keys(OCCASIONS) as (keyof typeof OCCASIONS)[];

const LIMITS = { highWaterBytes: 2000, lowWaterBytes: 1000 };
const LINK = { windowBytes: 1000, latency: 1 };

describe("a callback that throws, or rejects,", () => {
  for (const name of NAMES) {
    for (const how of ["throws", "rejects"] as const) {
      test(`${name} ${how}: it is reported once, and the peer is told 1011`, async () => {
        const failure = new Error("broken");
        const record = recordCalls({
          [name]: () => {
            if (how === "rejects") return Promise.reject(failure);
            throw failure;
          },
        });
        const pair = sessionPair({ link: LINK, server: { ...LIMITS, callbacks: record.callbacks } });
        const { client, server, failures, run } = pair;
        collect(client);
        OCCASIONS[name](pair);
        await run(10_000);
        expect(failures).toEqual([failure]);
        expect(record.names.filter((called) => called === "close")).toHaveLength(1);
        expect(record.names.at(-1)).toBe("close");
        const event = await server.whenClosed();
        if (name === "close") expect(event).toMatchObject({ code: 1000 });
        else expect(event).toMatchObject({ sent: { code: 1011, reason: "internal error" }, clean: true });
        if (name !== "close") expect(await client.closed).toMatchObject({ code: 1011 });
      });
    }
  }

  test("fragment throws: like the others", async () => {
    const pair = sessionPair({
      server: {
        delivery: "fragments",
        callbacks: {
          fragment: () => {
            throw new Error("broken");
          },
        },
      },
    });
    void pair.client.send("hello");
    await pair.run(10);
    expect(pair.failures).toEqual([new Error("broken")]);
    expect(await pair.client.whenClosed()).toMatchObject({ code: 1011 });
  });

  test("because the connection has ended is no failure: a callback may wait for a send", async () => {
    const { client, server, failures, link, run } = sessionPair({
      link: LINK,
      server: { ...LIMITS, callbacks: { message: (session) => session.send(new Uint8Array(10_000)) } },
    });
    link.client.setReading(false);
    void client.send("hello");
    await run(10);
    link.reset();
    await run(10);
    expect(server.state).toBe("closed");
    expect(failures).toEqual([]);
    server.fail(new ConnectionClosed(await client.whenClosed())); // of another connection
    expect(failures).toHaveLength(1);
  });

  test("gets `this` from its object", async () => {
    class Application implements SessionCallbacks {
      readonly log: string[] = [];
      open(): void {
        this.log.push("open");
      }
      message(): void {
        this.log.push("message");
      }
    }
    const application = new Application();
    const { client, run } = sessionPair({ server: { callbacks: application } });
    void client.send("hello");
    await run(10);
    expect(application.log).toEqual(["open", "message"]);
  });
});

/** Every call that an application can make on a session, by name. */
const CALLS: Record<string, (session: Session) => unknown> = {
  send: (session) => session.send("from inside"),
  "send much": (session) => session.send(new Uint8Array(200_000)),
  "send pieces": (session) => session.send(["from", "inside"]),
  "send rubbish": (session) => session.send(7 as never),
  ping: (session) => session.ping(),
  pong: (session) => session.pong(new Uint8Array(1)),
  pause: (session) => session.pause(),
  "pause and resume": (session) => {
    session.pause();
    session.resume();
  },
  close: (session) => session.close(),
  "close badly": (session) => session.close(1005),
  goAway: (session) => session.goAway(),
  abort: (session) => session.abort(),
  closed: (session) => session.closed,
  whenClosed: (session) => session.whenClosed(),
  fail: (session) => session.fail(new Error("from inside")),
  diagnose: (session) => session.diagnose(),
  iterate: (session) =>
    void session[Symbol.asyncIterator]()
      .next()
      .catch(() => {}),
  look: (session) => [session.state, session.timer, session.latency, session.rtt, session.queuedBytes],
};

describe("every call from inside every callback", () => {
  for (const name of NAMES) {
    for (const [called, call] of Object.entries(CALLS)) {
      test(`${called}, in ${name}`, async () => {
        const record = recordCalls({ [name]: (session: Session) => void call(session) });
        const pair = sessionPair({ link: LINK, server: { ...LIMITS, callbacks: record.callbacks } });
        const { client, server, run, until } = pair;
        const received = collect(client);
        OCCASIONS[name](pair);
        await run(2_000);
        server.resume();
        expect(record.names).toContain(name);
        if (called === "send" && name !== "close") expect(received).toContain("from inside");
        if (called === "send pieces" && name !== "close") expect(received).toContain("frominside");
        if (called === "send much" && name !== "close") expect(received).toContainEqual(new Uint8Array(200_000));
        // The loop still runs: the connection can be closed, and its end is told once, as the last thing.
        void client.close();
        await run(60_000);
        expect([client.state, server.state]).toEqual(["closed", "closed"]);
        expect(await until(server.whenClosed())).toBeDefined();
        expect(record.names.filter((name) => name === "close")).toHaveLength(1);
        expect(record.names.at(-1)).toBe("close");
        expect(record.names[0]).toBe("open");
      });
    }
  }
});

describe("what is sent from inside a callback goes out at once:", () => {
  for (const name of NAMES.filter((name) => name !== "close")) {
    // With nothing left in the queue nothing else comes that would help it along.
    const limits = { highWaterBytes: 2000, lowWaterBytes: 0 };
    test(`in ${name}`, async () => {
      const record = recordCalls({
        [name]: (session: Session) => {
          if (record.names.filter((called) => called === name).length === 1) void session.send("from inside");
        },
      });
      const pair = sessionPair({
        link: LINK,
        server: { ...limits, callbacks: record.callbacks, pingInterval: null },
        client: { pingInterval: null },
      });
      const received = collect(pair.client);
      OCCASIONS[name](pair);
      await pair.run(100);
      expect(received.at(-1)).toBe("from inside");
    });
  }

  test("a Close because drain failed", async () => {
    const { client, server, run } = sessionPair({
      link: LINK,
      server: {
        highWaterBytes: 2000,
        lowWaterBytes: 0,
        pingInterval: null,
        callbacks: {
          message() {},
          drain: () => {
            throw new Error("broken");
          },
        },
      },
      client: { pingInterval: null },
    });
    collect(client);
    void server.send(new Uint8Array(10_000));
    await run(100);
    expect(await client.whenClosed()).toMatchObject({ code: 1011 });
  });
});

describe("a session whose application has failed", () => {
  test("reports the end of another connection, which is none of its own", async () => {
    const other = sessionPair();
    other.client.abort();
    const foreign = new ConnectionClosed(await other.client.whenClosed());
    const { client, server, failures, run } = sessionPair();
    collect(client);
    server.fail(foreign);
    await run(10);
    expect(failures).toEqual([foreign]);
    expect(await server.whenClosed()).toMatchObject({ sent: { code: 1011 } });
  });

  test("drops what an iteration has not asked for, so that the end is reached", async () => {
    const { client, server, run } = sessionPair({ server: { readAheadBytes: 100 } });
    collect(client);
    void server[Symbol.asyncIterator]().next();
    for (let count = 0; count < 5; count++) void client.send("x".repeat(1000));
    await run(10);
    server.fail(new Error("broken"));
    await run(10);
    expect(server.state).toBe("closed");
    expect(await server.whenClosed()).toMatchObject({ clean: true, sent: { code: 1011 } });
  });
});

test("an iteration that is left says that it is done", async () => {
  const { server } = sessionPair();
  const iteration = server[Symbol.asyncIterator]();
  for (let count = 0; count < 2; count++) expect(await iteration.return!()).toEqual({ done: true, value: undefined });
});
