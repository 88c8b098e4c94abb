// RFC 6455 §5.2, the base framing protocol, and the examples of §5.7.

import { describe, expect, test } from "vitest";
import type { ConnectionEvent } from "../../packages/protocol/src/index.ts";
import { lengthField } from "../reference/frames.ts";
import { drain, framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { concat, hex, toHex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

function expectBinary(events: readonly ConnectionEvent[], bytes: Uint8Array): void {
  expect(events.map((event) => event.kind)).toEqual(["binary"]);
  if (events[0]?.kind === "binary") expectBytes(events[0].bytes, bytes);
}

describe("§5.7: the examples", () => {
  const patterned = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index & 0xff);

  test("a single-frame unmasked text message", () => {
    expect(receive(open("client"), 0, hex`81 05 48 65 6c 6c 6f`).events).toEqual([{ kind: "text", text: "Hello" }]);
    const server = open("server");
    server.sendText("Hello");
    expect(toHex(takeEffects(server).bytes)).toBe("81 05 48 65 6c 6c 6f");
  });

  test("a fragmented unmasked text message", () => {
    const { events } = receive(open("client"), 0, hex`01 03 48 65 6c 80 02 6c 6f`);
    expect(events).toEqual([{ kind: "text", text: "Hello" }]);
    const server = open("server");
    server.sendFragment("Hel", false);
    server.sendFragment("lo", true);
    expect(toHex(takeEffects(server).bytes)).toBe("01 03 48 65 6c 80 02 6c 6f");
  });

  test("an unmasked Ping request and a masked Ping response", () => {
    const client = open("client", { random: (target) => target.set(hex`37 fa 21 3d`) });
    const { events, bytes } = receive(client, 0, hex`89 05 48 65 6c 6c 6f`);
    expect(events).toEqual([{ kind: "ping", payload: utf8("Hello") }]);
    expect(toHex(bytes)).toBe("8a 85 37 fa 21 3d 7f 9f 4d 51 58");
  });

  test("256 bytes of binary data in a single unmasked frame", () => {
    const frame = concat(hex`82 7e 01 00`, patterned(256));
    expect(receive(open("client"), 0, frame).events).toEqual([{ kind: "binary", bytes: patterned(256) }]);
    const server = open("server");
    server.sendBinary(patterned(256));
    expect(takeEffects(server).bytes).toEqual(frame);
  });

  test("64 KiB of binary data in a single unmasked frame", () => {
    const frame = concat(hex`82 7f 00 00 00 00 00 01 00 00`, patterned(65_536));
    expectBinary(receive(open("client"), 0, frame).events, patterned(65_536));
    const server = open("server");
    server.sendBinary(patterned(65_536));
    expectBytes(takeEffects(server).bytes, frame);
  });
});

describe('§5.2: RSV1 to RSV3 "MUST be 0 unless an extension is negotiated that defines meanings"', () => {
  test("every combination fails, with every opcode, at the first byte", () => {
    for (const role of ROLES) {
      for (let reserved = 1; reserved <= 7; reserved++) {
        for (let opcode = 0; opcode <= 15; opcode++) {
          const connection = open(role);
          const drained = receive(connection, 0, Uint8Array.of(0x80 | (reserved << 4) | opcode));
          expectViolation(connection, role, drained, "reserved-bits");
        }
      }
    }
  });
});

describe("§5.2: reserved opcodes", () => {
  test("3 to 7 and B to F fail, at the first byte, also inside a fragmented message", () => {
    for (const role of ROLES) {
      for (const opcode of [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf]) {
        for (const fin of [0, 0x80]) {
          const connection = open(role);
          const drained = receive(connection, 0, Uint8Array.of(fin | opcode));
          expectViolation(connection, role, drained, "reserved-opcode");

          const inside = open(role);
          receive(inside, 0, new Peer(role).fragment(1, utf8("a")));
          expectViolation(inside, role, receive(inside, 0, Uint8Array.of(fin | opcode)), "reserved-opcode");
        }
      }
    }
  });

  test("what came before it is delivered first (Autobahn 4.1.3)", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const connection = open(role);
      const drained = receive(connection, 0, peer.text("Hello, world!"), peer.frame(5), peer.ping());
      const events = expectViolation(connection, role, drained, "reserved-opcode");
      expect(events).toEqual([{ kind: "text", text: "Hello, world!" }]);
    }
  });
});

describe('§5.2: "the minimal number of bytes MUST be used to encode the length"', () => {
  test("sent lengths are minimal around every border", () => {
    for (const role of ROLES) {
      for (const [length, bits] of [
        [0, 7],
        [1, 7],
        [125, 7],
        [126, 16],
        [127, 16],
        [65_535, 16],
        [65_536, 64],
        [70_000, 64],
      ] as const) {
        const connection = open(role);
        connection.sendBinary(new Uint8Array(length));
        connection.sendText("x".repeat(length));
        const frames = framesIn(takeEffects(connection));
        expect(frames.map(({ lengthBits, payload }) => [lengthBits, payload.length])).toEqual([
          [bits, length],
          [bits, length],
        ]);
      }
    }
  });

  test("text is measured in bytes, not in UTF-16 units, around every border", () => {
    for (const role of ROLES) {
      for (const text of [
        "é".repeat(63),
        "€".repeat(42),
        `${"x".repeat(124)}é`,
        "😀".repeat(16_384),
        "é".repeat(40_000),
      ]) {
        const connection = open(role);
        connection.sendText(text);
        const [frame] = framesIn(takeEffects(connection));
        expectBytes(frame?.payload, utf8(text));
      }
    }
  });

  test("received lengths in a longer form than needed fail; the smallest of each form are legal", () => {
    for (const role of ROLES) {
      const { masked } = new Peer(role);
      for (const [length, bits] of [
        [0, 16],
        [125, 16],
        [0, 64],
        [125, 64],
        [126, 64],
        [65_535, 64],
      ] as const) {
        const connection = open(role);
        const drained = receive(connection, 0, Uint8Array.of(0x82, ...lengthField(length, bits, masked)));
        expectViolation(connection, role, drained, "length-not-minimal");
      }
      for (const [length, bits] of [
        [126, 16],
        [65_535, 16],
        [65_536, 64],
      ] as const) {
        const connection = open(role);
        const { events } = receive(
          connection,
          0,
          new Peer(role).frame(2, new Uint8Array(length), { lengthBits: bits }),
        );
        expectBinary(events, new Uint8Array(length));
      }
    }
  });
});

describe('§5.2: of a 64-bit length "the most significant bit MUST be 0"', () => {
  test("a length with that bit fails at its first byte (sec/len64-msb)", () => {
    for (const role of ROLES) {
      const { masked } = new Peer(role);
      for (const length of [0x8000_0000_0000_0001n, 0xffff_ffff_ffff_ffffn]) {
        const header = Uint8Array.of(0x82, ...lengthField(length, 64, masked));
        const connection = open(role);
        receive(connection, 0, header.slice(0, 2));
        expect(connection.state).toBe("open");
        expectViolation(connection, role, receive(connection, 0, header.slice(2, 3)), "length-top-bit");
      }
    }
  });
});

describe("TCP has no frames", () => {
  test("each byte in a chunk of its own gives the same as all of them in one", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const bytes = concat(
        peer.text("κόσμε"),
        peer.fragment(2, new Uint8Array(130).fill(7)),
        peer.ping(hex`01`),
        peer.fragment(0, hex``),
        peer.pong(hex`02`),
        peer.fragment(0, hex`03`, true),
        peer.close(4000, "bye"),
        peer.text("never read"),
      );
      const whole = open(role);
      const expected = receive(whole, 0, bytes);
      expect(expected.events).toHaveLength(5);

      const bytewise = open(role);
      const events = [...bytes].flatMap((byte) => {
        bytewise.receive(0, Uint8Array.of(byte));
        return drainEvents(bytewise);
      });
      expect(events).toEqual(expected.events);
      expect(takeEffects(bytewise).bytes).toEqual(expected.bytes);
    }
  });

  function drainEvents(connection: ReturnType<typeof open>): unknown[] {
    const events: unknown[] = [];
    for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) events.push(event);
    return events;
  }

  test("a header that is not complete is waited for, and costs nothing", () => {
    for (const role of ROLES) {
      const message = new Peer(role).frame(2, new Uint8Array(70_000), { lengthBits: 64 });
      const connection = open(role);
      const headerBytes = role === "server" ? 14 : 10;
      for (let at = 0; at < headerBytes; at++) {
        expect(receive(connection, 0, message.slice(at, at + 1))).toMatchObject({ events: [], effects: [] });
        expect(connection.retainedBytes).toBe(0);
      }
      connection.receive(0, message.slice(headerBytes));
      expectBinary(drain(connection).events, new Uint8Array(70_000));
    }
  });
});
