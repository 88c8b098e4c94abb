// What a session sends: order, batching, and waiting while the peer is slow.

import { decodeFrames, prepareMessage, UsageError } from "@sansock/protocol";
import { ConnectionClosed, type Session } from "@sansock/protocol/driver";
import { recordCalls, type SessionPair, type SessionPairOptions, sessionPair } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { collect, writesOf } from "./support.ts";

const SLOW = { windowBytes: 1000, latency: 10 };

/** A pair whose client takes nothing, and the texts that it will have got. */
function stalled(options: SessionPairOptions = {}): SessionPair {
  const pair = sessionPair({ ...options, link: { ...SLOW, ...options.link } });
  pair.link.client.suspend();
  return pair;
}

/** Whether a promise has settled, and how; as of now. */
function watch(promise: Promise<unknown>): { state: string } {
  const watched = { state: "pending" };
  promise.then(
    () => (watched.state = "resolved"),
    (error: Error) => (watched.state = error.name),
  );
  return watched;
}

describe("messages", () => {
  test("go out in the order of the calls, whatever they are", async () => {
    const { client, server, run } = sessionPair({ link: { latency: 10 } });
    const received = collect(client);
    void server.send("one");
    void server.send(new Uint8Array([2]));
    void server.send(["th", "ree"]);
    void server.send("four");
    void server.sendPrepared(prepareMessage("five"));
    void server.send(pieces("s", "i", "x"));
    void server.send(["sev", "en"]);
    void server.send("eight");
    await run(100);
    expect(received).toEqual(["one", new Uint8Array([2]), "three", "four", "five", "six", "seven", "eight"]);
  });

  test("of one turn go out in one write", async () => {
    const { client, server, link, run } = sessionPair();
    const writes = writesOf(link.server);
    for (let count = 0; count < 10; count++) void server.send("message");
    void server.ping();
    server.pong(new Uint8Array([1]));
    await Promise.resolve();
    void server.send("of the same turn");
    expect(writes).toEqual([]);
    await run(0);
    expect(writes).toHaveLength(1);
    expect(decodeFrames(writes[0]!).frames.map(({ opcode }) => opcode)).toEqual([...new Array(10).fill(1), 9, 10, 1]);
    void client.send("a");
    void client.send("b");
    await run(0);
  });

  test("that answer what arrived in one chunk go out in one write, with callbacks and with iteration", async () => {
    for (const kind of ["callbacks", "iteration"] as const) {
      const callbacks =
        kind === "iteration"
          ? undefined
          : {
              message: (session: Session, message: { kind: string; text?: string }) => session.send(message.text ?? ""),
            };
      const { client, server, link, run } = sessionPair({ server: { callbacks } });
      if (kind === "iteration") {
        void (async () => {
          for await (const message of server) await server.send(message.kind === "text" ? message.text : message.bytes);
        })();
      }
      await run(0);
      const writes = writesOf(link.server);
      for (let count = 0; count < 10; count++) void client.send(`message ${count}`);
      await run(0);
      expect(writes.length, kind).toBe(1);
      expect(decodeFrames(writes[0]!).frames).toHaveLength(10);
    }
  });

  test("that were sent before close() arrive before the Close", async () => {
    const { client, server, until } = sessionPair({ link: { latency: 10 } });
    const received = collect(client);
    void server.send("one");
    void server.send("two");
    const closed = server.close(1000, "done");
    void server.send("too late");
    expect(await until(closed)).toMatchObject({ clean: true, sent: { code: 1000, reason: "done" } });
    expect(received).toEqual(["one", "two"]);
  });
});

describe("a slow peer", () => {
  test("makes send() wait, above the high-water mark, until there is little left", async () => {
    const { link, server, run, client } = stalled({
      server: { highWaterBytes: 5000, lowWaterBytes: 2000, pingInterval: null },
      client: { pingInterval: null },
    });
    const received = collect(client);
    const sends = Array.from({ length: 8 }, () => watch(server.send(new Uint8Array(1000))));
    await run(100);
    // 1000 bytes are on their way, up to 5000 may wait.
    expect(sends.map(({ state }) => state)).toEqual([
      ...new Array(5).fill("resolved"),
      ...new Array(3).fill("pending"),
    ]);
    expect(server.queuedBytes).toBeGreaterThan(5000);
    link.client.resume();
    await run(80); // a window for each round trip
    expect(server.queuedBytes).toBeLessThan(5000);
    expect(server.queuedBytes).toBeGreaterThan(2000);
    expect(sends.at(-1)?.state).toBe("pending");
    await run(1000);
    expect(sends.map(({ state }) => state)).toEqual(new Array(8).fill("resolved"));
    expect(received).toHaveLength(8);
  });

  test("drains into one call of the callback, which may send again", async () => {
    const log: string[] = [];
    const { link, server, run, client } = stalled({
      server: {
        highWaterBytes: 2000,
        lowWaterBytes: 500,
        pingInterval: null,
        callbacks: {
          drain: (session) => {
            log.push(`drain with ${session.queuedBytes}`);
            if (log.length === 1) void session.send("more");
          },
        },
      },
    });
    const received = collect(client);
    for (let count = 0; count < 5; count++) void server.send(new Uint8Array(1000));
    await run(100);
    expect(log).toEqual([]);
    link.client.resume();
    await run(1000);
    expect(log).toHaveLength(1);
    expect(received.at(-1)).toBe("more");
    expect(received).toHaveLength(6);
  });

  test("that stays slow is given up with 1008 when a sender does not wait", async () => {
    const record = recordCalls();
    const { server, run, until } = stalled({
      server: { maxQueuedBytes: 10_000, closeTimeout: 1000, pingInterval: null, callbacks: record.callbacks },
    });
    const sends: { state: string }[] = [];
    for (let count = 0; count < 20; count++) sends.push(watch(server.send(new Uint8Array(1000))));
    expect(server.state).toBe("closing");
    expect(await until(server.whenClosed())).toMatchObject({
      cause: { kind: "queue-overflow" },
      sent: { code: 1008, reason: "too slow" },
    });
    await run(0);
    expect(sends.at(-1)?.state).toBe("ConnectionClosed");
    expect(record.names.at(-1)).toBe("close");
  });

  test("is sent a single message above the limit: only another one behind it is too much", async () => {
    const { server } = stalled({ server: { maxQueuedBytes: 10_000 } });
    void server.send(new Uint8Array(1_000_000));
    expect(server.state).toBe("open");
    void server.send("one more");
    expect(server.state).toBe("closing");
  });

  test("is waited for without a limit, if there is none", async () => {
    const { server, link, run, client } = stalled({ server: { maxQueuedBytes: null } });
    const received = collect(client);
    for (let count = 0; count < 20; count++) void server.send(new Uint8Array(1_000_000));
    expect(server.state).toBe("open");
    link.change({ windowBytes: 1e9 });
    link.client.resume();
    await run(100);
    expect(received).toHaveLength(20);
  });

  test("does not make anybody wait for a message that fits", async () => {
    const { server } = stalled({});
    expect(server.send("a")).toBe(server.send("b")); // the very same promise, that was settled before
  });
});

describe("a message in pieces", () => {
  test("goes out as fragments of one message, from arrays, generators and streams", async () => {
    const { client, server, link, run } = sessionPair();
    const received = collect(client);
    const writes = writesOf(link.server);
    void server.send(["only one"]);
    void server.send(["a", "b", "c"]);
    void server.send([new Uint8Array([1]), new Uint8Array([2, 3])]);
    void server.send(pieces("\ud83d", "\ude00")); // a pair of surrogates, cut in the middle
    await run(0);
    expect(received).toEqual(["only one", "abc", new Uint8Array([1, 2, 3]), "😀"]);
    const frames = writes.flatMap((bytes) => decodeFrames(bytes).frames);
    const shape = frames.map(({ fin, opcode }) => `${opcode}${fin ? "." : ""}`);
    expect(shape.filter((frame) => frame.endsWith("."))).toHaveLength(4);
    expect(shape.filter((frame) => !frame.startsWith("0"))).toHaveLength(4);
  });

  test("waits between the pieces while the peer is slow, and lets others wait behind it", async () => {
    const taken: number[] = [];
    async function* many(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 20; count++) {
        taken.push(count);
        yield new Uint8Array(1000);
      }
    }
    const { server, link, run, client } = stalled({
      server: { highWaterBytes: 3000, lowWaterBytes: 1000 },
    });
    const received = collect(client);
    const sending = watch(server.send(many()));
    const behind = watch(server.send("behind"));
    await run(100);
    expect(taken.length).toBeLessThan(8);
    expect([sending.state, behind.state]).toEqual(["pending", "pending"]);
    link.client.resume();
    await run(1000);
    expect([sending.state, behind.state]).toEqual(["resolved", "resolved"]);
    expect(received.map((message) => message.length)).toEqual([20_000, 6]);
  });

  test("lets pings through between its pieces", async () => {
    let release = (): void => {};
    async function* slowly(): AsyncGenerator<string> {
      yield "a";
      yield "b";
      await new Promise<void>((resolve) => (release = resolve));
      yield "c";
    }
    const { client, server, until, run } = sessionPair({ link: { latency: 10 } });
    const received = collect(client);
    void server.send(slowly());
    await run(0);
    expect(await until(server.ping())).toBe(20);
    release();
    await run(100);
    expect(received).toEqual(["abc"]);
  });

  test("that fails after it began closes the connection with 1011, and rejects with the failure", async () => {
    async function* failing(): AsyncGenerator<string> {
      yield "a";
      yield "b";
      yield "c";
      throw new Error("out of pieces");
    }
    const { client, server, until } = sessionPair();
    const received = collect(client);
    await expect(until(server.send(failing()))).rejects.toThrow("out of pieces");
    expect(await until(server.closed)).toMatchObject({ sent: { code: 1011, reason: "a message was not finished" } });
    expect(received).toEqual([]);
  });

  test("that fails before it began costs nothing but itself", async () => {
    // biome-ignore lint/correctness/useYield: it fails before there is anything to yield
    async function* failing(): AsyncGenerator<string> {
      throw new Error("out of pieces");
    }
    const { client, server, until, run } = sessionPair();
    const received = collect(client);
    await expect(until(server.send(failing()))).rejects.toThrow("out of pieces");
    await expect(until(server.send([]))).rejects.toThrow(UsageError);
    void server.send("still here");
    await run(0);
    expect(received).toEqual(["still here"]);
  });

  test("must stay text or binary", async () => {
    const { server, until } = sessionPair();
    await expect(until(server.send(["a", "b", new Uint8Array(1), "c"]))).rejects.toMatchObject({
      code: "message-in-progress",
    });
    expect(await until(server.closed)).toMatchObject({ sent: { code: 1011 } });
  });

  test("is let go when the connection ends in the middle of it", async () => {
    let returned = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield "piece";
      } finally {
        returned = true;
      }
    }
    const { server, link, until, run } = stalled({ server: { highWaterBytes: 1000, lowWaterBytes: 100 } });
    const sending = server.send(endless());
    const behind = server.send("behind");
    await run(10);
    link.reset();
    await expect(until(sending)).rejects.toThrow(ConnectionClosed);
    await expect(until(behind)).rejects.toThrow(ConnectionClosed);
    expect(returned).toBe(true);
  });

  test("is let go when the connection ends while it has nothing to send", async () => {
    let release = (): void => {};
    async function* slowly(): AsyncGenerator<string> {
      yield "a";
      await new Promise<void>((resolve) => (release = resolve));
      yield "b";
      yield "c";
    }
    const { client, server, until } = sessionPair();
    const sending = server.send(slowly());
    await until(client.close());
    await until(server.whenClosed());
    release();
    await expect(until(sending)).rejects.toThrow(ConnectionClosed);
  });

  test("that fails, or is cut off, and that nobody awaits, is no unhandled rejection", async () => {
    const { server, run } = sessionPair();
    void server.send(pieces("a", "b", new Error("broken")));
    void server.send("behind");
    void server.send(pieces("a"));
    void server.sendPrepared(prepareMessage("behind"));
    await run(100);
  });
});

describe("sending on a connection that is not open", () => {
  test("rejects at once, with what is known of the end, and later with the end itself", async () => {
    const { client, server, until, run } = sessionPair({ link: { latency: 10 } });
    const closed = client.close(1000, "enough");
    await expect(until(client.send("late"))).rejects.toMatchObject({
      name: "ConnectionClosed",
      code: 1006,
      cause: { kind: "handshake", initiator: "local" },
      event: { sent: { code: 1000, reason: "enough" }, received: undefined, clean: false },
    });
    await run(10);
    expect(server.state).toBe("closing");
    await expect(until(server.send("late"))).rejects.toMatchObject({
      name: "ConnectionClosed",
      code: 1000,
      reason: "enough",
      cause: { kind: "handshake", initiator: "remote" },
    });
    const event = await until(closed);
    await expect(until(client.send("later"))).rejects.toMatchObject({ event });
    await expect(until(client.send(["later"]))).rejects.toMatchObject({ event });
    await expect(until(client.sendPrepared(prepareMessage("later")))).rejects.toMatchObject({ event });
    await expect(until(client.ping())).rejects.toMatchObject({ event });
  });

  test("is no unhandled rejection when nobody awaits it", async () => {
    const { client, until, run } = sessionPair();
    await until(client.close());
    void client.send("late");
    void client.ping();
    client.pong(new Uint8Array(1));
    await run(0);
  });
});

describe("the limits of a session", () => {
  test("are numbers of bytes that fit together", () => {
    for (const wrong of [
      { highWaterBytes: -1 },
      { highWaterBytes: Number.NaN },
      { lowWaterBytes: "1" as never },
      { lowWaterBytes: 2000, highWaterBytes: 1000 },
      { maxQueuedBytes: -1 },
      { readAheadBytes: -1 },
    ]) {
      expect(() => sessionPair({ server: wrong }), JSON.stringify(wrong)).toThrow(UsageError);
    }
    expect(sessionPair({ server: { highWaterBytes: 0 } }).server.state).toBe("open");
  });

  test("of no bytes make every send wait until the network has taken it", async () => {
    const { client, server, run, link } = sessionPair({
      server: { highWaterBytes: 0, readAheadBytes: 0 },
      link: { windowBytes: 100 },
    });
    const received = collect(client);
    link.client.suspend();
    const sends = Array.from({ length: 5 }, () => watch(server.send("x".repeat(50))));
    await run(10);
    expect(sends.map(({ state }) => state)).toEqual(["resolved", "pending", "pending", "pending", "pending"]);
    link.client.resume();
    await run(10);
    expect(sends.every(({ state }) => state === "resolved")).toBe(true);
    expect(received).toHaveLength(5);
  });
});

test("what cannot be sent throws at the call, and changes nothing", async () => {
  const { client, server, run } = sessionPair();
  const received = collect(client);
  expect(() => server.send(undefined as never)).toThrow(UsageError);
  expect(() => server.send(null as never)).toThrow(UsageError);
  expect(() => server.send(7 as never)).toThrow(UsageError);
  expect(() => server.send({} as never)).toThrow(UsageError);
  void server.send("still here");
  await run(0);
  expect(received).toEqual(["still here"]);
});

/** An async iterable of these; an error is thrown. */
async function* pieces(...contents: (string | Uint8Array | Error)[]): AsyncGenerator<string | Uint8Array> {
  for (const content of contents) {
    if (content instanceof Error) throw content;
    yield content;
  }
}

test("what a callback sends goes out in one write, up to four times highWaterBytes", async () => {
  const sizes = async (messages: number): Promise<number[]> => {
    const message = (session: Session): void => {
      for (let count = 0; count < messages; count++) void session.send(new Uint8Array(996));
    };
    const { client, link, run } = sessionPair({ server: { highWaterBytes: 1000, callbacks: { message } } });
    const writes = writesOf(link.server);
    void client.send("go");
    await run(0);
    return writes.map(({ length }) => length);
  };
  expect(await sizes(4)).toEqual([4000]);
  expect(await sizes(7)).toEqual([5000, 2000]);
});
