// Published attacks on compression, seen from a connection, in both roles.

import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Connection,
  type MessageTransform,
  type PermessageDeflateOptions,
  permessageDeflate,
} from "../../packages/protocol/src/index.ts";
import { answer, ask, client, request, response, server, taken } from "../handshake/support.ts";
import { seeded } from "../reference/seed.ts";
import { drain, framesIn, open, receive } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { collectGarbage } from "../support/gc.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";
import { scaled } from "./campaign.ts";

const HELLO = hex`f2 48 cd c9 c9 07 00`;
const MIB = 1 << 20;
/** How much is decompressed before the limit is looked at. */
const SLICE = 32 * 1024;

const deflate = (options: PermessageDeflateOptions = {}): MessageTransform =>
  permessageDeflate({ thresholdBytes: 0, ...options }).confirm([])!;

/** Counts what is ever decompressed: memory cannot grow faster than this. */
class Counted implements MessageTransform {
  readonly #inner: MessageTransform = deflate();
  producedBytes = 0;
  readonly rsv = this.#inner.rsv;

  wants(kind: "text" | "binary", byteLength: number): boolean {
    return this.#inner.wants(kind, byteLength);
  }
  encode(bytes: Uint8Array, fin: boolean): Uint8Array {
    return this.#inner.encode(bytes, fin);
  }
  push(bytes: Uint8Array, fin: boolean): void {
    this.#inner.push(bytes, fin);
  }
  pull(maxBytes: number): Uint8Array | undefined | "invalid" {
    const piece = this.#inner.pull(maxBytes);
    if (piece !== undefined && piece !== "invalid") this.producedBytes += piece.length;
    return piece;
  }
}

/** So many MiB of zeros, about a thousandth of that: one compressed block, again and again. */
function bomb(mebibytes: number): Uint8Array {
  const block = deflateRawSync(new Uint8Array(MIB), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return concat(...new Array<Uint8Array>(mebibytes).fill(block)).subarray(0, -4);
}

describe.each(ROLES)("against a %s", (role) => {
  const peer = new Peer(role);
  const compressed = (payload: Uint8Array, fields: { opcode?: number; fin?: boolean } = {}): Uint8Array =>
    peer.frame(fields.opcode ?? 1, payload, { rsv: 4, fin: fields.fin ?? true });

  /** Sends until the connection has had enough; the counted transform tells what that cost. */
  function attack(chunks: Iterable<Uint8Array>, prepare?: (connection: Connection) => void): Counted {
    const transform = new Counted();
    const connection = open(role, {}, transform);
    prepare?.(connection);
    for (const chunk of chunks) {
      receive(connection, 0, chunk);
      if (connection.state !== "open") break;
    }
    expect(connection.state).toBe("closing");
    expect(connection.retainedBytes).toBe(0);
    return transform;
  }

  test("sec/bomb-single: of a bomb, the limit and 32 KiB are decompressed, and 1009 is the answer (CVE-2018-1000518, CVE-2026-1526)", () => {
    const payload = bomb(scaled(64, 1_024));
    const transform = new Counted();
    const connection = open(role, {}, transform);
    expectViolation(connection, role, receive(connection, 0, compressed(payload, { opcode: 2 })), "message-too-big");
    expect(transform.producedBytes).toBeGreaterThan(MIB);
    expect(transform.producedBytes).toBeLessThanOrEqual(MIB + SLICE);
  });

  test("sec/bomb-ratio-interleaved: Pings between its fragments hide no bomb", () => {
    const payload = bomb(8);
    function* fragments(): Generator<Uint8Array> {
      for (let at = 0; at < payload.length; at += 16) {
        const piece = payload.subarray(at, at + 16);
        yield at === 0 ? compressed(piece, { opcode: 2, fin: false }) : peer.fragment(0, piece);
        yield peer.ping(hex`01`);
      }
    }
    expect(attack(fragments()).producedBytes).toBeLessThanOrEqual(MIB + SLICE);
  });

  test("sec/bomb-context: a dictionary in an earlier message hides none either", () => {
    const primer = Uint8Array.from({ length: 258 }, (_, at) => at);
    const first = deflateRawSync(primer, { level: 9, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const payload = deflateRawSync(concat(...new Array<Uint8Array>(20_000).fill(primer)), {
      level: 9,
      dictionary: primer,
      finishFlush: constants.Z_SYNC_FLUSH,
    }).subarray(0, -4);
    const transform = attack([compressed(payload, { opcode: 2 })], (connection) => {
      const { events } = receive(connection, 0, compressed(first, { opcode: 2 }));
      expect(events).toEqual([{ kind: "binary", bytes: primer }]);
    });
    expect(transform.producedBytes).toBeLessThanOrEqual(primer.length + MIB + SLICE);
  });

  test("sec/bomb-many: one bomb after the other leaves nothing behind", async () => {
    const payload = compressed(bomb(4), { opcode: 2 });
    const explode = (): void => {
      expect(attack([payload]).producedBytes).toBeLessThanOrEqual(MIB + SLICE);
    };
    for (let count = 0; count < 20; count++) explode();
    await collectGarbage();
    const before = process.memoryUsage();
    for (let count = 0; count < scaled(50, 10_000); count++) explode();
    await collectGarbage();
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 * MIB);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(2 * MIB);
  });

  test("sec/rsv1-unnegotiated: nothing is decompressed that was not agreed on (CVE-2026-59881)", () => {
    const connection = open(role);
    expectViolation(connection, role, receive(connection, 0, compressed(HELLO)), "reserved-bits");
  });

  test("sec/control-does-not-touch-compression: control frames may stand at every position", () => {
    for (const control of [peer.ping(hex`78`), peer.pong(hex`78`)]) {
      const connection = open(role, {}, deflate());
      const bytes = [...HELLO].flatMap((byte, index) => [
        control,
        index === 0
          ? compressed(Uint8Array.of(byte), { fin: false })
          : peer.fragment(0, Uint8Array.of(byte), index === HELLO.length - 1),
      ]);
      const { events } = receive(connection, 0, ...bytes, control, compressed(hex`f2 00 11 00 00`));
      expect(events.filter(({ kind }) => kind === "text")).toEqual(
        ["Hello", "Hello"].map((text) => ({ kind: "text", text })),
      );
      expect(events).toHaveLength(2 + HELLO.length + 1);
    }
    const connection = open(role, {}, deflate());
    const { events } = receive(connection, 0, compressed(HELLO.subarray(0, 3), { fin: false }), peer.close(1000));
    expect(events.filter(({ kind }) => kind !== "closing")).toEqual([]);
    expect(connection.state).toBe("closing");
  });

  test("sec/bfinal-then-next: a final block ends no stream", () => {
    const connection = open(role, {}, deflate());
    const { events } = receive(connection, 0, compressed(hex`f3 48 cd c9 c9 07 00 00`), compressed(HELLO));
    expect(events).toEqual(["Hello", "Hello"].map((text) => ({ kind: "text", text })));
  });

  test("sec/pmd-truncated: half a compressed message is none", () => {
    for (let length = 1; length < HELLO.length - 1; length++) {
      const connection = open(role, {}, deflate());
      const drained = receive(connection, 0, compressed(HELLO.subarray(0, length)));
      expectViolation(connection, role, drained, "compressed-data-invalid");
    }
  });

  test("sec/pmd-zero: a compressed message without a byte is no empty one", () => {
    const connection = open(role, {}, deflate());
    expectViolation(connection, role, receive(connection, 0, compressed(hex``)), "compressed-data-invalid");
  });

  test("sec/no-input-mutation: nothing outside the chunk is touched, nor the frame behind the compressed one (uWebSockets #1650)", () => {
    const behind = compressed(hex`f2 00 11 00 00`);
    const whole = concat(new Uint8Array(64).fill(0xaa), compressed(HELLO), behind, new Uint8Array(64).fill(0x55));
    const connection = open(role, {}, deflate());
    connection.receive(0, whole.subarray(64, -64));
    expect(drain(connection).events).toEqual(["Hello", "Hello"].map((text) => ({ kind: "text", text })));
    expect(whole.subarray(0, 64)).toEqual(new Uint8Array(64).fill(0xaa));
    expect(whole.subarray(-64)).toEqual(new Uint8Array(64).fill(0x55));
  });

  test("sec/pmd-mix: compressed, plain and fragmented messages, with control frames anywhere, arrive as zlib made them", () => {
    const message = fc.record({
      text: fc.oneof(
        fc.string({ maxLength: 40, unit: "grapheme" }),
        fc.constantFrom("", "abc".repeat(500), "\u{1f980}"),
      ),
      how: fc.constantFrom("plain", "compressed", "with a final block", "stored"),
      cuts: fc.array(fc.nat(60), { maxLength: 4 }),
      control: fc.constantFrom("ping", "pong", undefined),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const connection = open(role, {}, deflate());
        const bytes = messages.flatMap(({ text, how, cuts, control }) => {
          const content = utf8(text);
          const payload =
            how === "plain"
              ? content
              : how === "with a final block"
                ? concat(deflateRawSync(content), hex`00`)
                : deflateRawSync(content, {
                    finishFlush: constants.Z_SYNC_FLUSH,
                    level: how === "stored" ? 0 : 6,
                  }).subarray(0, -4);
          const places = [...new Set(cuts)].filter((at) => at < payload.length).sort((a, b) => a - b);
          const pieces = [0, ...places].map((from, index) => payload.subarray(from, places[index] ?? payload.length));
          return pieces.flatMap((piece, index) => [
            peer.frame(index === 0 ? 1 : 0, piece, {
              fin: index === pieces.length - 1,
              rsv: index === 0 && how !== "plain" ? 4 : 0,
            }),
            ...(control === undefined ? [] : [control === "ping" ? peer.ping(hex`01`) : peer.pong(hex`02`)]),
          ]);
        });
        const { events } = receive(connection, 0, ...bytes);
        const texts = events.flatMap((event) => (event.kind === "text" ? [event.text] : []));
        expect(texts).toEqual(messages.map(({ text }) => text));
        // And back: what it answers, zlib reads as one stream.
        for (const text of texts) connection.sendText(text);
        const stream = concat(
          ...framesIn(drain(connection))
            .filter(({ opcode }) => opcode === 1)
            .flatMap(({ rsv, payload }) => (rsv === 4 ? [payload, hex`00 00 ff ff`] : [])),
        );
        expect(inflateRawSync(stream, { finishFlush: constants.Z_SYNC_FLUSH }).toString()).toBe(texts.join(""));
      }),
      seeded(scaled(60, 50_000)),
    );
  });
});

describe("sec/smwb-range: window bits that are none", () => {
  const VALUES = [
    "0",
    "7",
    "16",
    "1000",
    "-1",
    "08",
    "015",
    "1e1",
    '""',
    '" 9"',
    '"9',
    "",
    "8.0",
    "0x9",
    "9".repeat(65),
  ];

  test.each(VALUES)("%j opens no connection with compression, and throws nothing (CVE-2026-2229)", (value) => {
    for (const name of ["server_max_window_bits", "client_max_window_bits"]) {
      const header = { "Sec-WebSocket-Extensions": `permessage-deflate; ${name}=${value}` };
      const handshake = server({ extensions: [permessageDeflate()] });
      if (ask(handshake, request(header)).kind === "request") {
        handshake.accept(0);
        expect(taken(handshake).text).not.toMatch(/Sec-WebSocket-Extensions/i);
      }
      const asked = client({ extensions: [permessageDeflate()] });
      expect(answer(asked, response(header)).kind).toBe("failed");
    }
  });
});
