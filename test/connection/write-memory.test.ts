// Whose the memory is that effects are made of.

import { Connection, ConnectionSettings, decodeFrames, type Effect } from "@sansock/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../reference/seed.ts";

const random = (target: Uint8Array): void => void target.fill(0x5a);

function writesOf(connection: Connection): Uint8Array[] {
  const writes: Uint8Array[] = [];
  for (let effect: Effect | undefined = connection.nextEffect(); effect; effect = connection.nextEffect()) {
    if (effect.kind === "write") writes.push(effect.bytes);
  }
  return writes;
}

/** What each frame holds: its letter, and how often. */
function summaries(stream: Uint8Array): string[] {
  return decodeFrames(stream).frames.map(({ payload }) => {
    const text = new TextDecoder().decode(payload);
    const letter = text.slice(0, 1);
    if (text !== letter.repeat(text.length)) return "a mixture";
    return `${letter}${text.length}`;
  });
}

describe("the bytes of effects", () => {
  test("are never used again, unless the transport is done with them", () => {
    const connection = new Connection(0, { role: "server", random });
    connection.sendText("first");
    const [first] = writesOf(connection);
    const copy = first!.slice();
    connection.sendText("other");
    writesOf(connection);
    expect(first).toEqual(copy);
  });

  test("are used again when it is", () => {
    const connection = new Connection(0, { role: "server", random });
    connection.sendText("first");
    const [first] = writesOf(connection);
    connection.handleEffectsReleased();
    connection.sendText("other");
    expect(writesOf(connection)[0]).toBe(first);
  });

  test("an application's own bytes are never used", () => {
    const connection = new Connection(0, { role: "server", random });
    const own = new Uint8Array(1_000_000).fill(7);
    connection.sendBinary(own);
    writesOf(connection);
    connection.handleEffectsReleased();
    connection.sendText("x".repeat(5_000));
    connection.sendBinary(new Uint8Array(100_000));
    writesOf(connection);
    expect(own.every((byte) => byte === 7)).toBe(true);
  });

  test("are right on every connection that shares the memory, whoever releases what and when", () => {
    const step = fc.record({
      connection: fc.nat({ max: 2 }),
      length: fc.oneof(
        { weight: 4, arbitrary: fc.nat({ max: 200 }) },
        fc.nat({ max: 10_000 }),
        fc.integer({ min: 16_000, max: 150_000 }),
      ),
      action: fc.constantFrom("send", "sendAndWrite", "sendAndRelease", "sendAndRelease"),
    });
    fc.assert(
      fc.property(fc.constantFrom("server", "client"), fc.array(step, { maxLength: 60 }), (role, steps) => {
        const settings = new ConnectionSettings({ role, random });
        const ends = [0, 1, 2].map(() => ({
          connection: new Connection(0, settings),
          held: [] as Uint8Array[],
          sent: [] as string[],
          got: [] as Uint8Array[],
        }));
        for (const [index, { connection: which, length, action }] of steps.entries()) {
          const end = ends[which]!;
          end.connection.sendText(String.fromCharCode(97 + (index % 26)).repeat(length));
          end.sent.push(length === 0 ? "0" : `${String.fromCharCode(97 + (index % 26))}${length}`);
          if (action === "send") continue;
          end.held.push(...writesOf(end.connection));
          if (action === "sendAndWrite") continue;
          // The operating system takes everything, also what had to wait.
          end.got.push(...end.held.splice(0).map((bytes) => bytes.slice()));
          end.connection.handleEffectsReleased();
        }
        for (const { connection, held, got, sent } of ends) {
          const stream = Buffer.concat([...got, ...held, ...writesOf(connection)]);
          expect(summaries(stream)).toEqual(sent);
        }
      }),
      seeded(150),
    );
  });
});

describe("memory for what is sent", () => {
  /** A connection, and the sizes of the memory that was made for it. */
  function counted(): { connection: Connection; made: number[] } {
    const made: number[] = [];
    const allocate = (length: number): Uint8Array => {
      made.push(length);
      return new Uint8Array(length);
    };
    return { connection: new Connection(0, { role: "server", random, allocate }), made };
  }

  test("is one piece for all the small messages of a turn, and not a large one", () => {
    const { connection, made } = counted();
    for (let count = 0; count < 300; count++) connection.sendBinary(new Uint8Array(40));
    expect(writesOf(connection)).toHaveLength(1);
    expect(made).toEqual([16_384]);
  });

  test("grows by doubling while a turn sends more and more", () => {
    const { connection, made } = counted();
    for (let count = 0; count < 1_000; count++) connection.sendBinary(new Uint8Array(120));
    expect(writesOf(connection)).toHaveLength(1);
    expect(made.length).toBeLessThanOrEqual(5);
  });

  test("holds exactly 128 KiB for one write", () => {
    const { connection } = counted();
    for (const length of [60_000, 60_000, 11_072]) connection.sendBinary(new Uint8Array(length - 4));
    expect(writesOf(connection).map(({ length }) => length)).toEqual([131_072]);
  });

  test("counts for each of those that share it as what it has queued itself", () => {
    const settings = new ConnectionSettings({ role: "server", random });
    const [first, second] = [new Connection(0, settings), new Connection(0, settings)];
    first.sendText("first");
    second.sendText("second");
    expect([first.outgoingBytes, second.outgoingBytes]).toEqual([7, 8]);
  });
});
