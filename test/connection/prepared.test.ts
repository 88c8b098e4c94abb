// Messages that were encoded beforehand: how they are put on the wire, alone and among others.

import { type Connection, decodeFrames, prepareMessage } from "@sansock/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../reference/seed.ts";
import { drain, open } from "../support/endpoint.ts";
import { utf8 } from "../support/hex.ts";

function writesOf(connection: Connection): Uint8Array[] {
  return drain(connection).effects.map((effect) => (effect.kind === "write" ? effect.bytes : expect.fail(effect.kind)));
}

describe("a prepared message", () => {
  const message = prepareMessage("to all");

  test("that goes alone is passed on by reference, to any number of connections", () => {
    for (const connection of [open("server"), open("server")]) {
      connection.sendPrepared(message);
      expect(connection.outgoingBytes).toBe(message.frame.length);
      const [only, ...others] = writesOf(connection);
      expect(only).toBe(message.frame);
      expect(others).toEqual([]);
      expect(connection.outgoingBytes).toBe(0);
    }
  });

  test("goes out in one write with others, and leaves them as they are", () => {
    const connection = open("server");
    const before = message.frame.slice();
    for (let count = 0; count < 4; count++) connection.sendPrepared(message);
    expect(connection.outgoingBytes).toBe(4 * message.frame.length);
    const [only, ...others] = writesOf(connection);
    expect(others).toEqual([]);
    expect(decodeFrames(only!).frames).toHaveLength(4);
    expect(message.frame).toEqual(before);
  });

  test("that was not taken goes with the connection that drops its transport", () => {
    const connection = open("server");
    connection.sendPrepared(message);
    connection.abort(0);
    expect(drain(connection).effects).toEqual([{ kind: "destroy" }]);
  });

  test("keeps its place among messages of every kind and size, and small ones need few writes", () => {
    const what = fc.record({
      how: fc.constantFrom("prepared", "prepared", "text", "binary", "pong", "take"),
      length: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 300 }) }, fc.nat({ max: 70_000 })),
    });
    fc.assert(
      fc.property(fc.array(what, { maxLength: 30 }), fc.boolean(), (steps, released) => {
        const connection = open("server");
        const expected: Uint8Array[] = [];
        const stream: Uint8Array[] = [];
        const take = (): void => {
          stream.push(...writesOf(connection).map((bytes) => bytes.slice()));
          if (released) connection.handleEffectsReleased();
        };
        steps.forEach(({ how, length }, index) => {
          const text = String.fromCharCode(97 + (index % 26)).repeat(how === "pong" ? length % 126 : length);
          if (how === "prepared") connection.sendPrepared(prepareMessage(text));
          else if (how === "text") connection.sendText(text);
          else if (how === "binary") connection.sendBinary(utf8(text));
          else if (how === "pong") connection.pong(utf8(text));
          if (how === "take") {
            take();
            return;
          }
          expected.push(utf8(text));
        });
        take();
        const { frames, rest } = decodeFrames(Buffer.concat(stream));
        expect(rest).toHaveLength(0);
        expect(frames.length).toBe(expected.length);
        frames.forEach(({ payload }, index) => {
          if (Buffer.compare(payload, expected[index]!) !== 0) expect.fail(`message ${index} is another`);
        });
      }),
      seeded(200),
    );
  });

  test("is not joined beyond what one write should hold", () => {
    const connection = open("server");
    const large = prepareMessage(new Uint8Array(50_000));
    for (let count = 0; count < 7; count++) connection.sendPrepared(large);
    const writes = writesOf(connection);
    expect(writes.map(({ length }) => Math.round(length / 50_000))).toEqual([2, 2, 2, 1]);
  });
});

describe("a prepared frame of just the size where something changes", () => {
  test("of 64 KiB is passed on by reference behind others", () => {
    const connection = open("server");
    const message = prepareMessage(new Uint8Array(65_536 - 4));
    expect(message.frame).toHaveLength(65_536);
    connection.sendText("before");
    connection.sendPrepared(message);
    expect(writesOf(connection)[1]).toBe(message.frame);
  });

  test("of 64 KiB that goes alone is the only write", () => {
    const connection = open("server");
    const message = prepareMessage(new Uint8Array(65_536));
    connection.sendPrepared(message);
    expect(writesOf(connection)).toEqual([message.frame]);
  });

  test("is joined with others if they come to exactly 128 KiB", () => {
    const connection = open("server");
    for (const length of [43_690, 43_690, 43_692]) connection.sendPrepared(prepareMessage(new Uint8Array(length - 4)));
    expect(writesOf(connection).map(({ length }) => length)).toEqual([131_072]);
  });
});
