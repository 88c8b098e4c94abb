import { Connection } from "@sansock/protocol";
import { countingRandom, drain } from "@sansock/protocol/testing";
import { expect, test } from "vitest";
import { equalBytes } from "../../packages/protocol/src/bytes/bytes.ts";
import { open } from "../support/endpoint.ts";
import { InvertingTransform } from "../support/transforms.ts";

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

test("drain goes on where the machine yields, and leaves that out", () => {
  const [server, client] = [open("server", {}, new InvertingTransform()), open("client", {}, new InvertingTransform())];
  const message = new Uint8Array(300_000).fill(7);
  server.sendBinary(message);
  const { effects } = drain(server);
  expect(new Set(effects.map(({ kind }) => kind))).toEqual(new Set(["write"]));
  for (const effect of effects) if (effect.kind === "write") client.receive(0, effect.bytes);
  const [event] = drain(client).events;
  expect(event?.kind === "binary" && equalBytes(event.bytes, message)).toBe(true);
});
