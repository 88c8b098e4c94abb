// RFC 7692 §6: which frames are compressed, seen from a connection.

import { describe, expect, test } from "vitest";
import { type MessageTransform, permessageDeflate } from "../../packages/protocol/src/index.ts";
import { drain, framesIn, open, receive } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { concat, hex, toHex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";
import { zlibDeflate } from "./zlib.ts";

const HELLO = hex`f2 48 cd c9 c9 07 00`;

const transform = (): MessageTransform => permessageDeflate({ thresholdBytes: 0 }).confirm([])!;

describe.each(ROLES)("a %s", (role) => {
  const peer = new Peer(role);
  const compressed = (payload: Uint8Array, fields: { opcode?: number; fin?: boolean } = {}): Uint8Array =>
    peer.frame(fields.opcode ?? 1, payload, { rsv: 4, fin: fields.fin ?? true });

  test("refuses a compressed message if compression was not agreed", () => {
    const connection = open(role);
    expectViolation(connection, role, receive(connection, 0, compressed(HELLO)), "reserved-bits");
  });

  test("reads compressed and plain messages in any order", () => {
    const connection = open(role, {}, transform());
    const { events } = receive(connection, 0, compressed(HELLO), peer.text("plain"), compressed(hex`f2 00 11 00 00`));
    expect(events).toEqual(["Hello", "plain", "Hello"].map((text) => ({ kind: "text", text })));
  });

  test.each([
    ["a continuation", 0],
    ["a Ping", 9],
    ["a Pong", 10],
    ["a Close", 8],
  ])("refuses RSV1 on %s (§6.1)", (_, opcode) => {
    const connection = open(role, {}, transform());
    if (opcode === 0) receive(connection, 0, compressed(HELLO.subarray(0, 3), { fin: false }));
    expectViolation(connection, role, receive(connection, 0, compressed(hex``, { opcode })), "reserved-bits");
  });

  test.each([
    ["Ping", 9],
    ["Pong", 10],
  ])("is not disturbed by a %s between the fragments of a compressed message, wherever it is cut", (_, opcode) => {
    for (let cut = 0; cut <= HELLO.length; cut++) {
      const connection = open(role, {}, transform());
      const control = peer.frame(opcode, hex`78`);
      const { events } = receive(
        connection,
        0,
        control,
        compressed(HELLO.subarray(0, cut), { fin: false }),
        control,
        peer.fragment(0, HELLO.subarray(cut), true),
        control,
      );
      expect(events.filter((event) => event.kind === "text")).toEqual([{ kind: "text", text: "Hello" }]);
      expect(events).toHaveLength(4);
    }
  });

  test("reads the next message after one with BFINAL", () => {
    const connection = open(role, {}, transform());
    const { events } = receive(connection, 0, compressed(hex`f3 48 cd c9 c9 07 00 00`), compressed(HELLO));
    expect(events).toEqual(["Hello", "Hello"].map((text) => ({ kind: "text", text })));
  });

  test.each([
    ["truncated", hex`f2 48 cd`],
    ["empty", hex``],
    ["corrupt", hex`07`],
  ])("refuses %s compressed data, after the messages before it", (_, payload) => {
    const connection = open(role, {}, transform());
    const drained = receive(connection, 0, peer.text("before"), compressed(payload), peer.text("after"));
    const events = expectViolation(connection, role, drained, "compressed-data-invalid");
    expect(events).toEqual([{ kind: "text", text: "before" }]);
  });

  test("judges UTF-8 after decompression (RFC 6455 §8.1)", () => {
    const connection = open(role, {}, transform());
    const payload = zlibDeflate(hex`48 ff`).slice(0, -4);
    expectViolation(connection, role, receive(connection, 0, compressed(payload)), "text-invalid-utf8");
  });

  test("applies the limit to what a message inflates to", () => {
    for (const [length, tooBig] of [
      [1_000, false],
      [1_001, true],
    ] as const) {
      const connection = open(role, { maxMessageBytes: 1_000 }, transform());
      const payload = zlibDeflate(new Uint8Array(length)).slice(0, -4);
      const drained = receive(connection, 0, compressed(payload, { opcode: 2 }));
      if (tooBig) expectViolation(connection, role, drained, "message-too-big");
      else expect(drained.events).toEqual([{ kind: "binary", bytes: new Uint8Array(length) }]);
    }
  });

  test("compresses what it sends, marks the first frame only, and never a control frame", () => {
    const connection = open(role, {}, transform());
    connection.sendText("Hello");
    connection.sendFragment("Hel", false);
    connection.ping(0);
    connection.sendFragment("lo", true);
    const frames = framesIn(drain(connection));
    expect(frames.map((frame) => [frame.opcode, frame.rsv === 4])).toEqual([
      [1, true],
      [1, true],
      [9, false],
      [0, false],
    ]);
    expect(toHex(frames[0]!.payload)).toBe(toHex(HELLO));
  });

  test("sends a message as it is where that is asked for", () => {
    const connection = open(role, {}, transform());
    connection.sendText("Hello", { compress: false });
    const [frame] = framesIn(drain(connection));
    expect(frame!.rsv).toBe(0);
    expect(frame!.payload).toEqual(utf8("Hello"));
  });

  test("what one sends, the other reads", () => {
    const other = role === "client" ? "server" : "client";
    const [ours, theirs] = [open(role, {}, transform()), open(other, {}, transform())];
    const texts = ["", "a", "Hello, Hello, Hello", "\u{1f980}".repeat(50_000)];
    for (const text of texts) ours.sendText(text);
    const { events } = receive(theirs, 0, concat(drain(ours).bytes));
    expect(events).toEqual(texts.map((text) => ({ kind: "text", text })));
  });
});
