// Keepalive messages of clients that can send no Pings are answered before the application sees them.

import type { Session, SessionCallbacks } from "@sansock/protocol/driver";
import { sessionPair, VirtualServer } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { keepaliveCandidate } from "../../packages/protocol/src/driver/keepalive-answers.ts";
import { collect } from "./support.ts";

const LONG = `sansock:ping ${"1".repeat(256)}`;

/** Callbacks that write down what they get. */
function taker(): { readonly callbacks: SessionCallbacks; readonly taken: unknown[] } {
  const taken: unknown[] = [];
  return { callbacks: { message: (_session, message) => void taken.push(message) }, taken };
}

describe("a session with answerKeepalive", () => {
  test("answers to a `for await`, which gets the other messages", async () => {
    const { client, server, run } = sessionPair({ server: { answerKeepalive: true }, link: { latency: 10 } });
    const taken = collect(server);
    const answers = collect(client);
    for (const text of ["a", "sansock:ping 7", "b", "sansock:pong 7", "sansock:ping"]) void client.send(text);
    await run(100);
    expect(taken).toEqual(["a", "b", "sansock:pong 7", "sansock:ping"]);
    expect(answers).toEqual(["sansock:pong 7"]);
  });

  test("answers to callbacks, which get the other messages", async () => {
    const { callbacks, taken } = taker();
    const { client, run } = sessionPair({ server: { answerKeepalive: true, callbacks } });
    const answers = collect(client);
    void client.send("sansock:ping 7");
    void client.send("a");
    await run(100);
    expect(taken).toEqual([{ kind: "text", text: "a" }]);
    expect(answers).toEqual(["sansock:pong 7"]);
  });

  test("answers where only the end is waited for, and where nobody has asked for a message yet", async () => {
    const { client, server, run } = sessionPair({ server: { answerKeepalive: true } });
    const answers = collect(client);
    void client.send("sansock:ping 1");
    await run(100);
    void server.closed;
    void client.send("sansock:ping 2");
    await run(100);
    expect(answers).toEqual(["sansock:pong 1", "sansock:pong 2"]);
  });

  test('answers with text: "utf8", too', async () => {
    const { callbacks, taken } = taker();
    const { client, run } = sessionPair({ server: { answerKeepalive: true, text: "utf8", callbacks } });
    const answers = collect(client);
    for (const text of ["sansock:ping \u{1f600}", LONG]) void client.send(text);
    await run(100);
    expect(answers).toEqual(["sansock:pong \u{1f600}"]);
    expect(taken).toMatchObject([{ kind: "utf8" }]);
  });

  test("looks at no message of more than 256 bytes", async () => {
    const looked: unknown[] = [];
    const answerKeepalive = (content: unknown): undefined => void looked.push(content);
    const { client, server, run } = sessionPair({ server: { answerKeepalive } });
    const taken = collect(server);
    const contents = ["x".repeat(257), "y".repeat(256), new Uint8Array(257), new Uint8Array(256)];
    for (const content of contents) void client.send(content);
    await run(100);
    expect(looked).toEqual([contents[1], contents[3]]);
    expect(taken).toEqual(contents);
  });

  test("takes a format of the application's own", async () => {
    const answerKeepalive = (content: string | Uint8Array): string | undefined =>
      content === '{"type":"ping"}' ? '{"type":"pong"}' : undefined;
    const { client, server, run } = sessionPair({ server: { answerKeepalive } });
    const taken = collect(server);
    const answers = collect(client);
    for (const text of ['{"type":"ping"}', "sansock:ping 1"]) void client.send(text);
    await run(100);
    expect(answers).toEqual(['{"type":"pong"}']);
    expect(taken).toEqual(["sansock:ping 1"]);
  });

  test("still tells Pings and the end", async () => {
    const calls: string[] = [];
    const { callbacks } = taker();
    const told = (name: string) => (): void => void calls.push(name);
    const watching = { ...callbacks, ping: told("ping"), close: told("close") };
    const { client, run, until } = sessionPair({ server: { answerKeepalive: true, callbacks: watching } });
    await until(client.ping());
    void client.close();
    await run(100);
    expect(calls).toEqual(["ping", "close"]);
  });

  test("closes with 1011 when the format throws, as when a callback does", async () => {
    const failure = new Error("no idea");
    const answerKeepalive = (): never => {
      throw failure;
    };
    const { callbacks, taken } = taker();
    const { client, failures, until } = sessionPair({ server: { answerKeepalive, callbacks } });
    void client.send("a");
    expect(await until(client.whenClosed())).toMatchObject({ code: 1011 });
    expect(failures).toEqual([failure]);
    expect(taken).toEqual([]);
  });

  test("stops reading from a client that asks a lot and takes no answers", async () => {
    const { client, server, link, run } = sessionPair({
      server: { answerKeepalive: true, highWaterBytes: 2_000, lowWaterBytes: 100, pingInterval: null },
      client: { pingInterval: null, maxQueuedBytes: null },
      link: { windowBytes: 1_000 },
    });
    collect(server);
    link.client.setReading(false);
    client.pause();
    for (let id = 0; id < 100_000; id++) void client.send(`sansock:ping ${id}`);
    await run(60_000);
    expect(server.state).toBe("open");
    expect(server.queuedBytes).toBeLessThan(10_000);
  });

  test("is a server's option like any other", async () => {
    const server = new VirtualServer({ answerKeepalive: true }, async (session) => {
      for await (const message of session) await session.send(message);
    });
    const { client } = await server.connect();
    const answers = collect(client as Session);
    for (const text of ["a", "sansock:ping 1", "b"]) void client.send(text);
    await server.run(100);
    expect([...answers].sort()).toEqual(["a", "b", "sansock:pong 1"]);
  });
});

describe("a session without answerKeepalive", () => {
  test.each([undefined, false])("leaves everything to the application (%s)", async (answerKeepalive) => {
    const { client, server, run } = sessionPair({ server: { answerKeepalive } });
    const taken = collect(server);
    void client.send("sansock:ping 7");
    await run(100);
    expect(taken).toEqual(["sansock:ping 7"]);
  });
});

describe("answerKeepalive", () => {
  test.each<[what: string, options: object]>([
    ["something else than a function", { answerKeepalive: "sansock:pong" }],
    ['delivery: "fragments"', { answerKeepalive: true, delivery: "fragments" }],
  ])("is refused with %s", (_what, options) => {
    expect(() => sessionPair({ server: options })).toThrow(
      expect.objectContaining({ name: "UsageError", code: "bad-option" }),
    );
  });
});

describe("what may be a keepalive message", () => {
  const [longest, tooLong] = [256, 257].map((length) => new Uint8Array(length).fill(0x61));

  test("has at most 256 bytes, or UTF-16 code units, in whatever form it is delivered", () => {
    expect(keepaliveCandidate({ kind: "text", text: "a".repeat(256) })).toBe("a".repeat(256));
    expect(keepaliveCandidate({ kind: "text", text: "a".repeat(257) })).toBeUndefined();
    expect(keepaliveCandidate({ kind: "binary", bytes: longest! })).toBe(longest);
    expect(keepaliveCandidate({ kind: "binary", bytes: tooLong! })).toBeUndefined();
    expect(keepaliveCandidate({ kind: "utf8", bytes: longest! })).toBe("a".repeat(256));
    expect(keepaliveCandidate({ kind: "utf8", bytes: tooLong! })).toBeUndefined();
  });

  test("is a message", () => {
    expect(keepaliveCandidate({ kind: "ping", payload: longest! })).toBeUndefined();
  });
});
