import { Connection, decodeFrames, encodeFrame, isSendableCloseCode } from "@sansock/protocol";
import { countingRandom, drain } from "@sansock/protocol/testing";
import {
  chunked,
  closeFrame,
  closeStatus,
  conversation,
  fragmented,
  legalFrame,
  pingOrPong,
  someBytes,
  wellFormedText,
  wholeMessage,
} from "@sansock/protocol/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../reference/seed.ts";

/** Whether something of the kind comes up among a few hundred samples. */
function comesUp<T>(arbitrary: fc.Arbitrary<T>, wanted: (value: T) => boolean): boolean {
  return fc.sample(arbitrary, { seed: 6455, numRuns: 500 }).some(wanted);
}

describe("what a conversation sends arrives, however it is cut into chunks,", () => {
  for (const from of ["server", "client"] as const) {
    test(`from a ${from}`, () => {
      const stream = conversation({ from }).chain((sent) => fc.tuple(fc.constant(sent), chunked(sent.bytes)));
      fc.assert(
        fc.property(stream, ([sent, chunks]) => {
          const role = from === "client" ? "server" : "client";
          const receiver = new Connection(0, { role, random: countingRandom });
          for (const chunk of chunks) receiver.receive(0, chunk);
          const { events } = drain(receiver);
          const messages = events.filter(({ kind }) => kind === "text" || kind === "binary");
          expect(messages).toEqual(sent.messages);
          expect(events.flatMap((event) => (event.kind === "ping" ? [event.payload] : []))).toEqual(sent.pings);
          expect(events.some(({ kind }) => kind === "closed" || kind === "closing")).toBe(false);
        }),
        seeded(200),
      );
    });
  }
});

test("a legal frame survives being written and read", () => {
  fc.assert(
    fc.property(legalFrame(), (frame) => {
      expect(decodeFrames(encodeFrame(frame))).toEqual({ frames: [frame], rest: new Uint8Array(0) });
    }),
    seeded(200),
  );
});

test("chunks are together what was cut, and none is empty", () => {
  const cut = someBytes().chain((bytes) => fc.tuple(fc.constant(bytes), chunked(bytes)));
  fc.assert(
    fc.property(cut, ([bytes, chunks]) => {
      expect(chunks.flatMap((chunk) => [...chunk])).toEqual([...bytes]);
      expect(chunks.every(({ length }) => length > 0)).toBe(true);
    }),
    seeded(200),
  );
});

test("fragments are together the message, and only the last one is final", () => {
  const cut = wholeMessage().chain((message) => fragmented(message, { interleaved: false, from: "server" }));
  fc.assert(
    fc.property(cut, (frames) => {
      expect(frames.map(({ fin }) => fin)).toEqual(frames.map((_, index) => index === frames.length - 1));
      expect(frames.map(({ opcode }) => opcode !== 0)).toEqual(frames.map((_, index) => index === 0));
      expect(frames.every(({ maskKey }) => maskKey === undefined)).toBe(true);
    }),
    seeded(200),
  );
});

test("close statuses may be sent", () => {
  fc.assert(
    fc.property(closeStatus(), ({ code, reason }) => {
      expect(code === 1005 ? reason === "" : isSendableCloseCode(code)).toBe(true);
      expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123);
    }),
    seeded(200),
  );
});

test("what is rare in the world is not rare among the samples", () => {
  expect(comesUp(wellFormedText(), (text) => text === "")).toBe(true);
  expect(comesUp(wellFormedText(), (text) => [...text].some((character) => character.length === 2))).toBe(true);
  expect(comesUp(someBytes(), ({ length }) => length > 126)).toBe(true);
  expect(comesUp(closeFrame(), ({ payload }) => payload.length === 0)).toBe(true);
  expect(comesUp(closeFrame(), ({ payload }) => payload.length > 100)).toBe(true);
  expect(comesUp(pingOrPong(), ({ payload }) => payload.length === 0)).toBe(true);
  const fragments = wholeMessage().chain((message) => fragmented(message));
  expect(comesUp(fragments, (frames) => frames.some(({ opcode }) => opcode >= 8))).toBe(true);
  expect(
    comesUp(fragments, (frames) => frames.some(({ payload, opcode }) => opcode === 0 && payload.length === 0)),
  ).toBe(true);
  expect(comesUp(conversation(), ({ messages }) => messages.length > 3)).toBe(true);
  expect(comesUp(chunked(new Uint8Array(100)), (chunks) => chunks.length === 100)).toBe(true);
  expect(comesUp(chunked(new Uint8Array(100)), (chunks) => chunks.length === 1)).toBe(true);
});
