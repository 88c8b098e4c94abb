import type { Session } from "@sansock/protocol/driver";
import { recordCalls, sessionPair, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";

/** An application to test. */
async function echo(session: Session): Promise<void> {
  for await (const message of session) await session.send(message.kind === "text" ? message.text : message.bytes);
}

test("an application on a session is tested in virtual time", async () => {
  const { client, server, clock, run, until } = sessionPair({ link: { latency: 40 } });
  const application = echo(server);
  void client.send("hello");
  const echoes = client[Symbol.asyncIterator]();
  expect(await until(echoes.next())).toEqual({ done: false, value: { kind: "text", text: "hello" } });
  expect(clock.now()).toBe(80);
  expect(await until(client.ping())).toBe(80);
  await run(3_600_000);
  expect(client.rtt?.samples).toBeGreaterThan(170);
  expect(await until(client.close())).toMatchObject({ code: 1000, clean: true });
  await until(application);
});

test("until gives up after the time that it was given", async () => {
  const { client, until } = sessionPair();
  await expect(until(client.closed, 100)).rejects.toThrow("within 100 ms");
});

test("both ends take the options of connections and sessions", async () => {
  const record = recordCalls();
  const { client, server, run } = sessionPair({
    server: { callbacks: record.callbacks, pingInterval: 1000, autoPong: false },
    client: { pingInterval: null, maxMessageBytes: 3 },
  });
  await run(1500);
  expect(record.names).toEqual(["open", "pong"]);
  expect(client.timer).toBeUndefined();
  void server.send("four");
  await run(100);
  expect(record.names).toEqual(["open", "pong", "close"]);
});

describe("what callbacks throw", () => {
  test("is collected", async () => {
    const { client, failures, run } = sessionPair({
      server: {
        callbacks: {
          message() {
            throw new Error("broken");
          },
        },
      },
    });
    void client.send("hello");
    await run(0);
    expect(failures).toEqual([new Error("broken")]);
  });

  test("goes to an observer, if there is one", async () => {
    const seen: unknown[] = [];
    const { client, failures, run } = sessionPair({
      server: {
        observer: { failed: (_session, error) => void seen.push(error) },
        callbacks: { message: () => Promise.reject(new Error("broken")) },
      },
    });
    void client.send("hello");
    await run(0);
    expect([seen, failures]).toEqual([[new Error("broken")], []]);
  });
});

test("pairs can share a clock, and have their own randomness", async () => {
  const clock = new VirtualClock();
  const random = (target: Uint8Array): void => void target.fill(7);
  const one = sessionPair({ clock, link: { seed: 1 } });
  const two = sessionPair({ clock, client: { random } });
  void one.client.send("one");
  void two.client.send("two");
  await clock.run(0);
  expect(await one.until(one.server[Symbol.asyncIterator]().next())).toMatchObject({ value: { text: "one" } });
  expect(await two.until(two.server[Symbol.asyncIterator]().next())).toMatchObject({ value: { text: "two" } });
});

describe("recorded calls", () => {
  test("have a name, a session and arguments, and do what was asked", async () => {
    const record = recordCalls({
      message: (session, message) => session.send(message.kind === "text" ? message.text.toUpperCase() : "?"),
    });
    const { client, server, until } = sessionPair({ server: { callbacks: record.callbacks } });
    void client.send("hello");
    expect(await until(client[Symbol.asyncIterator]().next())).toMatchObject({ value: { text: "HELLO" } });
    await until(client.close(3000, "bye"));
    await until(server.closed);
    expect(record.names).toEqual(["open", "message", "close"]);
    expect(record.calls.map((call) => call.session === server)).toEqual([true, true, true]);
    expect(record.calls[1]?.arguments).toEqual([{ kind: "text", text: "hello" }]);
    expect(record.calls[2]?.arguments).toMatchObject([{ code: 3000, reason: "bye", clean: true }]);
  });
});
