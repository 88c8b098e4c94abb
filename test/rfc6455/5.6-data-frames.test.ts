// RFC 6455 §5.6 and §6: messages of both kinds, sent and received.

import { describe, expect, test } from "vitest";
import type { ConnectionEvent } from "../../packages/protocol/src/index.ts";
import { framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

describe("§6.1: sending a message", () => {
  test("text goes out as UTF-8 in a text frame, bytes in a binary one, each whole", () => {
    for (const role of ROLES) {
      const connection = open(role);
      connection.sendText("κόσμε");
      connection.sendText("");
      connection.sendBinary(hex`00 ff`);
      connection.sendBinary(hex``);
      expect(framesIn(takeEffects(connection)).map(({ opcode, fin, payload }) => [opcode, fin, payload])).toEqual([
        [1, true, utf8("κόσμε")],
        [1, true, hex``],
        [2, true, hex`00 ff`],
        [2, true, hex``],
      ]);
    }
  });

  test("a lone surrogate is sent as U+FFFD", () => {
    const connection = open("server");
    for (const text of ["\ud800", "\udc00", "a\ud800b", "\udc00\ud800", "\ud83d\ude00\ud83d"])
      connection.sendText(text);
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const sent = framesIn(takeEffects(connection)).map(({ payload }) => decoder.decode(payload));
    expect(sent).toEqual(["\ufffd", "\ufffd", "a\ufffdb", "\ufffd\ufffd", "😀\ufffd"]);
  });

  test("messages go out in the order in which they were sent, whatever their sizes", () => {
    for (const role of ROLES) {
      const connection = open(role);
      const sizes = [1, 70_000, 5, 20_000, 0, 65_000, 100, 16_384, 16_383, 3];
      for (const size of sizes) connection.sendBinary(new Uint8Array(size).fill(size));
      const frames = framesIn(takeEffects(connection));
      expect(frames.map(({ payload }) => payload.length)).toEqual(sizes);
      for (const { payload } of frames) expectBytes(payload, new Uint8Array(payload.length).fill(payload.length));
    }
  });
});

describe("§6.2: receiving a message", () => {
  for (const role of ROLES) {
    const peer = new Peer(role);

    test(`${role}: text is decoded, bytes are handed over`, () => {
      const { events } = receive(open(role), 0, peer.text("κόσμε"), peer.binary(hex`00 ff`), peer.text(""));
      expect(events).toEqual([
        { kind: "text", text: "κόσμε" },
        { kind: "binary", bytes: hex`00 ff` },
        { kind: "text", text: "" },
      ]);
    });

    test(`${role}: U+FEFF at the beginning, U+0000 and non-characters belong to the text`, () => {
      for (const text of ["\ufeffBOM", "\u0000", "\ufffe\uffff", "\u{10ffff}"]) {
        expect(receive(open(role), 0, peer.text(text)).events).toEqual([{ kind: "text", text }]);
      }
    });

    test(`${role}: in one chunk, in two at every place, the result is the same`, () => {
      const bytes = concat(peer.text("text: κόσμε 😀"), peer.binary(Uint8Array.from({ length: 140 }, (_, i) => i)));
      const whole = receive(open(role), 0, bytes).events;
      for (let cut = 1; cut < bytes.length; cut++) {
        const connection = open(role);
        const first = receive(connection, 0, bytes.slice(0, cut)).events;
        expect([...first, ...receive(connection, 0, bytes.slice(cut)).events]).toEqual(whole);
      }
    });

    test(`${role}: a large message in chunks as TCP cuts them`, () => {
      const payload = Uint8Array.from({ length: 300_000 }, (_, index) => index * 31);
      const bytes = peer.binary(payload);
      for (const size of [997, 4_096, 16_384, 65_536]) {
        const connection = open(role);
        const events: ConnectionEvent[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          events.push(...receive(connection, 0, bytes.slice(at, at + size)).events);
        }
        const [event] = events;
        expect(events).toHaveLength(1);
        expectBytes(event?.kind === "binary" ? event.bytes : undefined, payload);
        expect(connection.retainedBytes).toBe(0);
      }
    });
  }
});

describe('delivery: "fragments": messages in pieces, as they arrive', () => {
  for (const role of ROLES) {
    const peer = new Peer(role);

    test(`${role}: binary pieces are what has arrived; the last one may be empty`, () => {
      const connection = open(role, { delivery: "fragments" });
      const frame = peer.fragment(2, hex`01 02 03 04`);
      const header = frame.length - 4;
      const piece = (bytes: Uint8Array, fin: boolean) => ({ kind: "fragment", message: "binary", bytes, fin });
      expect(receive(connection, 0, frame.slice(0, header)).events).toEqual([]);
      expect(receive(connection, 0, frame.slice(header, header + 3)).events).toEqual([piece(hex`01 02 03`, false)]);
      expect(receive(connection, 0, frame.slice(header + 3)).events).toEqual([piece(hex`04`, false)]);
      expect(receive(connection, 0, peer.fragment(0, hex``)).events).toEqual([]);
      expect(receive(connection, 0, peer.fragment(0, hex``, true)).events).toEqual([piece(hex``, true)]);
      expect(connection.retainedBytes).toBe(0);
    });

    test(`${role}: a whole message is one piece`, () => {
      const { events } = receive(
        open(role, { delivery: "fragments" }),
        0,
        peer.text("a"),
        peer.frame(2),
        peer.frame(1),
      );
      expect(events).toEqual([
        { kind: "fragment", message: "text", text: "a", fin: true },
        { kind: "fragment", message: "binary", bytes: hex``, fin: true },
        { kind: "fragment", message: "text", text: "", fin: true },
      ]);
    });

    test(`${role}: text is never cut inside a code point`, () => {
      const text = "a€😀é";
      const bytes = utf8(text);
      const connection = open(role, { delivery: "fragments" });
      const pieces: string[] = [];
      bytes.forEach((byte, index) => {
        const last = index === bytes.length - 1;
        const { events } = receive(connection, 0, peer.fragment(index === 0 ? 1 : 0, Uint8Array.of(byte), last));
        for (const event of events) {
          if (event.kind !== "fragment" || event.message !== "text") throw new Error("not a piece of text");
          expect(event.fin).toBe(last);
          pieces.push(event.text);
        }
        expect(connection.retainedBytes).toBeLessThanOrEqual(256);
      });
      expect(pieces).toEqual(["a", "€", "😀", "é"]);
    });

    test(`${role}: the beginning of a code point that waits is in front of the next piece`, () => {
      const connection = open(role, { delivery: "fragments" });
      const first = receive(connection, 0, peer.fragment(1, hex`61 e2 82`)).events;
      const second = receive(connection, 0, peer.fragment(0, hex`ac 62`, true)).events;
      expect([...first, ...second]).toEqual([
        { kind: "fragment", message: "text", text: "a", fin: false },
        { kind: "fragment", message: "text", text: "€b", fin: true },
      ]);
    });

    test(`${role}: control frames come between the pieces`, () => {
      const connection = open(role, { delivery: "fragments" });
      const { events } = receive(
        connection,
        0,
        peer.fragment(1, utf8("a")),
        peer.ping(),
        peer.fragment(0, utf8("b"), true),
      );
      expect(events.map((event) => event.kind)).toEqual(["fragment", "ping", "fragment"]);
    });
  }
});
