// Attacks over real sockets, on servers and clients to whom nobody listens.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  type ClosedEvent,
  connect,
  type ServeOptions,
  type Server,
  type ServerSession,
  type SessionHandler,
  serve,
} from "@sansock/node-adapter";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { scaled } from "../../attacks/campaign.ts";
import { frameVectors, requestVectors, responseVectors } from "../../attacks/vectors.ts";
import { decodeFrames } from "../../reference/frames.ts";
import { Peer } from "../../support/peer.ts";
import { echo, nextOf } from "../support.ts";
import { openingRequest, RawClient } from "./raw.ts";

const cleanups: (() => unknown)[] = [];
const escaped = vi.fn();

beforeEach(() => {
  escaped.mockClear();
  process.on("uncaughtException", escaped).on("unhandledRejection", escaped);
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("uncaughtException", escaped).off("unhandledRejection", escaped);
  expect(escaped.mock.calls).toEqual([]);
});

async function start(handler: SessionHandler, options: Partial<ServeOptions> = {}): Promise<Server & { url: string }> {
  const server = await serve({ port: 0, host: "127.0.0.1", ...options }, handler);
  cleanups.push(() => server.close({ timeout: 50 }));
  return Object.assign(server, { url: `ws://127.0.0.1:${server.port}/` });
}

/** Serves, and does nothing with what comes but to wait for the end, whatever it is. */
const ignore: SessionHandler = (session) => session.closed;

/** A server of somebody else's, which answers the request for an upgrade with whatever `hostile` does. */
async function hostileServer(hostile: (socket: Socket, accept: string) => void): Promise<string> {
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (head: Buffer) => {
      const key = /Sec-WebSocket-Key: (\S+)/.exec(head.toString("latin1"))?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      hostile(socket, accept);
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  cleanups.push(() => void listener.close());
  return `ws://127.0.0.1:${(listener.address() as { port: number }).port}/`;
}

function switching(accept: string): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** The bytes behind the head of an answer. */
function behindHead(received: Buffer): Buffer {
  return received.subarray(received.indexOf("\r\n\r\n") + 4);
}

async function isAlive(server: { url: string }): Promise<void> {
  const client = await connect(server.url);
  void client.send("still here");
  expect(await nextOf(client)).toEqual({ kind: "text", text: "still here" });
  await client.close();
}

describe("sec/no-listener", () => {
  test("a server survives every hostile frame, and answers legally (sec/own-close-is-valid)", async () => {
    const server = await start(ignore);
    const vectors = frameVectors("server");
    const attack = async ({ name, bytes }: (typeof vectors)[number]): Promise<void> => {
      const raw = await RawClient.connect(server.port!);
      raw.write(openingRequest());
      raw.write(bytes);
      raw.socket.end();
      await raw.end();
      raw.socket.destroy();
      const { frames, rest } = decodeFrames(behindHead(raw.received));
      expect([name, rest.length, frames.filter(({ opcode }) => opcode < 8)]).toEqual([name, 0, []]);
      expect(frames.filter(({ opcode }) => opcode === 8).length).toBeLessThanOrEqual(1);
    };
    for (let at = 0; at < vectors.length; at += 10) await Promise.all(vectors.slice(at, at + 10).map(attack));
    await vi.waitFor(() => expect(server.sessions.size).toBe(0));
  });

  test("a server survives every hostile head, and goes on serving", async () => {
    const server = await start(echo);
    for (const { bytes } of requestVectors()) {
      const raw = await RawClient.connect(server.port!);
      raw.write(bytes);
      raw.socket.end();
      await raw.end();
      raw.socket.destroy();
      expect(raw.text).toMatch(/^(HTTP\/1\.1 (101|400|403|404|405|414|426|431|505) |$)/);
    }
    await isAlive(server);
  });

  test("a client survives every hostile frame", async () => {
    const vectors = frameVectors("client");
    let current = vectors[0]!;
    const url = await hostileServer((socket, accept) => {
      socket.write(switching(accept));
      socket.end(current.bytes);
    });
    for (current of vectors) {
      const client = await connect(url);
      const { code, cause } = await client.whenClosed();
      expect([current.name, code === 1006 || cause.kind === "handshake"]).toEqual([current.name, true]);
    }
  });

  test("a client survives every hostile response, and says so in its rejection only", async () => {
    const count = responseVectors("").length;
    let current = 0;
    const url = await hostileServer((socket, accept) => socket.end(responseVectors(accept)[current]!.bytes));
    for (; current < count; current++) {
      await expect(connect(url)).rejects.toMatchObject({ name: expect.stringMatching(/^Handshake(Failed|Refused)$/) });
    }
  });
});

describe("peers that are slow on purpose", () => {
  test("sec/slowloris-head: a head that drips in is dropped at openTimeout, counted from the connection", async () => {
    const server = await start(echo, { openTimeout: 100 });
    const raw = await RawClient.connect(server.port!);
    raw.socket.setNoDelay(true);
    let written = 0;
    const head = openingRequest();
    const dripping = setInterval(() => raw.write(head[written++ % 16]!), 10);
    await raw.end();
    clearInterval(dripping);
    raw.socket.destroy();
    expect(written).toBeLessThan(head.length);
    expect(raw.text).toMatch(/^(HTTP\/1\.1 408 |$)/);
    await isAlive(server);
  });

  test("sec/slowloris-frame: a frame that drips in is ended by keepalive", async () => {
    const { promise: ended, resolve } = withResolvers<ClosedEvent>();
    const server = await start((session) => session.closed.then(resolve), { pingInterval: 30, pingTimeout: 60 });
    const raw = await RawClient.connect(server.port!);
    const frame = new Peer("server").binary(new Uint8Array(100_000));
    raw.write(openingRequest());
    let at = 0;
    const dripping = setInterval(() => raw.write(frame.subarray(at, ++at)), 10);
    await raw.end();
    clearInterval(dripping);
    raw.socket.destroy();
    expect(await ended).toMatchObject({ code: 1006, cause: { kind: "ping-timeout" } });
  });

  test("sec/pending-cap: handshakes that never end are bounded in number, memory and time; others are served", async () => {
    const count = scaled(200, 10_000);
    const server = await start(echo, { openTimeout: 1_000 });
    const before = process.memoryUsage();
    const raws = await Promise.all(Array.from({ length: count }, () => RawClient.connect(server.port!)));
    for (const raw of raws) raw.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Filler: ".padEnd(4_000, "x"));
    await isAlive(server);
    const after = process.memoryUsage();
    const perConnection = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / count;
    // Both ends of the connection are in this process; the head's 4 KB are one part of it.
    expect(perConnection).toBeLessThan(64 * 1_024);
    await Promise.all(raws.map((raw) => raw.end()));
    for (const raw of raws) raw.socket.destroy();
    await isAlive(server);
  });

  test("sec/pending-cap: with maxConnections, those that hang count, and the rest is told 503", async () => {
    const server = await start(echo, { openTimeout: 2_000, maxConnections: 5 });
    const raws = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(server.port!)));
    for (const raw of raws) raw.write("GET / HTTP/1.1\r\n");
    const late = await RawClient.connect(server.port!);
    late.write(openingRequest());
    expect(await late.end()).toMatch(/^HTTP\/1\.1 503 /);
    for (const raw of [...raws, late]) raw.socket.destroy();
  });
});

describe("peers and applications that do not read", () => {
  test("sec/slow-reader: a sender that waits is stopped at the high-water mark; one that does not is ended with 1008", async () => {
    const message = new Uint8Array(64 * 1_024);
    let most = 0;
    const { promise: stopped, resolve } = withResolvers<ServerSession>();
    const server = await start(
      async (session) => {
        resolve(session);
        for (;;) {
          await session.send(message);
          most = Math.max(most, session.queuedBytes);
        }
      },
      { maxQueuedBytes: 4 * 1_024 * 1_024, onError: () => {} },
    );
    const raw = await RawClient.connect(server.port!);
    raw.socket.pause();
    raw.write(openingRequest());
    const session = await stopped;
    // The kernel's buffers take what they take; then the queue stays as it is.
    await vi.waitFor(() => expect(session.queuedBytes).toBeGreaterThan(64 * 1_024));
    expect(most).toBeLessThanOrEqual(2 * message.length + 1_024);
    for (let count = 0; count < 200; count++) session.send(message).catch(() => {});
    expect(session.queuedBytes).toBeLessThanOrEqual(4 * 1_024 * 1_024 + 3 * message.length);
    expect(session.state).toBe("closing");
    session.abort();
    expect(await session.whenClosed()).toMatchObject({ cause: { kind: "queue-overflow" }, sent: { code: 1008 } });
    raw.socket.destroy();
  });

  test("sec/unread-inbound: what an application does not read stays with the peer", async () => {
    const { promise: held, resolve: letGo } = withResolvers<void>();
    const server = await start(async (session) => {
      await session[Symbol.asyncIterator]().next();
      await held;
    });
    const raw = await RawClient.connect(server.port!);
    raw.write(openingRequest());
    const message = Buffer.from(new Peer("server").binary(new Uint8Array(64 * 1_024)));
    const total = scaled(400, 4_000);
    for (let count = 0; count < total; count++) raw.write(message);
    const sent = (): number => raw.socket.bytesWritten - raw.socket.writableLength;
    await untilStill(sent);
    // 26 MB were offered. What went out is in the kernel's buffers, but for one message and 64 KiB.
    expect(sent()).toBeGreaterThan(message.length);
    expect(raw.socket.writableLength).toBeGreaterThan((total * message.length) / 2);
    letGo();
    raw.socket.destroy();
  });
});

test("sec/log-escape: what a peer puts into its reason or its head reaches no error text unescaped", async () => {
  const evil = "\u001b[31m\r\nlevel=error\u0000\u2028";
  const url = await hostileServer((socket, accept) => {
    socket.write(switching(accept));
    socket.end(new Peer("client").close(4000, evil));
  });
  const client = await connect(url);
  const error = (await (async () => {
    for await (const _ of client);
  })().catch((thrown: unknown) => thrown)) as Error;
  const refusing = await hostileServer((socket) => {
    socket.end("HTTP/1.1 503 \u001b[31mgo away\u0007\r\nContent-Length: 0\r\n\r\n");
  });
  const refused = (await connect(refusing).catch((thrown: unknown) => thrown)) as Error;
  for (const { message } of [error, refused]) {
    expect(message.length).toBeGreaterThan(10);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  }
});

describe("sec/origin-default", () => {
  test.each([
    "null",
    "http://evil.example",
    "https://127.0.0.1.evil.example",
    "http://127.0.0.1:1",
    "http://a@127.0.0.1",
  ])("a page of %s is refused with 403", async (origin) => {
    const server = await start(echo);
    const raw = await RawClient.connect(server.port!);
    raw.write(openingRequest("/", [`Origin: ${origin}`]));
    expect(await raw.end()).toMatch(/^HTTP\/1\.1 403 /);
    raw.socket.destroy();
  });
});

test("sec/no-leak: connections that open, talk and close leave no socket, session or timer behind", async () => {
  const server = await start(echo);
  const cycle = async (): Promise<void> => {
    const client = await connect(server.url);
    void client.send("hello");
    await nextOf(client);
    await client.close();
  };
  await cycle();
  await vi.waitFor(() => expect(server.sessions.size).toBe(0));
  const resources = (): string[] => process.getActiveResourcesInfo().filter((kind) => /^TCPSocketWrap$/.test(kind));
  const before = resources().length;
  for (let count = 0; count < scaled(50, 20_000); count++) await cycle();
  await vi.waitFor(() => expect(server.sessions.size).toBe(0));
  await vi.waitFor(() => expect(resources().length).toBeLessThanOrEqual(before));
});

/** Resolves when a number has not changed for so many turns of the event loop, in which both ends could have acted. */
async function untilStill(value: () => number): Promise<void> {
  for (let turns = 0, last = value(); turns < 100; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (value() === last) continue;
    last = value();
    turns = 0;
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
