// Two engines always agree: over any latency, any interleaving of calls and any cut, both end, in time, and no message
// is altered, reordered or duplicated.

import { Connection, type ConnectionEvent, type ConnectionOptions, encodeFrame } from "@sansock/protocol";
import { SeededRandom, Wire, type WireEnd } from "@sansock/protocol/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../reference/seed.ts";

const KEEPALIVE = { pingInterval: 2000, pingTimeout: 1000, closeTimeout: 1500 };
/** From a cut, until both have ended (architecture: law 8), timers' read pass included. */
const LONGEST_END = KEEPALIVE.pingInterval + KEEPALIVE.pingTimeout + KEEPALIVE.closeTimeout + 10;

type Side = "client" | "server";
type Call =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly length: number }
  | { readonly kind: "fragments"; readonly pieces: readonly string[] }
  | { readonly kind: "ping" }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "close"; readonly code: number };

const side: fc.Arbitrary<Side> = fc.constantFrom("client", "server");
const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("text" as const), text: fc.string({ unit: "binary" }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("binary" as const), length: fc.nat(5000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fragments" as const),
      pieces: fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "ping" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "pause" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "resume" as const }) },
);
const closing: fc.Arbitrary<Call> = fc.record({
  kind: fc.constant("close" as const),
  code: fc.constantFrom(1000, 1001, 4000),
});

const script = fc.record({
  link: fc.record({
    seed: fc.nat(),
    latency: fc.nat(300),
    jitter: fc.nat(100),
    windowBytes: fc.constantFrom(100, 5000, 65_536),
    maxChunkBytes: fc.constantFrom(1, 7, 65_536),
    randomChunks: fc.boolean(),
    partialWrites: fc.boolean(),
  }),
  delivery: fc.constantFrom("messages" as const, "fragments" as const),
  steps: fc.array(fc.record({ after: fc.nat(500), side, call }), { maxLength: 15 }),
  end: fc.oneof(
    fc.record({ kind: fc.constant("close" as const), side, call: closing }),
    fc.record({ kind: fc.constant("both" as const), side, call: closing }),
    fc.record({ kind: fc.constantFrom("cut" as const, "half cut" as const, "reset" as const, "end" as const), side }),
  ),
});

/** Makes a call on a connection, if it may be made; what is sent is added to `sent`. */
function perform(
  connection: Connection,
  end: WireEnd<ConnectionEvent>,
  now: number,
  { ...call }: Call,
  sent: unknown[],
): void {
  if (call.kind === "pause" || call.kind === "resume") end.wantsEvents = call.kind === "resume";
  if (connection.state !== "open") return;
  switch (call.kind) {
    case "text":
      connection.sendText(call.text);
      sent.push({ kind: "text", text: call.text });
      break;
    case "binary": {
      const bytes = new SeededRandom(call.length).bytes(call.length);
      connection.sendBinary(bytes);
      sent.push({ kind: "binary", bytes });
      break;
    }
    case "fragments":
      for (const [index, piece] of call.pieces.entries()) {
        connection.sendFragment(piece, index === call.pieces.length - 1);
      }
      sent.push({ kind: "text", text: call.pieces.join("") });
      break;
    case "ping":
      connection.ping(now);
      break;
    case "close":
      connection.close(now, call.code);
      break;
  }
}

/** The whole messages among events, put together from fragments where they come as such. */
function messagesOf(events: readonly ConnectionEvent[]): unknown[] {
  const messages: unknown[] = [];
  let pieces: (string | Uint8Array)[] = [];
  for (const event of events) {
    if (event.kind === "text" || event.kind === "binary") messages.push(event);
    if (event.kind !== "fragment") continue;
    pieces.push(event.message === "text" ? event.text : event.bytes);
    if (!event.fin) continue;
    if (event.message === "text") messages.push({ kind: "text", text: pieces.join("") });
    else {
      const bytes = Uint8Array.from((pieces as Uint8Array[]).flatMap((piece) => [...piece]));
      messages.push({ kind: "binary", bytes });
    }
    pieces = [];
  }
  return messages;
}

/** Demands that `received` is the beginning of `sent`; all of it, if `all`. */
function expectPrefix(received: readonly unknown[], sent: readonly unknown[], all: boolean): void {
  expect(received).toEqual(all ? sent : sent.slice(0, received.length));
}

test("two engines always agree", () => {
  fc.assert(
    fc.property(script, ({ link, delivery, steps, end }) => {
      const options: Omit<ConnectionOptions, "role"> = {
        ...KEEPALIVE,
        delivery,
        random: new SeededRandom(link.seed).fill,
      };
      const machines = {
        client: new Connection(0, { role: "client", ...options }),
        server: new Connection(0, { role: "server", ...options }),
      };
      const sent = { client: [] as unknown[], server: [] as unknown[] };
      const wire = new Wire(machines, link);
      for (const { after, side, call } of steps) {
        perform(machines[side], wire[side], wire.now, call, sent[side]);
        wire.run(after);
      }
      for (const side of ["client", "server"] as const) wire[side].wantsEvents = true;
      const cutAt = wire.now;
      const calls = "call" in end ? end.call : undefined;
      if (calls !== undefined) perform(machines[end.side], wire[end.side], wire.now, calls, sent[end.side]);
      if (end.kind === "both") perform(machines.client, wire.client, wire.now, end.call, []);
      if (end.kind === "both") perform(machines.server, wire.server, wire.now, end.call, []);
      if (end.kind === "cut") wire.cut();
      if (end.kind === "half cut") wire.cut(end.side === "client" ? "toServer" : "toClient");
      if (end.kind === "reset") wire.reset();
      if (end.kind === "end") wire.link.end(end.side === "client" ? "toServer" : "toClient");
      wire.run(LONGEST_END);

      for (const side of ["client", "server"] as const) {
        const { events } = wire[side];
        expect(machines[side].state).toBe("closed");
        expect(events.filter(({ kind }) => kind === "closed")).toHaveLength(1);
        expect(events.at(-1)?.kind).toBe("closed");
        expect(machines[side].deadline).toBeUndefined();
      }
      expect(wire.now).toBe(cutAt + LONGEST_END);
      const ends = {
        client: wire.client.events.at(-1) as ConnectionEvent & { kind: "closed" },
        server: wire.server.events.at(-1) as ConnectionEvent & { kind: "closed" },
      };
      expectPrefix(messagesOf(wire.server.events), sent.client, ends.client.clean && ends.client.first === "sent");
      expectPrefix(messagesOf(wire.client.events), sent.server, ends.server.clean && ends.server.first === "sent");
      // What one received is what the other sent.
      for (const [one, other] of [
        ["client", "server"],
        ["server", "client"],
      ] as const) {
        if (ends[one].received !== undefined) expect(ends[one].received).toEqual(ends[other].sent);
        expect(ends[one].cause.kind).not.toBe("violation");
      }
    }),
    seeded(200),
  );
});

describe("and if one of them is no engine but noise,", () => {
  test("the other one ends all the same, and never throws", () => {
    fc.assert(
      fc.property(side, fc.uint8Array({ maxLength: 50 }), fc.nat(), (side, noise, seed) => {
        const other = side === "client" ? "server" : "client";
        const engine = new Connection(0, { role: side, random: new SeededRandom(seed).fill, ...KEEPALIVE });
        const idle = new Connection(0, { role: other, random: new SeededRandom(seed).fill, pingInterval: null });
        const wire = new Wire(
          { client: side === "client" ? engine : idle, server: side === "server" ? engine : idle },
          { seed, randomChunks: true, maxChunkBytes: 5 },
        );
        const prefix = encodeFrame({
          fin: true,
          rsv: 0,
          opcode: 1,
          maskKey: side === "server" ? 1 : undefined,
          payload: new Uint8Array(3),
        });
        wire[other].transport.write(prefix);
        wire[other].transport.write(noise);
        wire.cut(side === "client" ? "toServer" : "toClient");
        wire.run(2 * LONGEST_END);
        expect(engine.state).toBe("closed");
        expect(wire[side].events[0]).toEqual({ kind: "text", text: "\0\0\0" });
        expect(wire[side].events.filter(({ kind }) => kind === "closed")).toHaveLength(1);
      }),
      seeded(300),
    );
  });
});
