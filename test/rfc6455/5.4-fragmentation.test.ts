// RFC 6455 §5.4.

import { describe, expect, test } from "vitest";
import { framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

describe("§5.4: receiving fragments", () => {
  for (const role of ROLES) {
    const peer = new Peer(role);

    test(`${role}: a message is its fragments' payloads, in order`, () => {
      const { events } = receive(
        open(role),
        0,
        peer.fragment(1, utf8("one, ")),
        peer.fragment(0, utf8("two, ")),
        peer.fragment(0, utf8("three"), true),
        peer.fragment(2, hex`01`),
        peer.fragment(0, hex`02 03`, true),
      );
      expect(events).toEqual([
        { kind: "text", text: "one, two, three" },
        { kind: "binary", bytes: hex`01 02 03` },
      ]);
    });

    test(`${role}: empty fragments are legal wherever they stand`, () => {
      const { events } = receive(
        open(role),
        0,
        peer.fragment(1, hex``),
        peer.fragment(0, hex``),
        peer.fragment(0, utf8("Hello")),
        peer.fragment(0, hex``),
        peer.fragment(0, hex``, true),
        peer.fragment(2, hex``),
        peer.fragment(0, hex``, true),
        peer.fragment(1, hex``),
        peer.fragment(0, hex``, true),
        peer.frame(1),
        peer.frame(2),
      );
      expect(events).toEqual([
        { kind: "text", text: "Hello" },
        { kind: "binary", bytes: hex`` },
        { kind: "text", text: "" },
        { kind: "text", text: "" },
        { kind: "binary", bytes: hex`` },
      ]);
    });

    test(`${role}: "Control frames MAY be injected in the middle of a fragmented message", and are handled at once`, () => {
      const connection = open(role);
      connection.ping(0, hex`07`);
      takeEffects(connection);
      receive(connection, 0, peer.fragment(1, utf8("a")));
      const ping = receive(connection, 1, peer.ping(hex`01`));
      expect(ping.events).toEqual([{ kind: "ping", payload: hex`01` }]);
      expect(framesIn(ping)).toMatchObject([{ opcode: 10, payload: hex`01` }]);
      expect(receive(connection, 2, peer.pong(hex`07`)).events).toMatchObject([{ acknowledged: [{ roundTrip: 2 }] }]);
      expect(receive(connection, 3, peer.fragment(0, utf8("b"), true)).events).toEqual([{ kind: "text", text: "ab" }]);
    });

    test(`${role}: a Close in the middle of a message ends it; what was incomplete is never delivered`, () => {
      const connection = open(role);
      const { events } = receive(
        connection,
        0,
        peer.fragment(1, utf8("a")),
        peer.close(1000),
        peer.fragment(0, hex``, true),
      );
      expect(events).toEqual([{ kind: "closing", code: 1000, reason: "" }]);
    });

    test(`${role}: a continuation with nothing to continue fails, at the first byte`, () => {
      for (const first of [0x00, 0x80]) {
        const connection = open(role);
        expectViolation(connection, role, receive(connection, 0, Uint8Array.of(first)), "continuation-unexpected");
      }
      const after = open(role);
      const messages = [peer.text("whole"), peer.fragment(1, utf8("a")), peer.fragment(0, utf8("b"), true)];
      const drained = receive(after, 0, ...messages, peer.fragment(0, utf8("c"), true));
      const events = expectViolation(after, role, drained, "continuation-unexpected");
      expect(events).toEqual([
        { kind: "text", text: "whole" },
        { kind: "text", text: "ab" },
      ]);
    });

    test(`${role}: a new message before the last one ended fails, at the first byte`, () => {
      for (const first of [0x01, 0x02, 0x81, 0x82]) {
        const connection = open(role);
        receive(connection, 0, peer.fragment(1, utf8("a")), peer.ping());
        expectViolation(connection, role, receive(connection, 0, Uint8Array.of(first)), "continuation-expected");
      }
    });

    test(`${role}: fragments may be cut inside a code point, and of any size`, () => {
      const text = utf8("x€😀é");
      for (let cut = 0; cut <= text.length; cut++) {
        const { events } = receive(
          open(role),
          0,
          peer.fragment(1, text.slice(0, cut)),
          peer.fragment(0, text.slice(cut), true),
        );
        expect(events).toEqual([{ kind: "text", text: "x€😀é" }]);
      }
      const byteByByte = [...text].map((byte, index) =>
        peer.fragment(index === 0 ? 1 : 0, Uint8Array.of(byte), index === text.length - 1),
      );
      expect(receive(open(role), 0, ...byteByByte).events).toEqual([{ kind: "text", text: "x€😀é" }]);
    });
  }
});

describe("§5.4: sending fragments", () => {
  test("the first has the opcode, the others 0, the last one FIN", () => {
    for (const role of ROLES) {
      const connection = open(role);
      connection.sendFragment("a", false);
      connection.sendFragment("", false);
      connection.sendFragment("b", true);
      connection.sendFragment(hex`01`, true);
      connection.sendFragment(hex``, false);
      connection.sendFragment(hex`02`, true);
      connection.sendText("whole");
      const frames = framesIn(takeEffects(connection));
      expect(frames.map(({ opcode, fin, payload }) => [opcode, fin, payload])).toEqual([
        [1, false, utf8("a")],
        [0, false, hex``],
        [0, true, utf8("b")],
        [2, true, hex`01`],
        [2, false, hex``],
        [0, true, hex`02`],
        [1, true, utf8("whole")],
      ]);
    }
  });

  test("control frames go between the fragments", () => {
    const connection = open("server");
    connection.sendFragment("a", false);
    connection.receive(0, new Peer("server").ping(hex`01`));
    connection.nextEvent();
    connection.pong(hex`02`);
    connection.ping(0, hex`03`);
    connection.sendFragment("b", false);
    connection.close(0);
    expect(framesIn(takeEffects(connection)).map(({ opcode }) => opcode)).toEqual([1, 10, 10, 9, 0, 8]);
  });

  test("another message cannot go between the fragments, nor can the kind change", () => {
    const connection = open("server");
    connection.sendFragment("a", false);
    for (const wrong of [
      () => connection.sendText("whole"),
      () => connection.sendBinary(hex`01`),
      () => connection.sendFragment(hex`01`, true),
    ]) {
      expect(wrong).toThrow(expect.objectContaining({ code: "message-in-progress" }));
    }
    connection.sendFragment("b", true);
    connection.sendBinary(hex`01`);
    expect(framesIn(takeEffects(connection)).map(({ opcode }) => opcode)).toEqual([1, 0, 2]);
    connection.sendFragment(hex`01`, false);
    expect(() => connection.sendFragment("text", true)).toThrow(
      expect.objectContaining({ code: "message-in-progress" }),
    );
  });

  test("a surrogate pair that is cut between two pieces of text arrives whole; a lone half as U+FFFD", () => {
    const high = "\ud83d";
    const low = "\ude00";
    for (const [pieces, expected] of [
      [[high, low], "😀"],
      [["a", high, "", low, "b"], "a😀b"],
      [[`a${high}`, `${low}b`], "a😀b"],
      [[high, high, low], "\ufffd😀"],
      [[high, "b"], "\ufffdb"],
      [[low, high], "\ufffd\ufffd"],
      [[high, ""], "\ufffd"],
      [[high], "\ufffd"],
    ] as const) {
      const connection = open("server");
      pieces.forEach((piece, index) => {
        connection.sendFragment(piece, index === pieces.length - 1);
      });
      const frames = framesIn(takeEffects(connection));
      // §5.6 allows a fragment to cut a code point, but none of ours does: each is text by itself.
      const decoder = new TextDecoder("utf-8", { fatal: true });
      expect(frames.map(({ payload }) => decoder.decode(payload)).join("")).toBe(expected);
    }
  });
});
