// Messages that are read while they arrive: `delivery: "fragments"`.

import { UsageError } from "@sansock/protocol";
import type { Session, StreamedMessage } from "@sansock/protocol/driver";
import { recordCalls, type SessionPair, sessionPair } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";

const PIECEWISE = { server: { delivery: "fragments" } } as const;

/** All messages of a session, each with its pieces, as they grow. */
function collectStreams(session: Session): { kind: string; pieces: (string | Uint8Array)[]; ended: boolean }[] {
  const messages: { kind: string; pieces: (string | Uint8Array)[]; ended: boolean }[] = [];
  const iterate = async (): Promise<void> => {
    for await (const message of session.streams()) {
      const collected = { kind: message.kind, pieces: [] as (string | Uint8Array)[], ended: false };
      messages.push(collected);
      for await (const piece of message) collected.pieces.push(piece);
      collected.ended = true;
    }
  };
  iterate().catch(() => {});
  return messages;
}

/** Messages of a session, one at a time. */
function reader(pair: SessionPair): () => Promise<StreamedMessage | undefined> {
  const streams = pair.server.streams()[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await pair.until(streams.next());
    return done === true ? undefined : value;
  };
}

async function contentOf(pair: SessionPair, message: StreamedMessage | undefined): Promise<string> {
  let content = "";
  const read = async (): Promise<void> => {
    for await (const piece of message!) content += piece;
  };
  await pair.until(read());
  return content;
}

test("a message is read while it arrives, in pieces that are never empty", async () => {
  const { client, server, run } = sessionPair(PIECEWISE);
  const messages = collectStreams(server);
  let release = (): void => {};
  async function* slowly(): AsyncGenerator<string> {
    yield "be";
    yield "";
    yield "gun";
    await new Promise<void>((resolve) => (release = resolve));
    yield ", ended";
  }
  void client.send(slowly());
  void client.send(new Uint8Array([1, 2]));
  void client.send("");
  await run(10);
  expect(messages).toHaveLength(1);
  expect(messages[0]?.ended).toBe(false);
  expect(messages[0]?.pieces.join("")).toBe("begun"); // no piece waits for the next one
  release();
  await run(10);
  expect(
    messages.map(({ kind, pieces, ended }) => [kind, pieces.length > 1 ? pieces.join("") : pieces[0], ended]),
  ).toEqual([
    ["text", "begun, ended", true],
    ["binary", new Uint8Array([1, 2]), true],
    ["text", undefined, true],
  ]);
  expect(messages.flatMap(({ pieces }) => pieces).some(({ length }) => length === 0)).toBe(false);
});

test("a long message makes its sender wait while it is not read, and is never kept whole", async () => {
  const pair = sessionPair({
    link: { windowBytes: 4000, latency: 1 },
    server: { delivery: "fragments", readAheadBytes: 2000 },
    client: { highWaterBytes: 2000 },
  });
  const { client, server, run } = pair;
  const sent = client.send(new Uint8Array(1_000_000).fill(7));
  const next = reader(pair);
  const message = await next();
  await run(5000);
  expect(client.queuedBytes).toBeGreaterThan(900_000);
  let length = 0;
  const read = async (): Promise<void> => {
    for await (const piece of message!) length += piece.length;
  };
  await pair.until(read());
  expect(length).toBe(1_000_000);
  await pair.until(sent);
  expect(server.state).toBe("open");
});

test("what is left of a message is skipped when the next one is asked for", async () => {
  const pair = sessionPair({ ...PIECEWISE, link: { maxChunkBytes: 10 } });
  void pair.client.send("the first one, which is long and comes in many pieces");
  void pair.client.send("the second one, of which nothing is read at all");
  void pair.client.send("the third");
  const next = reader(pair);
  const first = await next();
  const pieces = first![Symbol.asyncIterator]();
  expect((await pair.until(pieces.next())).value).toBe("the "); // a masked frame has a header of 6 bytes
  await next();
  const third = await next();
  expect(await contentOf(pair, third)).toBe("the third");
  expect(await pair.until(pieces.next())).toEqual({ done: true, value: undefined });
  void pair.client.close();
  expect(await next()).toBeUndefined();
});

test("a message that was skipped takes nothing from the next one", async () => {
  const pair = sessionPair(PIECEWISE);
  void pair.client.send(["a", "b"]);
  void pair.client.send(["c", "d"]);
  const next = reader(pair);
  const first = await next();
  const second = await next();
  expect(await contentOf(pair, first)).toBe("");
  expect(await contentOf(pair, second)).toBe("cd");
});

test("iterating over a message a second time goes on where the first left off", async () => {
  const pair = sessionPair(PIECEWISE);
  void pair.client.send(["a", "b", "c"]);
  const message = await reader(pair)();
  for await (const piece of message!) {
    expect(piece).toBe("a");
    break;
  }
  expect(await contentOf(pair, message)).toBe("bc");
  expect(await contentOf(pair, message)).toBe("");
});

test("streams() ends with a normal close, and throws when the connection is lost, in the middle of a message too", async () => {
  const normal = sessionPair(PIECEWISE);
  void normal.client.close();
  expect(await reader(normal)()).toBeUndefined();

  const lost = sessionPair({ ...PIECEWISE, link: { windowBytes: 100 } });
  void lost.client.send(new Uint8Array(1000));
  const message = await reader(lost)();
  const reading = (async () => {
    for await (const _piece of message!);
  })();
  lost.link.reset();
  await expect(lost.until(reading)).rejects.toMatchObject({ name: "ConnectionClosed", code: 1006 });
});

test("a message that is cut short by an end throws, however normal the end", async () => {
  const pair = sessionPair({ ...PIECEWISE, link: { latency: 1 } });
  async function* endless(): AsyncGenerator<string> {
    for (;;) {
      yield "piece";
      await new Promise<void>((resolve) => void pair.clock.alarm(pair.clock.now() + 10, resolve));
    }
  }
  void pair.client.send(endless());
  const streams = reader(pair);
  const message = await streams();
  const reading = contentOf(pair, message);
  void pair.server.goAway();
  await expect(reading).rejects.toMatchObject({ name: "ConnectionClosed", event: { clean: true } });
  expect(await streams()).toBeUndefined(); // the iteration of messages ends normally
});

test("leaving streams() lets whoever waits for the end reach it", async () => {
  const { client, server, until, clock } = sessionPair({
    server: { delivery: "fragments", readAheadBytes: 100, pingInterval: null },
  });
  const closed = server.closed;
  for (let count = 0; count < 10; count++) void client.send("x".repeat(1000));
  const reading = (async () => {
    for await (const _message of server.streams()) {
      await new Promise<void>((resolve) => void clock.alarm(100, resolve));
      break;
    }
  })();
  await until(reading);
  void client.close();
  expect(await until(closed)).toMatchObject({ clean: true });
});

test("streams() can be left in the middle of a message and taken up again: the rest of it is skipped", async () => {
  const pair = sessionPair(PIECEWISE);
  void pair.client.send(["a", "b", "c"]);
  void pair.client.send("the next one");
  const leave = async (): Promise<string | Uint8Array | undefined> => {
    for await (const message of pair.server.streams()) for await (const piece of message) return piece;
    return undefined;
  };
  expect(await pair.until(leave())).toBe("a");
  const message = await reader(pair)();
  expect(await contentOf(pair, message)).toBe("the next one");
});

test("the callback gets the pieces as the engine has them, the last one marked", async () => {
  const record = recordCalls();
  const { client, run } = sessionPair({ server: { ...PIECEWISE.server, callbacks: record.callbacks } });
  void client.send(["a", "b"]);
  void client.send(new Uint8Array([1]));
  await run(10);
  expect(record.calls.slice(1).map(({ arguments: rest }) => rest[0])).toEqual([
    { kind: "fragment", message: "text", text: "a", fin: false },
    { kind: "fragment", message: "text", text: "b", fin: false },
    { kind: "fragment", message: "text", text: "", fin: true },
    { kind: "fragment", message: "binary", bytes: new Uint8Array([1]), fin: true },
  ]);
});

test("a session is iterated over by messages or by pieces, as its connection delivers them", () => {
  const whole = sessionPair().server;
  expect(() => whole.streams()).toThrow(UsageError);
  const pieces = sessionPair(PIECEWISE).server;
  expect(() => pieces[Symbol.asyncIterator]()).toThrow(UsageError);
});

describe("pieces in and out", () => {
  test("make a session a pipe: what comes in is sent on, as it comes", async () => {
    // client -> server === other client -> other server
    const [left, right] = [sessionPair(PIECEWISE), sessionPair()];
    const received: string[] = [];
    void (async () => {
      for await (const message of right.server) received.push(message.kind === "text" ? message.text : "");
    })();
    void (async () => {
      for await (const message of left.server.streams()) await right.client.send(message);
    })();
    void left.client.send(["one ", "message ", "in pieces"]);
    void left.client.send("and another");
    for (let round = 0; round < 10; round++) {
      await left.run(1);
      await right.run(1);
    }
    expect(received).toEqual(["one message in pieces", "and another"]);
  });
});
