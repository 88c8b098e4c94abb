import { Connection } from "@sansock/protocol";
import { countingRandom, sessionPair, Wire } from "@sansock/protocol/testing";
import { expect, test } from "vitest";

test("a peer that goes silent is given up `pingTimeout` after the unanswered ping", () => {
  const server = new Connection(0, {
    role: "server",
    random: countingRandom,
    pingInterval: 20_000,
    pingTimeout: 5_000,
  });
  const client = new Connection(0, { role: "client", random: countingRandom });
  const wire = new Wire({ client, server }, { latency: 40 });

  wire.run(30_000);
  expect(server.latency).toBe(80);

  wire.cut();
  wire.run(60_000);

  expect(server.state).toBe("closed");
  expect(wire.server.events.at(-1)).toMatchObject({ kind: "closed", code: 1006, cause: { kind: "ping-timeout" } });
  expect(wire.now).toBe(90_000);
});

test("two sessions talk in virtual time", async () => {
  const { client, server, until, clock } = sessionPair({ link: { latency: 40 } });
  void (async () => {
    for await (const message of server) await server.send(message.kind === "text" ? message.text : message.bytes);
  })();
  void client.send("hello");
  const echoes = client[Symbol.asyncIterator]();
  expect(await until(echoes.next())).toEqual({ done: false, value: { kind: "text", text: "hello" } });
  expect(clock.now()).toBe(80);
  expect(await until(client.ping())).toBe(80);
  await clock.run(3_600_000);
  expect(client.rtt?.samples).toBeGreaterThan(170);
  expect(await until(client.close())).toMatchObject({ code: 1000, clean: true });
});
