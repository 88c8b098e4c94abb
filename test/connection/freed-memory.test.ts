// `free`: memory of received chunks is let go of once, as soon as nothing refers to it, and never before.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Connection,
  type ConnectionEvent,
  encodeFrame,
  type MessageTransform,
  Opcode,
} from "../../packages/protocol/src/index.ts";
import { seeded } from "../reference/seed.ts";
import { concat } from "../support/hex.ts";
import { countingRandom } from "../support/random.ts";
import { InvertingTransform } from "../support/transforms.ts";

/** Takes away what is let go of, as a runtime does, and remembers it. */
class Freed {
  readonly memory = new Set<ArrayBuffer>();
  readonly free = (memory: ArrayBuffer): void => {
    expect(this.memory.has(memory)).toBe(false);
    this.memory.add(memory);
    structuredClone(memory, { transfer: [memory] });
  };
}

function open(
  freed: Freed,
  options: { text?: "string" | "utf8"; delivery?: "messages" | "fragments" } = {},
): Connection {
  return new Connection(0, {
    role: "server",
    random: countingRandom(),
    pingInterval: null,
    free: freed.free,
    ...options,
  });
}

/** Bytes of its own memory, each different from its neighbours. */
function noise(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed) % 251);
}

function frame(payload: Uint8Array, { opcode = Opcode.Binary, fin = true }: { opcode?: number; fin?: boolean } = {}) {
  return encodeFrame({ fin, rsv: 0, opcode, payload, maskKey: 0xa1b2_c3d4 });
}

describe("the chunks of a long message", () => {
  test("are let go of when it is put together, all of them but the memory of what is delivered", () => {
    const freed = new Freed();
    const connection = open(freed);
    const payload = noise(100_000);
    const bytes = frame(payload);
    const chunks = [bytes.slice(0, 40_000), bytes.slice(40_000, 80_000), bytes.slice(80_000)];
    for (const chunk of chunks) connection.receive(0, chunk);
    const event = connection.nextEvent();
    expect(event).toEqual({ kind: "binary", bytes: payload });
    expect(connection.nextEvent()).toBeUndefined();
    expect(freed.memory).toEqual(new Set(chunks.map(({ buffer }) => buffer)));
  });

  test("are let go of as they arrive, once half of it is there", () => {
    const freed = new Freed();
    const connection = open(freed);
    const payload = noise(262_144);
    const bytes = frame(payload);
    const counts: number[] = [];
    const events: (ConnectionEvent | undefined)[] = [];
    for (let at = 0; at < bytes.length; at += 65_536) {
      connection.receive(0, bytes.slice(at, at + 65_536));
      events.push(connection.nextEvent());
      connection.nextEvent();
      counts.push(freed.memory.size);
    }
    expect(counts).toEqual([0, 0, 3, 4, 4]); // the last chunk holds 14 bytes
    expect(events.at(-1)).toEqual({ kind: "binary", bytes: payload });
  });

  test("stay if somebody has a view of one", () => {
    const freed = new Freed();
    const connection = open(freed);
    const [first, second] = [noise(5_000), noise(70_000, 2)];
    const bytes = concat(frame(first), frame(second));
    const chunks = [bytes.slice(0, 60_000), bytes.slice(60_000)];
    for (const chunk of chunks) connection.receive(0, chunk);
    const delivered = [connection.nextEvent(), connection.nextEvent()];
    expect(connection.nextEvent()).toBeUndefined();
    expect(delivered).toEqual([
      { kind: "binary", bytes: first },
      { kind: "binary", bytes: second },
    ]);
    expect(freed.memory).toEqual(new Set([chunks[1]!.buffer]));
  });

  test("stay until they are read to the end", () => {
    const freed = new Freed();
    const connection = open(freed);
    const [first, second] = [noise(64_000), noise(2_000, 2)];
    const chunk = concat(frame(first, { fin: false }), frame(second, { opcode: Opcode.Continuation }));
    connection.receive(0, chunk);
    expect(connection.nextEvent()).toEqual({ kind: "binary", bytes: concat(first, second) });
    expect(connection.nextEvent()).toBeUndefined();
    expect(freed.memory.size).toBe(0); // most of it was kept, not copied, and the rest was still to be read
  });
});

describe("the chunk of a text", () => {
  test("is let go of behind its last message", () => {
    const freed = new Freed();
    const connection = open(freed);
    const text = new Uint8Array(3_000).fill(0x61);
    connection.receive(0, concat(frame(text, { opcode: Opcode.Text }), frame(text, { opcode: Opcode.Text })));
    expect(connection.nextEvent()).toMatchObject({ kind: "text" });
    expect(freed.memory.size).toBe(0);
    expect(connection.nextEvent()).toEqual({ kind: "text", text: "a".repeat(3_000) });
    connection.nextEvent();
    expect(freed.memory.size).toBe(1);
  });

  test("stays if it is less than 2 KiB, or a part of something larger", () => {
    const freed = new Freed();
    const connection = open(freed);
    const small = frame(new Uint8Array(2_039).fill(0x61), { opcode: Opcode.Text });
    expect(small.length).toBe(2_047);
    const large = frame(new Uint8Array(5_000).fill(0x61), { opcode: Opcode.Text });
    for (const chunk of [small, concat(large, large).subarray(0, large.length)]) {
      connection.receive(0, chunk);
      expect(connection.nextEvent()).toMatchObject({ kind: "text" });
      expect(connection.nextEvent()).toBeUndefined();
    }
    expect(freed.memory.size).toBe(0);
  });

  test("is let go of once if it is the payload of a message and nothing else", () => {
    for (const [opcode, kind] of [
      [Opcode.Text, "text"],
      [Opcode.Binary, "binary"],
    ] as const) {
      const freed = new Freed();
      const connection = open(freed);
      const begin = frame(new Uint8Array(0), { opcode, fin: false });
      const end = frame(new Uint8Array(5_000).fill(0x61), { opcode: Opcode.Continuation });
      connection.receive(0, concat(begin, end.slice(0, 8)));
      connection.receive(0, end.slice(8));
      const content = kind === "text" ? { text: "a".repeat(5_000) } : { bytes: new Uint8Array(5_000).fill(0x61) };
      const event = connection.nextEvent();
      expect(connection.nextEvent()).toBeUndefined();
      expect(event).toEqual({ kind, ...content });
      expect(freed.memory.size).toBe(kind === "text" ? 1 : 0);
    }
  });

  test("and what a long one was put together in, are let go of", () => {
    const freed = new Freed();
    const connection = open(freed);
    const bytes = frame(new Uint8Array(9_000).fill(0x61), { opcode: Opcode.Text });
    connection.receive(0, bytes.slice(0, 4_500));
    connection.receive(0, bytes.slice(4_500));
    expect(connection.nextEvent()).toEqual({ kind: "text", text: "a".repeat(9_000) });
    connection.nextEvent();
    expect(freed.memory.size).toBe(3);
  });
});

test("a transform may hand on what it was given: such a chunk stays", () => {
  let input: Uint8Array | undefined;
  const handsOn: MessageTransform = {
    rsv: 0x40,
    wants: () => false,
    encode: (bytes) => bytes,
    push: (bytes) => {
      input = bytes;
    },
    pull: () => {
      const piece = input;
      input = undefined;
      return piece;
    },
  };
  const freed = new Freed();
  const options = { role: "server", random: countingRandom(), delivery: "fragments", free: freed.free } as const;
  const connection = new Connection(0, options, handsOn);
  const payload = noise(5_000);
  connection.receive(0, encodeFrame({ fin: true, rsv: 4, opcode: Opcode.Binary, payload, maskKey: 1 }));
  const event = connection.nextEvent();
  while (connection.nextEvent() !== undefined);
  expect(event).toMatchObject({ kind: "fragment", bytes: payload });
  expect(freed.memory.size).toBe(0);
});

test("whatever arrives in whatever chunks is delivered as without it, and stays as it was delivered", () => {
  const size = fc.oneof(fc.nat({ max: 20 }), fc.constantFrom(500, 2_100, 4_096, 5_000, 20_000, 70_000));
  const message = fc.record({
    opcode: fc.constantFrom(Opcode.Text, Opcode.Binary),
    sizes: fc.array(size, { minLength: 1, maxLength: 4 }),
    ping: fc.boolean(),
    transformed: fc.boolean(),
  });
  const chunkSizes = fc.array(fc.constantFrom(1, 7, 100, 3_000, 4_200, 16_384, 65_536, 200_000), {
    minLength: 1,
    maxLength: 6,
  });
  const options = fc.record({
    text: fc.constantFrom("string" as const, "utf8" as const),
    delivery: fc.constantFrom("messages" as const, "messages" as const, "fragments" as const),
    eager: fc.boolean(),
    transform: fc.boolean(),
  });
  let letGo = 0;
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), chunkSizes, options, (messages, sizes, chosen) => {
      const stream = concat(...messages.flatMap((each, seed) => framesOf(each, seed, chosen.transform)));
      const run = (free: ((memory: ArrayBuffer) => void) | undefined): ConnectionEvent[] => {
        const connection = new Connection(
          0,
          {
            role: "server",
            random: countingRandom(),
            pingInterval: null,
            maxMessageBytes: null,
            text: chosen.text,
            delivery: chosen.delivery,
            free,
          },
          chosen.transform ? new InvertingTransform() : undefined,
        );
        const events: ConnectionEvent[] = [];
        const takeAll = (): void => {
          for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent())
            events.push(event);
        };
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const end = Math.min(stream.length, at + sizes[turn % sizes.length]!);
          connection.receive(0, stream.slice(at, end));
          at = end;
          if (chosen.eager || turn % 3 === 2) takeAll();
        }
        takeAll();
        return events;
      };
      const freed = new Freed();
      expect(run(freed.free).map(shown)).toEqual(run(undefined).map(shown));
      letGo += freed.memory.size;
    }),
    seeded(150),
  );
  expect(letGo).toBeGreaterThan(100);
});

/** An event with a digest in the place of its bytes, which takes less time to compare. */
function shown(event: ConnectionEvent): unknown {
  return "bytes" in event ? { ...event, bytes: createHash("sha1").update(event.bytes).digest("hex") } : event;
}

/** The frames of one message. */
function framesOf(
  {
    opcode,
    sizes,
    ping,
    transformed,
  }: { opcode: number; sizes: readonly number[]; ping: boolean; transformed: boolean },
  seed: number,
  mayTransform: boolean,
): Uint8Array[] {
  const inverts = mayTransform && transformed;
  return sizes.flatMap((length, index) => {
    const content = opcode === Opcode.Text ? new Uint8Array(length).fill(0x61 + seed) : noise(length, seed);
    const one = encodeFrame({
      fin: index === sizes.length - 1,
      rsv: inverts && index === 0 ? 4 : 0,
      opcode: index === 0 ? opcode : Opcode.Continuation,
      payload: inverts ? content.map((byte) => ~byte) : content,
      maskKey: 0x0102_0304 + seed,
    });
    return ping ? [one, encodeFrame({ fin: true, rsv: 0, opcode: Opcode.Ping, payload: noise(5), maskKey: 7 })] : [one];
  });
}
