// Long messages under an extension: a piece of work at a time, and room for everything else in between.

import { describe, expect, test } from "vitest";
import {
  type ConnectionEvent,
  type Effect,
  type MessageTransform,
  prepareMessage,
} from "../../packages/protocol/src/index.ts";
import { drain, framesIn, open, takeEffects } from "../support/endpoint.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer } from "../support/peer.ts";
import { InvertingTransform, invert } from "../support/transforms.ts";

const SLICE = 64 * 1024;
const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10];
const client = new Peer("server");

/** Bytes without 0xff, which the inverting transform could not take. */
function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31) % 251);
}

/** What comes out of the door to the transport, one by one. */
function effectKinds(connection: { nextEffect(): Effect | undefined }): string[] {
  const kinds: string[] = [];
  for (let effect = connection.nextEffect(); effect !== undefined; effect = connection.nextEffect()) {
    kinds.push(effect.kind);
  }
  return kinds;
}

function opcodes(drained: { readonly bytes: Uint8Array }): number[] {
  return framesIn(drained).map(({ opcode }) => opcode);
}

describe("a long message that is sent through an extension", () => {
  test("is transformed slice by slice, in a frame each, and yields in between", () => {
    const connection = open("server", {}, new InvertingTransform());
    const message = noise(3 * SLICE + 5);
    connection.sendBinary(message);
    expect(effectKinds(connection)).toEqual([
      "write",
      "write",
      "yield",
      "write",
      "write",
      "yield",
      "write",
      "write",
      "yield",
      "write",
    ]);
    connection.sendBinary(message);
    const frames = framesIn(takeEffects(connection));
    expect(frames.map(({ opcode, rsv, fin, payload }) => [opcode, rsv, fin, payload.length])).toEqual([
      [BINARY, 4, false, SLICE],
      [0, 0, false, SLICE],
      [0, 0, false, SLICE],
      [0, 0, true, 5],
    ]);
    expect(invert(concat(...frames.map(({ payload }) => payload)))).toEqual(message);
  });

  test("goes as one frame when it is no longer than a slice", () => {
    const connection = open("client", {}, new InvertingTransform());
    connection.sendBinary(noise(SLICE));
    connection.sendText("a".repeat(SLICE));
    expect(opcodes(takeEffects(connection))).toEqual([BINARY, TEXT]);
    expect(connection.outgoingBytes).toBe(0);
  });

  test("is not cut inside a surrogate pair, wherever the pairs lie", () => {
    for (const begin of ["", "x", "\ud800", "x\ud800"]) {
      const connection = open("server", {}, new InvertingTransform());
      const text = begin + "\u{1f600}".repeat(SLICE);
      connection.sendText(text);
      const payload = concat(...framesIn(takeEffects(connection)).map((frame) => frame.payload));
      expect(new TextDecoder().decode(invert(payload))).toBe(text.replace(/\ud800(?=x|\ud83d)/, "\ufffd"));
    }
  });

  test("is sent as it was, whatever becomes of the caller's bytes", () => {
    const connection = open("server", {}, new InvertingTransform());
    const message = noise(2 * SLICE);
    const behind = noise(3);
    connection.sendBinary(message);
    connection.sendBinary(behind, { compress: false });
    const expected = message.slice();
    message.fill(1);
    behind.fill(1);
    const frames = framesIn(takeEffects(connection));
    expect(invert(concat(...frames.slice(0, 2).map(({ payload }) => payload)))).toEqual(expected);
    expect(frames[2]!.payload).toEqual(noise(3));
  });

  test("counts as what it is before it is transformed, and less with each slice", () => {
    const connection = open("server", {}, new InvertingTransform());
    connection.sendText("a".repeat(3 * SLICE));
    expect(connection.outgoingBytes).toBe(3 * SLICE);
    expect(connection.queuedBytes).toBe(3 * SLICE);
    for (let effect = connection.nextEffect(); effect?.kind === "write"; effect = connection.nextEffect());
    expect(connection.outgoingBytes).toBe(2 * SLICE);
    takeEffects(connection);
    expect(connection.outgoingBytes).toBe(0);
  });

  test("is not sent in empty frames while the extension keeps everything to itself", () => {
    const pieces: Uint8Array[] = [];
    const collecting: MessageTransform = {
      rsv: 0x40,
      wants: () => true,
      encode(bytes, fin) {
        pieces.push(bytes.slice());
        return fin ? concat(...pieces) : new Uint8Array(0);
      },
      push: () => {},
      pull: () => undefined,
    };
    const connection = open("server", {}, collecting);
    connection.sendBinary(noise(3 * SLICE));
    expect(effectKinds(connection)).toEqual(["yield", "yield", "write", "write"]);
    connection.sendFragment(noise(2 * SLICE), false);
    connection.sendFragment(noise(0), true);
    expect(framesIn(takeEffects(connection)).map(({ fin }) => fin)).toEqual([false, true]);
  });
});

describe("between the slices of a long message", () => {
  test("control frames go out", () => {
    const connection = open("server", { pingInterval: 1000 }, new InvertingTransform());
    connection.sendBinary(noise(3 * SLICE));
    while (connection.nextEffect()?.kind !== "yield");
    connection.ping(5, hex`01`);
    connection.pong(hex`02`);
    connection.receive(5, client.ping(hex`03`));
    expect(opcodes(drain(connection))).toEqual([PING, PONG, PONG, 0, 0]);
    connection.sendBinary(noise(3 * SLICE));
    while (connection.nextEffect()?.kind !== "yield");
    connection.handleTimeout(1000);
    expect(opcodes(takeEffects(connection))).toEqual([PING, 0, 0]);
  });

  test("no other message goes out, of whatever kind: the order of the calls is kept", () => {
    const connection = open("server", {}, new InvertingTransform(1, (_kind, length) => length > 2));
    connection.sendBinary(noise(2 * SLICE));
    connection.sendText("");
    connection.sendText("t");
    connection.sendText("text");
    connection.sendBinary(hex`01`);
    connection.sendUtf8(utf8("u"));
    connection.sendPrepared(prepareMessage("p"));
    connection.sendPrepared(prepareMessage("prepared"));
    connection.sendFragment("fr", false);
    connection.sendFragment("agment", true);
    connection.sendFragment("fragment", false);
    connection.sendFragment(" after fragment", true);
    const frames = framesIn(takeEffects(connection)).map(({ opcode, rsv, fin, payload }) => [
      opcode,
      rsv,
      fin,
      payload.length,
    ]);
    expect(frames).toEqual([
      [BINARY, 4, false, SLICE],
      [0, 0, true, SLICE],
      [TEXT, 0, true, 0],
      [TEXT, 0, true, 1],
      [TEXT, 4, true, 4],
      [BINARY, 0, true, 1],
      [TEXT, 0, true, 1],
      [TEXT, 0, true, 1],
      [TEXT, 4, true, 8],
      [TEXT, 0, false, 2],
      [0, 0, true, 6],
      [TEXT, 4, false, 8],
      [0, 0, true, 15],
    ]);
    connection.sendText("t");
    expect(effectKinds(connection)).toEqual(["write"]);
  });

  test("a Close waits for the message, and the end for the Close", () => {
    const connection = open("server", {}, new InvertingTransform());
    connection.sendBinary(noise(2 * SLICE));
    connection.close(0, 1000, "done");
    connection.receive(0, client.close(1000));
    const drained = drain(connection);
    expect(opcodes(drained)).toEqual([BINARY, 0, CLOSE]);
    expect(drained.effects.at(-1)).toEqual({ kind: "end" });
  });

  test("a peer's Close is answered behind the message", () => {
    const connection = open("server", {}, new InvertingTransform());
    connection.sendBinary(noise(2 * SLICE));
    while (connection.nextEffect()?.kind !== "yield");
    connection.receive(0, client.close(1000));
    const drained = drain(connection);
    expect(opcodes(drained)).toEqual([0, CLOSE]);
    expect(drained.effects.at(-1)).toEqual({ kind: "end" });
  });

  test("a violation drops the rest, and is answered at once", () => {
    const connection = open("server", {}, new InvertingTransform());
    connection.sendBinary(noise(3 * SLICE));
    connection.sendText("behind");
    while (connection.nextEffect()?.kind !== "yield");
    connection.receive(0, hex`ff`);
    const drained = drain(connection);
    expect(opcodes(drained)).toEqual([CLOSE]);
    expect(connection.outgoingBytes).toBe(0);
    expect(drained.effects.at(-1)).toEqual({ kind: "end" });
  });

  test("a violation behind our own Close leaves what was promised before it", () => {
    const connection = open("server", {}, new InvertingTransform());
    connection.sendBinary(noise(2 * SLICE));
    connection.close(0);
    connection.receive(0, hex`ff`);
    expect(opcodes(drain(connection))).toEqual([BINARY, 0, CLOSE]);
  });

  test("abort() and the loss of the transport drop the rest", () => {
    const aborted = open("server", {}, new InvertingTransform());
    aborted.sendBinary(noise(3 * SLICE));
    while (aborted.nextEffect()?.kind !== "yield");
    aborted.abort(0);
    expect(effectKinds(aborted)).toEqual(["destroy"]);
    const lost = open("server", {}, new InvertingTransform());
    lost.sendBinary(noise(3 * SLICE));
    while (lost.nextEffect()?.kind !== "yield");
    lost.handleTransportClosed(0);
    expect(effectKinds(lost)).toEqual([]);
    expect(lost.outgoingBytes).toBe(0);
  });

  test("randomness that fails ends the connection, with no frame but masked ones", () => {
    let gulps = 1;
    const random = (target: Uint8Array): void => {
      if (gulps-- === 0) throw new Error("no entropy");
      target.fill(7);
    };
    const connection = open("client", { random, pingInterval: null }, new InvertingTransform());
    connection.sendBinary(noise(400 * SLICE));
    const { events, effects } = drain(connection);
    expect(effects.at(-1)).toEqual({ kind: "destroy" });
    expect(events).toEqual([]);
    expect(connection.nextEvent()).toMatchObject({ kind: "closed", cause: { kind: "random-failed" } });
  });
});

describe("a long message that is received through an extension", () => {
  const QUARTER_MIB = 256 * 1024;

  function eventKinds(connection: { nextEvent(): ConnectionEvent | undefined }): string[] {
    const kinds: string[] = [];
    for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent())
      kinds.push(event.kind);
    return kinds;
  }

  test("is transformed piece by piece, and yields in between", () => {
    const connection = open("server", { maxMessageBytes: 2 ** 22 }, new InvertingTransform(2 ** 10));
    connection.receive(0, client.frame(BINARY, noise(2 ** 10).fill(1), { rsv: 4 }));
    expect(connection.nextEvent()).toEqual({ kind: "yield" });
    expect(connection.hasUnread).toBe(true);
    expect(connection.retainedBytes).toBeGreaterThanOrEqual(QUARTER_MIB);
    expect(connection.retainedBytes).toBeLessThan(2 * QUARTER_MIB + 2 ** 10);
    expect(eventKinds(connection)).toEqual(["yield", "yield", "yield", "binary"]);
    expect(connection.hasUnread).toBe(false);
  });

  test("lets others have their turn however the work is spread over messages of one chunk", () => {
    const connection = open("server", {}, new InvertingTransform(2 ** 10));
    const messages = Array.from({ length: 12 }, () => client.frame(BINARY, new Uint8Array(100).fill(1), { rsv: 4 }));
    connection.receive(0, concat(...messages, client.ping(hex`01`)));
    const kinds = eventKinds(connection);
    expect(kinds.filter((kind) => kind === "yield")).toHaveLength(4);
    expect(kinds.filter((kind) => kind !== "yield")).toEqual([...new Array(12).fill("binary"), "ping"]);
  });

  test("needs no such thing where the chunks are far between", () => {
    const connection = open("server", {}, new InvertingTransform(2 ** 10));
    for (let count = 0; count < 12; count++) {
      connection.receive(count, client.frame(BINARY, new Uint8Array(100).fill(1), { rsv: 4 }));
      expect(eventKinds(connection)).toEqual(["binary"]);
    }
  });

  test("is cut off at the limit, yields or not", () => {
    const transform = new InvertingTransform(2 ** 10);
    const connection = open("server", { maxMessageBytes: 10 ** 6 }, transform);
    connection.receive(0, client.frame(BINARY, new Uint8Array(2 ** 12).fill(1), { rsv: 4 }));
    expect(eventKinds(connection)).toEqual(["yield", "yield", "yield"]);
    expect(transform.pulledBytes).toBeLessThanOrEqual(10 ** 6 + 2 ** 15);
    expect(connection.ending?.cause).toEqual({ kind: "violation", violation: "message-too-big" });
  });
});

describe("where a long message is cut", () => {
  test("messages of exactly one slice are no work for later turns", () => {
    const connection = open("server", {}, new InvertingTransform());
    connection.sendBinary(noise(SLICE));
    connection.sendText("a".repeat(SLICE));
    expect(effectKinds(connection)).not.toContain("yield");
  });

  test("a surrogate pair across the cut goes into the first slice, any other character does not reach over", () => {
    for (const [across, length] of [
      ["\u{1f600}", SLICE - 1 + 4],
      ["\uffff", SLICE - 1 + 3],
      ["ab", SLICE],
    ] as const) {
      const connection = open("server", {}, new InvertingTransform());
      const text = `${"a".repeat(SLICE - 1)}${across}${"b".repeat(10)}`;
      connection.sendText(text);
      const frames = framesIn(takeEffects(connection));
      expect(frames[0]!.payload).toHaveLength(length);
      expect(new TextDecoder().decode(invert(concat(...frames.map(({ payload }) => payload))))).toBe(text);
    }
  });
});
