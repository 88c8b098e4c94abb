// How what is sent becomes write effects: coalesced, in order, by reference where that is worth it.

import { describe, expect, test } from "vitest";
import { Connection, ConnectionSettings, prepareMessage } from "../../packages/protocol/src/index.ts";
import { closedIn, drain, framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { hex, utf8 } from "../support/hex.ts";
import { closePayload, Peer, ROLES } from "../support/peer.ts";
import { countingRandom } from "../support/random.ts";
import { InvertingTransform, invert } from "../support/transforms.ts";

describe("one effect, one system call", () => {
  test("everything small that one turn causes goes out as one write", () => {
    for (const role of ROLES) {
      const connection = open(role);
      connection.receive(0, new Peer(role).ping(hex`01`));
      connection.nextEvent();
      for (let count = 0; count < 500; count++) connection.sendText(`message ${count}`);
      connection.sendBinary(hex`02`);
      connection.close(0);
      const { effects, bytes } = takeEffects(connection);
      expect(effects).toHaveLength(1);
      expect(framesIn({ bytes })).toHaveLength(503);
    }
  });

  test("much goes out in several, each of no more than 128 KiB, none empty", () => {
    for (const role of ROLES) {
      const connection = open(role);
      for (let count = 0; count < 1_000; count++) connection.sendText("x".repeat(1_000));
      const { effects, bytes } = takeEffects(connection);
      const lengths = effects.map((effect) => (effect.kind === "write" ? effect.bytes.length : 0));
      expect(lengths.length).toBeLessThanOrEqual(20);
      for (const length of lengths) {
        expect(length).toBeLessThanOrEqual(131_072);
        expect(length).toBeGreaterThan(0);
      }
      expect(framesIn({ bytes })).toHaveLength(1_000);
    }
  });

  test("two connections that share settings do not write into each other's memory", () => {
    const settings = new ConnectionSettings({ role: "server", random: countingRandom() });
    const connections = Array.from({ length: 20 }, () => new Connection(0, settings));
    const written = connections.map(() => [] as Uint8Array[]);
    const expected = connections.map(() => [] as string[]);
    // Turns of different lengths, taken at different times, so that the regions of memory interleave and grow.
    for (let turn = 0; turn < 300; turn++) {
      const index = (turn * 7) % 20;
      const text = String.fromCharCode(97 + index).repeat((turn * 37) % 700);
      connections[index]!.sendText(text);
      expected[index]!.push(text);
      const taking = (turn * 11) % 20;
      if (turn % 3 === 0) written[taking]!.push(takeEffects(connections[taking]!).bytes);
    }
    connections.forEach((connection, index) => {
      written[index]!.push(takeEffects(connection).bytes);
      const texts = written[index]!.flatMap((bytes) => framesIn({ bytes })).map(({ payload }) =>
        new TextDecoder().decode(payload),
      );
      expect(texts).toEqual(expected[index]);
    });
  });

  test("memory comes from where the runtime wants it, and no write shows more of it than was written", () => {
    const allocated: ArrayBufferLike[] = [];
    const allocate = (length: number): Uint8Array => {
      const memory = Buffer.alloc(length);
      allocated.push(memory.buffer);
      return memory;
    };
    for (const role of ROLES) {
      const connection = open(role, { allocate });
      for (const length of [0, 1, 100, 5_000, 20_000, 70_000]) connection.sendText("é".repeat(length));
      connection.sendBinary(new Uint8Array(10));
      const { effects } = takeEffects(connection);
      for (const effect of effects) {
        if (effect.kind === "write") expect(allocated).toContain(effect.bytes.buffer);
      }
    }
  });
});

describe("large payloads", () => {
  test("a server passes them on by reference, between what was sent before and after", () => {
    const connection = open("server");
    const large = new Uint8Array(65_536).fill(7);
    connection.sendText("before");
    connection.sendBinary(large);
    connection.sendText("after");
    const { effects, bytes } = takeEffects(connection);
    expect(effects.filter((effect) => effect.kind === "write" && effect.bytes === large)).toHaveLength(1);
    expect(effects).toHaveLength(3);
    expect(framesIn({ bytes }).map(({ opcode, payload }) => [opcode, payload.length])).toEqual([
      [1, 6],
      [2, 65_536],
      [1, 5],
    ]);
  });

  test("a client masks a copy", () => {
    const connection = open("client");
    const large = new Uint8Array(100_000).fill(7);
    connection.sendBinary(large);
    const { effects, bytes } = takeEffects(connection);
    expect(effects.some((effect) => effect.kind === "write" && effect.bytes.buffer === large.buffer)).toBe(false);
    expectBytes(framesIn({ bytes })[0]?.payload, large);
  });
});

describe("the numbers", () => {
  test("outgoingBytes is what nextEffect() has not handed out; queuedBytes also what the transport still holds", () => {
    for (const role of ROLES) {
      const connection = open(role);
      expect([connection.outgoingBytes, connection.queuedBytes]).toEqual([0, 0]);
      for (const size of [0, 10, 20_000, 300, 70_000]) connection.sendBinary(new Uint8Array(size));
      connection.sendText("text");
      const all = connection.outgoingBytes;
      let taken = 0;
      for (let effect = connection.nextEffect(); effect?.kind === "write"; effect = connection.nextEffect()) {
        taken += effect.bytes.length;
        expect(connection.outgoingBytes).toBe(all - taken);
      }
      expect(taken).toBe(all);
      connection.handleTransportQueue(0, 5_000);
      expect([connection.outgoingBytes, connection.queuedBytes]).toEqual([0, 5_000]);
      connection.handleTransportQueue(0, 0);
      expect(connection.queuedBytes).toBe(0);
    }
  });
});

describe("prepared messages", () => {
  test("they are encoded once, and sent to any number of peers by a server, several in one write", () => {
    const text = prepareMessage("κόσμε");
    const binary = prepareMessage(hex`01 02 03`);
    const first = open("server");
    first.sendPrepared(text);
    first.sendPrepared(binary);
    const second = open("server");
    second.sendText("before");
    second.sendPrepared(text);
    second.sendText("after");
    const { effects, bytes } = takeEffects(first);
    expect(effects).toHaveLength(1);
    expect(framesIn({ bytes }).map(({ opcode, fin, payload }) => [opcode, fin, payload])).toEqual([
      [1, true, utf8("κόσμε")],
      [2, true, hex`01 02 03`],
    ]);
    const interleaved = takeEffects(second);
    expect(interleaved.effects).toHaveLength(1);
    expect(framesIn(interleaved).map(({ payload }) => payload)).toEqual([utf8("before"), utf8("κόσμε"), utf8("after")]);
  });

  test("large ones go by reference behind what was sent before", () => {
    const connection = open("server");
    const large = prepareMessage(new Uint8Array(70_000));
    connection.sendText("before");
    connection.sendPrepared(large);
    const { effects } = takeEffects(connection);
    expect(effects[1]?.kind === "write" && effects[1].bytes).toBe(large.frame);
  });

  test("a client masks them, and its Pongs go out before them", () => {
    for (const role of ROLES) {
      const connection = open(role);
      const message = prepareMessage("text");
      connection.receive(0, new Peer(role).ping(hex`01`));
      connection.nextEvent();
      connection.sendPrepared(message);
      const frames = framesIn(takeEffects(connection));
      expect(frames.map(({ opcode, masked }) => [opcode, masked])).toEqual([
        [10, role === "client"],
        [1, role === "client"],
      ]);
      expect(frames[1]?.payload).toEqual(utf8("text"));
      expectBytes(message.frame, hex`81 04 ${utf8("text")}`);
    }
  });

  test("the caller's bytes are copied", () => {
    const bytes = Buffer.from([1, 2, 3]);
    const message = prepareMessage(bytes);
    bytes.fill(9);
    expect(message.payload).toEqual(hex`01 02 03`);
  });

  test("what is no message is refused", () => {
    const transferred = hex`01`;
    structuredClone(transferred.buffer, { transfer: [transferred.buffer] });
    for (const wrong of [undefined, null, 5, new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), transferred]) {
      expect(() => prepareMessage(wrong as unknown as string)).toThrow(
        expect.objectContaining({ code: "bad-argument" }),
      );
    }
  });

  test("they are messages: not between fragments, not after closing has begun", () => {
    const connection = open("server");
    const message = prepareMessage("text");
    connection.sendFragment("a", false);
    expect(() => connection.sendPrepared(message)).toThrow(expect.objectContaining({ code: "message-in-progress" }));
    connection.close(0);
    expect(() => connection.sendPrepared(message)).toThrow(expect.objectContaining({ code: "not-open" }));
  });
});

describe("with an extension", () => {
  test("messages are transformed and marked with its bit, control frames are not", () => {
    for (const role of ROLES) {
      const connection = open(role, {}, new InvertingTransform());
      connection.sendText("text");
      connection.sendBinary(hex`01`);
      connection.sendPrepared(prepareMessage("prepared"));
      connection.sendPrepared(prepareMessage(hex`02`));
      connection.ping(0, hex`03`);
      connection.close(0);
      const frames = framesIn(takeEffects(connection));
      expect(frames.map(({ opcode, rsv }) => [opcode, rsv])).toEqual([
        [1, 4],
        [2, 4],
        [1, 4],
        [2, 4],
        [9, 0],
        [8, 0],
      ]);
      expect(frames.slice(0, 4).map(({ payload }) => payload)).toEqual([
        invert(utf8("text")),
        invert(hex`01`),
        invert(utf8("prepared")),
        invert(hex`02`),
      ]);
    }
  });

  test("of a fragmented message only the first frame is marked", () => {
    const connection = open("server", {}, new InvertingTransform());
    connection.sendFragment("a", false);
    connection.sendFragment("b", false);
    connection.ping(0, hex``);
    connection.sendFragment("c", true);
    connection.sendFragment(hex`01`, true);
    const frames = framesIn(takeEffects(connection));
    expect(frames.map(({ opcode, rsv, fin }) => [opcode, rsv, fin])).toEqual([
      [1, 4, false],
      [0, 0, false],
      [9, 0, true],
      [0, 0, true],
      [2, 4, true],
    ]);
    expect(frames[3]?.payload).toEqual(invert(utf8("c")));
  });

  test("a message that it does not want, or that the caller keeps from it, goes out as it is", () => {
    const asked: unknown[] = [];
    const transform = new InvertingTransform(1, (kind, byteLength) => {
      asked.push([kind, byteLength]);
      return byteLength > 3;
    });
    const connection = open("server", {}, transform);
    connection.sendText("abc");
    connection.sendText("abcd", { compress: false });
    connection.sendBinary(hex`01 02 03 04`, { compress: true });
    connection.sendFragment("abc", false);
    connection.sendFragment("long enough, but too late", true);
    connection.sendFragment("abcd", true, { compress: false });
    const frames = framesIn(takeEffects(connection));
    expect(frames.map(({ rsv }) => rsv)).toEqual([0, 0, 4, 0, 0, 0]);
    expect(asked).toEqual([
      ["text", 3],
      ["binary", 4],
      ["text", 3],
    ]);
  });

  test("received messages are transformed back, marked or not, with control frames in between", () => {
    for (const role of ROLES) {
      const peer = new Peer(role);
      const connection = open(role, {}, new InvertingTransform());
      const { events } = receive(
        connection,
        0,
        peer.frame(1, invert(utf8("one")), { rsv: 4 }),
        peer.text("two"),
        peer.frame(1, invert(utf8("thr")), { rsv: 4, fin: false }),
        peer.ping(hex`01`),
        peer.frame(0, hex``, { fin: false }),
        peer.frame(0, invert(utf8("ee"))),
        peer.fragment(2, hex`04`),
        peer.fragment(0, hex`05`, true),
        peer.frame(2, hex``, { rsv: 4 }),
      );
      expect(events).toEqual([
        { kind: "text", text: "one" },
        { kind: "text", text: "two" },
        { kind: "ping", payload: hex`01` },
        { kind: "text", text: "three" },
        { kind: "binary", bytes: hex`04 05` },
        { kind: "binary", bytes: hex`` },
      ]);
    }
  });

  test("sec/limit-after-inflate: the limit holds for what comes out, and is noticed within 32 KiB", () => {
    const peer = new Peer("server");
    for (const kind of [1, 2]) {
      for (const [count, fits] of [
        [1_000, true],
        [1_001, false],
        [2_000_000, false],
      ] as const) {
        const transform = new InvertingTransform(count);
        const connection = open("server", { maxMessageBytes: 1_000 }, transform);
        const { events } = receive(connection, 0, peer.frame(kind, invert(utf8("x")), { rsv: 4 }));
        expect(events.map((event) => event.kind)).toEqual(fits ? [kind === 1 ? "text" : "binary"] : []);
        expect(connection.state).toBe(fits ? "open" : "closing");
        expect(transform.pulledBytes).toBeLessThanOrEqual(1_000 + 32 * 1_024);
        if (fits) continue;
        connection.handleTransportClosed(0);
        expect(drain(connection).events).toMatchObject([
          { cause: { kind: "violation", violation: "message-too-big" }, sent: { code: 1009 } },
        ]);
      }
    }
  });

  test("sec/bomb-fragmented: a bomb in one-byte fragments, with Pings between them, is measured all together", () => {
    const peer = new Peer("server");
    const transform = new InvertingTransform(10_000);
    const connection = open("server", { maxMessageBytes: 100_000 }, transform);
    for (let count = 0; count < 20 && connection.state === "open"; count++) {
      const opcode = count === 0 ? 2 : 0;
      receive(connection, 0, peer.frame(opcode, hex`01`, { rsv: count === 0 ? 4 : 0, fin: false }), peer.ping());
    }
    expect(transform.pushes).toBe(11);
    expect(transform.pulledBytes).toBeLessThanOrEqual(110_000);
    expect(connection.state).toBe("closing");
    expect(connection.retainedBytes).toBe(0);
  });

  test("what comes out in pieces is delivered in pieces, one for each look, if that is asked for", () => {
    const peer = new Peer("client");
    const connection = open("client", { delivery: "fragments" }, new InvertingTransform(50_000));
    connection.receive(0, peer.frame(1, invert(utf8("x")), { rsv: 4 }));
    expect(connection.hasUnread).toBe(true);
    const first = connection.nextEvent();
    expect(first).toMatchObject({ kind: "fragment", fin: false });
    expect(connection.hasUnread).toBe(true);
    const rest = drain(connection).events;
    const texts = [first, ...rest].map((event) =>
      event?.kind === "fragment" && event.message === "text" ? event : undefined,
    );
    expect(texts.map((event) => event?.text.length)).toEqual([32_768, 17_232, 0]);
    expect(texts.map((event) => event?.fin)).toEqual([false, false, true]);
    expect(connection.hasUnread).toBe(false);
  });

  test("text is validated after it was transformed back (T06)", () => {
    const peer = new Peer("client");
    for (const delivery of ["messages", "fragments"] as const) {
      const connection = open("client", { delivery }, new InvertingTransform());
      connection.receive(0, peer.frame(1, invert(hex`61 80`), { rsv: 4, fin: false }));
      drain(connection);
      connection.handleTransportClosed(0);
      expect(drain(connection).events).toMatchObject([{ cause: { violation: "text-invalid-utf8" } }]);
    }
  });
});

describe("failOverflow: a peer that does not take what is sent to it", () => {
  test("the connection fails with 1008, once, and what came is not read any more", () => {
    for (const role of ROLES) {
      const connection = open(role);
      connection.receive(0, new Peer(role).text("unread"));
      connection.failOverflow(0);
      connection.failOverflow(0);
      const drained = drain(connection);
      expect(drained.events).toEqual([]);
      expect(framesIn(drained)).toMatchObject([{ opcode: 8, payload: closePayload(1008, "too slow") }]);
      connection.handleTransportClosed(0);
      expect(closedIn(drain(connection))).toMatchObject({ cause: { kind: "queue-overflow" }, sent: { code: 1008 } });
    }
  });

  test("while closing it does nothing", () => {
    const connection = open("server");
    connection.close(0);
    connection.failOverflow(0);
    receive(connection, 0, new Peer("server").close(1000));
    connection.handleTransportClosed(0);
    expect(closedIn(drain(connection)).cause).toEqual({ kind: "handshake", initiator: "local" });
  });
});
