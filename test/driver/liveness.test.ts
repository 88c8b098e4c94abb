// Pings, latency and keepalive, as sessions show them.

import { UsageError } from "@sansock/protocol";
import type { Session } from "@sansock/protocol/driver";
import { recordCalls, sessionPair } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { collect } from "./support.ts";

describe("ping()", () => {
  test("resolves to the round trip, and feeds latency", async () => {
    const { client, until } = sessionPair({ link: { latency: 40, toClient: { latency: 10 } } });
    expect(client.latency).toBeUndefined();
    expect(client.rtt).toBeUndefined();
    expect(await until(client.ping())).toBe(50);
    expect(client.latency).toBe(50);
    expect(await until(client.ping(new Uint8Array(125)))).toBe(50);
    expect(client.rtt).toMatchObject({ latest: 50, min: 50, samples: 2 });
  });

  test("resolves each of several, in their order", async () => {
    const { client, run } = sessionPair({ link: { latency: 10 } });
    const log: string[] = [];
    void client.ping().then((latency) => log.push(`first ${latency}`));
    await run(5);
    void client.ping().then((latency) => log.push(`second ${latency}`));
    await run(100);
    expect(log).toEqual(["first 20", "second 20"]);
  });

  test("is settled by a later Pong, with its own round trip", async () => {
    const { client, server, until, run } = sessionPair({ link: { latency: 10 }, server: { autoPong: false } });
    const first = client.ping(new Uint8Array([1]));
    await run(5);
    const second = client.ping(new Uint8Array([2]));
    await run(20);
    server.pong(new Uint8Array([2])); // §5.5.3: the most recent one only
    expect(await until(Promise.all([first, second]))).toEqual([35, 30]);
  });

  test("throws what the caller did wrong, at the call", async () => {
    const { client } = sessionPair();
    expect(() => client.ping(new Uint8Array(126))).toThrow(UsageError);
    void client.ping(new Uint8Array([1]));
    expect(() => client.ping(new Uint8Array([1]))).toThrow("already waiting");
    expect(() => client.pong(new Uint8Array(126))).toThrow(UsageError);
  });

  test("is shown to the callbacks of both", async () => {
    const record = recordCalls();
    const { client, server, until } = sessionPair({ link: { latency: 10 }, server: { callbacks: record.callbacks } });
    await until(client.ping(new Uint8Array([7])));
    await until(server.ping(new Uint8Array([8])));
    expect(record.calls.slice(1).map(({ name, arguments: rest }) => [name, ...rest])).toEqual([
      ["ping", new Uint8Array([7])],
      ["pong", new Uint8Array([8]), 20],
    ]);
  });
});

describe("keepalive", () => {
  test("pings for an hour, in a few ms", async () => {
    const record = recordCalls();
    const { client, server, run } = sessionPair({
      link: { latency: 40 },
      server: { callbacks: record.callbacks, pingInterval: 20_000 },
      client: { pingInterval: null },
    });
    await run(3_600_000);
    expect(record.names.filter((name) => name === "pong")).toHaveLength(179); // the last one is on its way
    expect([server.latency, client.latency]).toEqual([80, undefined]);
    expect([server.state, client.state]).toEqual(["open", "open"]);
  });

  test("gives up a peer that goes silent, and tells everybody why", async () => {
    const { server, link, run, until, clock } = sessionPair({ link: { latency: 40 } });
    const iterating = server[Symbol.asyncIterator]().next();
    await run(30_000);
    link.cut();
    await expect(until(iterating)).rejects.toMatchObject({
      name: "ConnectionClosed",
      code: 1006,
      cause: { kind: "ping-timeout" },
      event: { sent: { code: 1011, reason: "keepalive ping timeout" }, diagnosis: { unansweredPings: 1, latency: 80 } },
    });
    expect(clock.now()).toBe(40_000 + 20_000 + 10_000);
  });

  test("notices a peer that stopped reading", async () => {
    const { client, server, link, until, run } = sessionPair({ link: { windowBytes: 1000 } });
    link.client.suspend();
    await run(10);
    void server.send(new Uint8Array(100_000));
    expect(await until(server.whenClosed())).toMatchObject({ cause: { kind: "ping-timeout" } });
    expect(client.state).toBe("open");
  });

  test("that stood still while we did not read goes on when we do, although nothing else happens", async () => {
    const { client, server, link, run, until, clock } = sessionPair({
      link: { latency: 10 },
      server: { pingInterval: 1000, pingTimeout: 500, pausedReading: "suspend", callbacks: { message() {} } },
      client: { pingInterval: null },
    });
    await run(990);
    server.pause();
    await run(20); // the Ping goes out, and its deadline stands still
    link.cut();
    await run(10_000);
    expect(server.state).toBe("open");
    server.resume();
    expect(await until(server.whenClosed())).toMatchObject({ cause: { kind: "ping-timeout" } });
    expect(clock.now()).toBe(1010 + 10_000 + 500 + 10_000);
    expect(client.state).toBe("open");
  });

  test("survives a suspended computer whose peer went on answering", async () => {
    // The laptop sleeps between the Ping and the arrival of its Pong, far beyond the timeout.
    const { server, link, run } = sessionPair({
      link: { latency: 40 },
      server: { pingInterval: 20_000, pingTimeout: 5_000 },
      client: { pingInterval: null },
    });
    await run(20_001);
    link.server.suspend(3_600_000);
    await run(3_600_000 + 10);
    expect(server.state).toBe("open");
    await run(60_000);
    expect(server.state).toBe("open");
    expect(server.rtt?.samples).toBeGreaterThan(2);
  });

  test("survives timers that are late and clocks that step or freeze", async () => {
    const { server, client, link, run } = sessionPair({
      link: { latency: 40, seed: 5 },
      server: { pingInterval: 1000, pingTimeout: 500 },
      client: { pingInterval: 700, pingTimeout: 500 },
    });
    link.server.clock.oversleep(400);
    await run(10_000);
    link.server.clock.oversleep(0);
    link.server.clock.step(-5000);
    await run(10_000);
    link.server.clock.step(3000);
    await run(10_000);
    link.client.clock.freeze();
    await run(3_000);
    link.client.clock.thaw();
    await run(10_000);
    expect([server.state, client.state]).toEqual(["open", "open"]);
    expect(server.rtt!.samples).toBeGreaterThan(20);
  });
});

describe("what a session is waiting for", () => {
  test("is a name, an instant and what is left", async () => {
    const { server, link, run } = sessionPair({ server: { pingInterval: 20_000, pingTimeout: 5_000 } });
    await run(1000);
    expect(server.timer).toEqual({ name: "ping", at: 20_000, remaining: 19_000 });
    link.cut();
    await run(20_000);
    expect(server.timer).toEqual({ name: "pong", at: 25_000, remaining: 4_000 });
    await run(5_000);
    expect(server.timer).toEqual({ name: "close", at: 35_000, remaining: 9_000 });
    link.server.clock.step(20_000);
    expect(server.timer?.remaining).toBe(0);
    await run(10_000);
    expect(server.timer).toBeUndefined();
  });

  test("is nothing without keepalive", () => {
    const { client } = sessionPair({ client: { pingInterval: null } });
    expect(client.timer).toBeUndefined();
  });
});

describe("the diagnosis", () => {
  test("is about now, and after the end about then", async () => {
    const { client, server, link, run } = sessionPair({ link: { latency: 10, windowBytes: 1000 } });
    collect(server);
    void client.send("hello");
    await run(1000);
    expect(server.diagnose()).toMatchObject({
      age: 1000,
      sinceReceived: 990,
      sinceTransmitted: undefined,
      queuedBytes: 0,
    });
    expect(client.diagnose()).toMatchObject({ sinceReceived: undefined, sinceTransmitted: 1000 });
    link.client.setReading(false);
    void server.send(new Uint8Array(5000));
    await run(1000);
    expect(server.diagnose()).toMatchObject({ age: 2000, queuedBytes: 4004, sinceTransmitted: 1000 });
    server.abort();
    await run(1000);
    expect(server.diagnose()).toMatchObject({ age: 2000, queuedBytes: 4004 });
  });
});

test("a session carries what the opening found out, and what the application wants", async () => {
  const { client } = sessionPair();
  const session: Session<unknown> = client;
  expect(session.opening).toBeUndefined();
  session.data = { user: 7 };
  expect(client.data).toEqual({ user: 7 });
});

test("a Pong for keepalive's Ping is nothing to those who have sent Pings themselves", async () => {
  const { client, server, run, until, failures } = sessionPair({ server: { pingInterval: 1_000 } });
  collect(client);
  collect(server);
  await until(server.ping());
  await run(1_500);
  expect(server.rtt?.samples).toBe(2);
  expect([server.state, failures]).toEqual(["open", []]);
});
