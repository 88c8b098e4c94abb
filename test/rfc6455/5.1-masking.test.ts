// RFC 6455 §5.1 (who masks) and §5.3 (how).

import { describe, expect, test } from "vitest";
import { encodeFrame } from "../reference/frames.ts";
import { drain, framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { concat, hex, toHex, utf8 } from "../support/hex.ts";
import { Peer } from "../support/peer.ts";
import { countingRandom } from "../support/random.ts";

const OPCODES = [0x1, 0x2, 0x8, 0x9, 0xa];

describe('§5.1: "a client MUST mask all frames that it sends to the server"', () => {
  test("a client masks every kind of frame, empty ones too", () => {
    const connection = open("client");
    connection.sendText("");
    connection.sendText("text");
    connection.sendBinary(new Uint8Array(100_000));
    connection.sendFragment("a", false);
    connection.sendFragment("b", true);
    connection.ping(0);
    connection.pong(hex`01`);
    const replies = receive(connection, 0, new Peer("client").ping(hex`02`), new Peer("client").close(1000));
    const frames = framesIn(replies);
    expect(frames).toHaveLength(9);
    expect(frames.every((frame) => frame.masked)).toBe(true);
  });

  test("a server closes the connection upon an unmasked frame of any kind (sec/mask-required)", () => {
    for (const opcode of OPCODES) {
      const connection = open("server");
      const drained = receive(connection, 0, encodeFrame({ opcode, payload: utf8("H") }));
      expectViolation(connection, "server", drained, "mask-missing");
    }
    const connection = open("server");
    expectViolation(connection, "server", receive(connection, 0, hex`81 01 48`), "mask-missing");
  });

  test("it does so at the second byte, and for a later fragment, too", () => {
    const connection = open("server");
    const drained = receive(connection, 0, new Peer("server").fragment(1, utf8("a")), hex`80 01`);
    expectViolation(connection, "server", drained, "mask-missing");
  });
});

describe('§5.1: "A server MUST NOT mask any frames that it sends to the client"', () => {
  test("a server masks nothing", () => {
    const connection = open("server");
    connection.sendText("text");
    connection.sendBinary(new Uint8Array(100_000));
    connection.sendFragment(hex`01`, true);
    connection.ping(0);
    connection.pong(hex`01`);
    const frames = framesIn(receive(connection, 0, new Peer("server").ping(), new Peer("server").close()));
    expect(frames).toHaveLength(7);
    expect(frames.some((frame) => frame.masked)).toBe(false);
  });

  test("a client closes the connection upon a masked frame of any kind (sec/mask-forbidden)", () => {
    for (const opcode of OPCODES) {
      const connection = open("client");
      const masked = encodeFrame({ opcode, payload: utf8("H"), maskKey: hex`00 00 00 00` });
      expectViolation(connection, "client", receive(connection, 0, masked), "mask-forbidden");
    }
    const connection = open("client");
    const drained = receive(connection, 0, hex`81 85 00 00 00 00 68 65 6c 6c 6f`);
    expectViolation(connection, "client", drained, "mask-forbidden");
  });
});

describe("§5.3: transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)", () => {
  test("the example of §5.7: a masked text message", () => {
    const connection = open("server");
    const { events } = receive(connection, 0, hex`81 85 37 fa 21 3d 7f 9f 4d 51 58`);
    expect(events).toEqual([{ kind: "text", text: "Hello" }]);
    const client = open("client", { random: (target) => target.set(hex`37 fa 21 3d`) });
    client.sendText("Hello");
    expect(toHex(takeEffects(client).bytes)).toBe(toHex(hex`81 85 37 fa 21 3d 7f 9f 4d 51 58`));
  });

  test("the key restarts with every frame and goes on over every cut of the chunks", () => {
    const key = hex`01 02 04 08`;
    const payload = Uint8Array.from({ length: 300 }, (_, index) => index);
    const bytes = concat(
      encodeFrame({ opcode: 2, fin: false, payload: payload.slice(0, 131), maskKey: key }),
      encodeFrame({ opcode: 0, payload: payload.slice(131), maskKey: key }),
    );
    for (let cut = 1; cut < bytes.length; cut++) {
      const connection = open("server");
      receive(connection, 0, bytes.slice(0, cut));
      const [event] = receive(connection, 0, bytes.slice(cut)).events;
      expectBytes(event?.kind === "binary" ? event.bytes : undefined, payload);
    }
  });

  test("frames at every offset of a chunk, and chunks at every offset of their memory, are unmasked right", () => {
    const payload = Uint8Array.from({ length: 200 }, (_, index) => index * 3);
    const message = encodeFrame({ opcode: 2, payload, maskKey: hex`a1 b2 c3 d4` });
    for (let offset = 0; offset < 8; offset++) {
      for (let inFront = 0; inFront < 4; inFront++) {
        const pong = encodeFrame({ opcode: 10, payload: new Uint8Array(inFront), maskKey: hex`00 00 00 00` });
        const memory = new Uint8Array(offset + pong.length + message.length + 3);
        const chunk = memory.subarray(offset, offset + pong.length + message.length);
        chunk.set(concat(pong, message));
        const connection = open("server");
        connection.receive(0, chunk);
        expect(drain(connection).events.at(-1)).toEqual({ kind: "binary", bytes: payload });
        // Nothing around the chunk is touched.
        expect(memory.subarray(0, offset)).toEqual(new Uint8Array(offset));
        expect(memory.subarray(-3)).toEqual(new Uint8Array(3));
      }
    }
  });

  test('"The masking key [...] MUST be unpredictable": every frame has the next four of the injected bytes', () => {
    const connection = open("client");
    for (let count = 0; count < 1_000; count++) connection.sendBinary(hex``);
    const keys = framesIn(takeEffects(connection)).map((frame) => frame.maskKey!);
    const expected = countingRandom();
    for (const key of keys) {
      const next = new Uint8Array(4);
      expected(next);
      expect(key).toEqual(next);
    }
  });
});
