import { Connection, type ConnectionEvent, type ConnectionOptions } from "@sansock/protocol";
import { countingRandom, VirtualClock, Wire, type WireOptions } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";

function setUp(
  options?: WireOptions,
  both: Partial<ConnectionOptions> = {},
): { client: Connection; server: Connection; wire: Wire } {
  const now = options?.clock?.now() ?? 0;
  const client = new Connection(now, { role: "client", random: countingRandom, ...both });
  const server = new Connection(now, { role: "server", random: countingRandom, ...both });
  return { client, server, wire: new Wire({ client, server }, options) };
}

const kinds = (events: readonly ConnectionEvent[]): string[] => events.map(({ kind }) => kind);

test("a peer that goes silent is given up `pingTimeout` after the unanswered ping", () => {
  const keepalive = { pingInterval: 20_000, pingTimeout: 5_000 };
  const server = new Connection(0, { role: "server", random: countingRandom, ...keepalive });
  const client = new Connection(0, { role: "client", random: countingRandom });
  const wire = new Wire({ client, server }, { latency: 40 });

  wire.run(30_000);
  expect(server.latency).toBe(80);

  wire.cut(); // no end, no reset: the network just stops
  wire.run(60_000);

  expect(server.state).toBe("closed");
  expect(wire.server.events.at(-1)).toMatchObject({ kind: "closed", code: 1006, cause: { kind: "ping-timeout" } });
  expect(wire.now).toBe(90_000); // a minute and a half of protocol time; no sleeping
});

test("what machines were asked to do between runs is done by the next one", () => {
  const { client, server, wire } = setUp({ latency: 40 });
  client.sendText("hello");
  server.sendBinary(new Uint8Array([1, 2, 3]));
  wire.run(39);
  expect(wire.server.events).toEqual([]);
  wire.run(1);
  expect(wire.server.events).toEqual([{ kind: "text", text: "hello" }]);
  expect(wire.client.events).toEqual([{ kind: "binary", bytes: new Uint8Array([1, 2, 3]) }]);
  expect(wire.server.writes).toEqual([new Uint8Array([0x82, 3, 1, 2, 3])]);
});

test("events can be answered as they come", () => {
  const { client, server, wire } = setUp({ latency: 40 });
  wire.server.onEvent = (event) => {
    if (event.kind === "text") server.sendText(`${event.text}, ${event.text}`);
  };
  client.sendText("echo");
  wire.run(80);
  expect(wire.client.events).toEqual([{ kind: "text", text: "echo, echo" }]);
});

test("an end that does not want events makes the network push back", () => {
  const { client, wire } = setUp({ windowBytes: 1000 }, { pingInterval: null });
  wire.server.wantsEvents = false;
  for (let count = 0; count < 5; count++) client.sendBinary(new Uint8Array(500));
  wire.run(1000);
  expect(wire.server.events).toEqual([]);
  expect(wire.client.transport.queuedBytes).toBeGreaterThan(0);
  wire.server.wantsEvents = true;
  wire.run(1000);
  expect(wire.server.events).toHaveLength(5);
  expect(wire.client.transport.queuedBytes).toBe(0);
});

test("a stalled wire holds everything up, a healed one lets it through", () => {
  const { client, wire } = setUp({ latency: 10 });
  wire.cut("toServer");
  client.sendText("one");
  wire.run(100);
  expect(wire.server.events).toEqual([]);
  wire.heal();
  wire.run(10);
  expect(kinds(wire.server.events)).toEqual(["text"]);
  wire.stall(50);
  client.sendText("two");
  wire.run(59);
  expect(kinds(wire.server.events)).toEqual(["text"]);
  wire.run(1);
  expect(kinds(wire.server.events)).toEqual(["text", "text"]);
});

test("a reset ends both machines", () => {
  const { wire } = setUp();
  wire.reset();
  wire.run(0);
  for (const end of [wire.client, wire.server]) {
    expect(end.events).toMatchObject([{ kind: "closed", cause: { kind: "transport-lost" } }]);
  }
});

describe("a machine may be replaced by another one", () => {
  test("which takes over where the first one was", () => {
    const { client, wire } = setUp();
    const successor = new Connection(0, { role: "server", random: countingRandom });
    client.sendText("hello");
    wire.server.run(successor);
    wire.run(0);
    expect(wire.server.events).toEqual([{ kind: "text", text: "hello" }]);
    successor.sendText("it is me");
    wire.run(0);
    expect(wire.client.events).toEqual([{ kind: "text", text: "it is me" }]);
  });
});

test("several wires can share a clock", () => {
  const clock = new VirtualClock({ start: 500 });
  const [one, two] = [setUp({ clock, latency: 10 }), setUp({ clock, latency: 20 })];
  one.client.close(500);
  two.client.close(500);
  two.wire.run(0);
  one.wire.run(30);
  expect(kinds(one.wire.client.events)).toEqual(["closing", "closed"]);
  expect(kinds(two.wire.client.events)).toEqual([]);
  expect([one.wire.now, two.wire.now]).toEqual([530, 530]);
});

test("the same seed gives the same run", () => {
  const run = (seed: number): unknown[] => {
    const { client, server, wire } = setUp({ seed, latency: 5, jitter: 30, randomChunks: true, maxChunkBytes: 7 });
    const log: unknown[] = [];
    wire.server.onEvent = (event) => log.push([wire.now, event.kind]);
    for (let count = 0; count < 20; count++) {
      client.sendText("x".repeat(count));
      if (count % 3 === 0) server.ping(wire.now);
      wire.run(7);
    }
    wire.run(100);
    return log;
  };
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
});
