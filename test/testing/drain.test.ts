import { Connection } from "@sansock/protocol";
import { countingRandom, drain } from "@sansock/protocol/testing";
import { expect, test } from "vitest";

test("drain takes events and effects until there are none, and looks at the deadline", () => {
  const server = new Connection(0, { role: "server", random: countingRandom, pingInterval: 1000 });
  server.receive(0, new Uint8Array([0x89, 0x80, 0, 0, 0, 0]));
  expect(drain(server)).toEqual({
    events: [{ kind: "ping", payload: new Uint8Array(0) }],
    effects: [{ kind: "write", bytes: new Uint8Array([0x8a, 0]) }],
    deadline: 1000,
  });
  expect(drain(server)).toEqual({ events: [], effects: [], deadline: 1000 });
});

test("drain finds the events that effects have caused", () => {
  const client = new Connection(0, {
    role: "client",
    pingInterval: null,
    random: () => {
      throw new Error("no entropy");
    },
  });
  client.receive(0, new Uint8Array([0x89, 0])); // its Pong cannot be masked
  const { events, effects } = drain(client);
  expect(events).toMatchObject([{ kind: "ping" }, { kind: "closed", cause: { kind: "random-failed" } }]);
  expect(effects).toEqual([{ kind: "destroy" }]);
});
