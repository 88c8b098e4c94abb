// Peers that do not read, and applications that do not: what waits is bounded, in virtual time.

import { decodeFrames, encodeFrame } from "@sansock/protocol";
import { countingRandom, Link, openSession, sessionPair, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { scaled } from "./campaign.ts";

const KIB = 1024;

describe("sec/slow-reader: a peer that takes nothing", () => {
  test("makes a sender that waits wait, with no more than the high-water mark and a message in the queue", async () => {
    const { server, link, run } = sessionPair({ link: { windowBytes: KIB }, server: { pingInterval: null } });
    link.client.suspend();
    let sent = 0;
    let most = 0;
    const message = new Uint8Array(10 * KIB);
    const sender = (async () => {
      for (; sent < 1_000; sent++) {
        await server.send(message);
        most = Math.max(most, server.queuedBytes);
      }
    })();
    sender.catch(() => {});
    await run(60_000);
    expect(sent).toBeLessThan(10);
    expect(most).toBeLessThanOrEqual(64 * KIB + message.length + KIB);
    server.abort();
    await run(0);
  });

  test("is given up with 1008 by a sender that does not wait, at the limit of what may be queued", async () => {
    const limit = 256 * KIB;
    const { server, client, link, run } = sessionPair({
      link: { windowBytes: KIB },
      server: { pingInterval: null, maxQueuedBytes: limit },
    });
    link.client.suspend();
    const message = new Uint8Array(10 * KIB);
    let most = 0;
    for (let count = 0; count < scaled(1_000, 100_000); count++) {
      server.send(message).catch(() => {});
      most = Math.max(most, server.queuedBytes);
    }
    expect(most).toBeLessThanOrEqual(limit + 2 * (message.length + 16));
    await run(60_000);
    expect(await server.whenClosed()).toMatchObject({ cause: { kind: "queue-overflow" }, sent: { code: 1008 } });
    client.abort();
    await run(0);
  });
});

describe("sec/unread-inbound: an application that does not read", () => {
  test("has its read-ahead and a chunk in memory, whatever the peer sends; the rest stays with the peer", async () => {
    const clock = new VirtualClock();
    const link = new Link(clock, { windowBytes: 16 * KIB, maxChunkBytes: 16 * KIB });
    const failed = (): void => expect.unreachable();
    const server = openSession(link.server, {
      role: "server",
      random: countingRandom,
      observer: { failed },
      pingInterval: null,
    });
    const iterator = server[Symbol.asyncIterator]();
    void iterator.next(); // one message, and no more
    link.client.start({ received() {}, receivedEnd() {}, drained() {}, closed() {} });
    const message = encodeFrame({ fin: true, rsv: 0, opcode: 2, maskKey: 0x01020304, payload: new Uint8Array(1_000) });
    const count = scaled(2_000, 100_000);
    for (let sent = 0; sent < count; sent++) link.client.write(message.slice());
    await clock.run(1_000);
    const taken = count * message.length - link.client.queuedBytes - link.server.unreadBytes;
    expect(taken).toBeLessThanOrEqual(message.length + 64 * KIB + 2 * 16 * KIB);
    expect(link.server.reads).toBe(false);
    server.abort();
    await clock.run(0);
  });

  test("still answers the Pings in front of what it has not read", async () => {
    const { server, client, until, run } = sessionPair({
      client: { pingInterval: null },
      server: { pingInterval: null },
    });
    const roundTrip = client.ping();
    for (let count = 0; count < 1_000; count++) client.send(new Uint8Array(1_000)).catch(() => {});
    expect(await until(roundTrip)).toBeGreaterThanOrEqual(0);
    server.abort();
    client.abort();
    await run(0);
  });
});

test("sec/own-close-is-valid: what sessions say when they end is legal, whatever ended them", async () => {
  const ends: Record<string, (session: ReturnType<typeof sessionPair>["server"]) => unknown> = {
    close: (session) => session.close(4999, "\u{1f600}".repeat(30)),
    goAway: (session) => session.goAway(),
    fail: (session) => session.fail(new Error("broken \r\n\0")),
  };
  for (const [name, end] of Object.entries(ends)) {
    const { server, client, link, run } = sessionPair();
    const written: Uint8Array[] = [];
    link.server.onWrite = (bytes) => void written.push(bytes.slice());
    end(server);
    await run(60_000);
    const frames = written.flatMap((bytes) => [...decodeFrames(bytes).frames]);
    expect([name, frames.map(({ opcode }) => opcode)]).toEqual([name, [8]]);
    expect(frames[0]!.payload.length).toBeLessThanOrEqual(125);
    expect([client.state, server.state]).toEqual(["closed", "closed"]);
  }
});
