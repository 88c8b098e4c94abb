// Text messages as the bytes that they are on the wire, received and sent.

import { Connection, type ConnectionOptions, portableTextCodec, type SendOptions } from "@sansock/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../reference/seed.ts";
import { drain, open, receive } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer } from "../support/peer.ts";
import { countingRandom } from "../support/random.ts";

const peer = new Peer("server");

function server(options: Partial<ConnectionOptions> = {}): Connection {
  return open("server", { text: "utf8", ...options });
}

describe('text: "utf8"', () => {
  test("delivers text as the bytes that arrived, in one piece or several, and binary as ever", () => {
    const connection = server();
    const whole = utf8("Grüße, 東京");
    const { events } = receive(
      connection,
      0,
      peer.frame(1, whole),
      peer.frame(1, whole.slice(0, 4), { fin: false }),
      peer.frame(0, whole.slice(4)),
      peer.frame(2, hex`ff`),
      peer.frame(1, hex``),
    );
    expect(events).toEqual([
      { kind: "utf8", bytes: whole },
      { kind: "utf8", bytes: whole },
      { kind: "binary", bytes: hex`ff` },
      { kind: "utf8", bytes: hex`` },
    ]);
  });

  test("in fragments it is cut between code points, as strings are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), fc.array(fc.nat({ max: 90 })), (text, cuts) => {
        const frame = peer.frame(1, utf8(text));
        const connection = server({ delivery: "fragments" });
        const edges = [0, ...cuts.map((cut) => Math.min(cut, frame.length)).sort((a, b) => a - b), frame.length];
        const chunks = edges.slice(1).map((edge, index) => frame.slice(edges[index], edge));
        const pieces = receive(connection, 0, ...chunks).events.map((event) => {
          if (event.kind !== "fragment" || event.message !== "utf8") return expect.fail(event.kind);
          expect(portableTextCodec.decode(event.bytes, 0, event.bytes.length)).toBeDefined();
          return event;
        });
        expect(concat(...pieces.map(({ bytes }) => bytes))).toEqual(utf8(text));
        expect(pieces.map(({ fin }) => fin)).toEqual(pieces.map((_, index) => index === pieces.length - 1));
      }),
      seeded(200),
    );
  });

  test("is validated all the same, whole and at the first byte of a piece", () => {
    for (const delivery of ["messages", "fragments"] as const) {
      const connection = server({ delivery });
      const events = expectViolation(
        connection,
        "server",
        receive(connection, 0, peer.frame(1, concat(utf8("x".repeat(100)), hex`ff`))),
        "text-invalid-utf8",
      );
      expect(events).toEqual([]);
      const early = server({ delivery });
      const half = peer.frame(1, concat(hex`ff`, new Uint8Array(100))).slice(0, 20);
      expectViolation(early, "server", receive(early, 0, half), "text-invalid-utf8");
    }
  });

  test("is not limited by how long a string can be", () => {
    expect(() => server({ maxMessageBytes: 2 ** 40 })).not.toThrow();
  });

  test("asks a codec that can validate, and the portable one otherwise", () => {
    const asked: number[] = [];
    const { decode, byteLength, encodeInto } = portableTextCodec;
    const isWellFormed = (bytes: Uint8Array): boolean => asked.push(bytes.length) > 0;
    const believing = server({ textCodec: { decode, byteLength, encodeInto, isWellFormed } });
    expect(receive(believing, 0, peer.frame(1, hex`ff`)).events).toEqual([{ kind: "utf8", bytes: hex`ff` }]);
    expect(asked).toEqual([1]);
    const portable = server({ textCodec: { decode, byteLength, encodeInto } });
    expectViolation(portable, "server", receive(portable, 0, peer.frame(1, hex`ff`)), "text-invalid-utf8");
  });
});

describe("a message object is sent as the kind that it is", () => {
  const sent = (send: (connection: Connection) => void): Uint8Array => {
    const connection = open("server");
    send(connection);
    return drain(connection).bytes;
  };

  test("text, binary and UTF-8 on its way back", () => {
    const bytes = utf8("Köln");
    expect(sent((connection) => connection.sendMessage({ kind: "text", text: "Köln" }))).toEqual(
      sent((connection) => connection.sendText("Köln")),
    );
    expect(sent((connection) => connection.sendMessage({ kind: "binary", bytes }))).toEqual(
      sent((connection) => connection.sendBinary(bytes)),
    );
    expect(sent((connection) => connection.sendMessage({ kind: "utf8", bytes }))).toEqual(
      sent((connection) => connection.sendText("Köln")),
    );
  });

  test("bytes that are not UTF-8 cannot be sent as text", () => {
    const connection = open("server");
    for (const bytes of [hex`ff`, hex`c3`, hex`ed a0 80`]) {
      expect(() => connection.sendUtf8(bytes)).toThrow(expect.objectContaining({ code: "bad-argument" }));
    }
    expect(() => connection.sendUtf8("text" as never)).toThrow(expect.objectContaining({ code: "bad-argument" }));
    expect(drain(connection).effects).toEqual([]);
  });

  test("what is no message is refused", () => {
    const connection = open("server");
    for (const wrong of [undefined, null, {}, { kind: "ping" }, 5]) {
      expect(() => connection.sendMessage(wrong as never)).toThrow(expect.objectContaining({ code: "bad-argument" }));
    }
  });

  test("it is compressed where text is", () => {
    const wanted: string[] = [];
    const connection = new Connection(
      0,
      { role: "server", random: countingRandom() },
      {
        rsv: 0x40,
        wants: (kind, byteLength) => wanted.push(`${kind} ${byteLength}`) > 0,
        encode: () => hex`aa`,
        push: () => {},
        pull: () => undefined,
      },
    );
    const plain: SendOptions = { compress: false };
    connection.sendUtf8(utf8("Köln"));
    connection.sendUtf8(utf8("Köln"), plain);
    expect(drain(connection).bytes).toEqual(hex`c1 01 aa 81 05 4b c3 b6 6c 6e`);
    expect(wanted).toEqual(["text 5"]);
  });
});
