// Published ways in, tried against an open connection: what they cost, by counting. Those that are a matter of one rule
// are tested where the rule is: test/rfc6455, test/liveness, arguments.test.ts, random-failure.test.ts.

import { describe, expect, test } from "vitest";
import { Connection, ConnectionSettings } from "../../packages/protocol/src/index.ts";
import { lengthField } from "../reference/frames.ts";
import { closedIn, drain, framesIn, open, passTime, receive, takeEffects } from "../support/endpoint.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { collectGarbage } from "../support/gc.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";
import { countingRandom } from "../support/random.ts";

/** The same frame so many times. */
function repeat(frame: Uint8Array, count: number): Uint8Array {
  const bytes = new Uint8Array(frame.length * count);
  for (let index = 0; index < count; index++) bytes.set(frame, index * frame.length);
  return bytes;
}

describe("lengths that a peer makes up", () => {
  test("sec/len64-msb: the 15 bytes that crashed a server fail the connection, at every split (CVE-2026-27889)", () => {
    const bytes = hex`82 ff 80 00 00 00 00 00 00 01 00 00 00 00 61`;
    for (let cut = 0; cut < bytes.length; cut++) {
      const connection = open("server");
      const first = receive(connection, 0, bytes.slice(0, cut));
      const second = receive(connection, 0, bytes.slice(cut));
      const whole = {
        events: [...first.events, ...second.events],
        effects: [...first.effects, ...second.effects],
        bytes: concat(first.bytes, second.bytes),
      };
      expect(connection.retainedBytes).toBe(0);
      expect(expectViolation(connection, "server", whole, "length-top-bit")).toEqual([]);
    }
  });

  test("sec/len64-ffff: a length of all ones fails the connection (CVE-2020-13935)", () => {
    const connection = open("server");
    const drained = receive(connection, 0, hex`82 ff ff ff ff ff ff ff ff ff 00 00 00 00 61`);
    expectViolation(connection, "server", drained, "length-top-bit");
  });

  test("sec/len64-upper: a length beyond 2^53 is too big, not a wrong number (CVE-2026-1528)", () => {
    const connection = open("client");
    const drained = receive(connection, 0, hex`82 7f 00 80 00 00 00 00 00 01`);
    expectViolation(connection, "client", drained, "message-too-big");
  });

  test("sec/no-prealloc: what is only announced costs nothing, on 10 000 connections", () => {
    const settings = new ConnectionSettings({ role: "server", random: countingRandom() });
    const announced = concat(Uint8Array.of(0x82, ...lengthField(1_048_576, 64, true)), hex`00 00 00 00`);
    const before = process.memoryUsage().arrayBuffers;
    const connections = Array.from({ length: 10_000 }, () => new Connection(0, settings));
    for (const connection of connections) {
      connection.receive(0, announced.slice());
      if (connection.nextEvent() !== undefined || connection.retainedBytes !== 0) expect.fail("it costs something");
    }
    // 10 GB were announced; the chunks themselves were 140 KB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
  });
});

describe("fragments", () => {
  test("sec/frag-1B: a byte at a time costs at most 1.1 bytes each (CVE-2026-48779)", () => {
    for (const kind of [1, 2] as const) {
      const connection = open("server");
      connection.receive(0, hex`${Uint8Array.of(kind)} 81 00 00 00 00 61`);
      const count = 300_000;
      connection.receive(0, repeat(hex`00 81 00 00 00 00 61`, count));
      expect(drain(connection).events).toEqual([]);
      expect(connection.retainedBytes).toBeLessThanOrEqual(count * 1.1);
      const [event] = receive(connection, 0, hex`80 80 00 00 00 00`).events;
      expect(event?.kind === "text" ? event.text.length : event?.kind === "binary" && event.bytes.length).toBe(
        count + 1,
      );
      expect(connection.retainedBytes).toBe(0);
    }
  });

  test("sec/frag-empty: empty ones cost nothing, be they first, in between or last (CVE-2026-12151)", () => {
    const connection = open("server");
    connection.receive(0, hex`01 80 00 00 00 00`);
    connection.receive(0, repeat(hex`00 80 00 00 00 00`, 500_000));
    expect(drain(connection).events).toEqual([]);
    expect(connection.retainedBytes).toBe(0);
    const last = hex`80 85 00 00 00 00 48 65 6c 6c 6f`;
    expect(receive(connection, 0, last).events).toEqual([{ kind: "text", text: "Hello" }]);
  });

  test("sec/frag-linear: the last of 500 000 fragments costs what the first did (CVE-2026-65623)", () => {
    // Work that grew with what is collected already would make this 10^11 steps.
    const settings = { maxMessageBytes: 200_000 };
    const connection = open("server", settings);
    const fragment = hex`00 81 00 00 00 00 61`;
    connection.receive(0, hex`02 80 00 00 00 00`);
    for (let count = 0; count < 200_000; count++) {
      connection.receive(0, fragment.slice());
      if (connection.nextEvent() !== undefined) expect.fail("an event in the middle of a message");
    }
    const [event] = receive(connection, 0, hex`80 80 00 00 00 00`).events;
    expectBytes(event?.kind === "binary" ? event.bytes : undefined, new Uint8Array(200_000).fill(0x61));
  });

  test("sec/one-chunk-many-frames: a million frames in one chunk need no deeper stack than one", () => {
    const connection = open("server");
    const empty = hex`00 80 00 00 00 00`;
    connection.receive(0, concat(hex`01 80 00 00 00 00`, repeat(empty, 500_000), hex`80 80 00 00 00 00`));
    expect(drain(connection).events).toEqual([{ kind: "text", text: "" }]);
    connection.receive(0, repeat(hex`8a 80 00 00 00 00`, 500_000));
    let pongs = 0;
    while (connection.nextEvent()?.kind === "pong") pongs++;
    expect(pongs).toBe(500_000);
  });
});

describe("memory that outlives its use", () => {
  const server = new Peer("server");

  /** 64 KiB with `bytes` at its end, and a reference by which one sees whether somebody still holds it. */
  function chunkWith(bytes: Uint8Array): { chunk: Uint8Array; memory: WeakRef<ArrayBufferLike> } {
    const whole = new Uint8Array(65_536);
    whole.set(bytes, whole.length - bytes.length);
    return { chunk: whole.subarray(-bytes.length), memory: new WeakRef(whole.buffer) };
  }

  async function expectCollected(memories: readonly WeakRef<ArrayBufferLike>[]): Promise<void> {
    await collectGarbage();
    expect(memories.filter((memory) => memory.deref() !== undefined)).toHaveLength(0);
  }

  test("sec/no-pinning: neither an idle connection nor a small message keeps its chunk alive", async () => {
    const kept: unknown[] = [];
    const memories = Array.from({ length: 100 }, () => {
      const connection = open("server");
      const { chunk, memory } = chunkWith(
        concat(
          server.binary(hex`01 02 03 04`),
          server.binary(new Uint8Array(1_000)),
          server.ping(hex`05`),
          server.pong(hex`06`),
          server.binary(new Uint8Array(100)).subarray(0, 20),
        ),
      );
      connection.receive(0, chunk);
      kept.push(connection, drain(connection));
      return memory;
    });
    await expectCollected(memories);
    expect(kept).toHaveLength(200);
  });

  test("the pieces of an incomplete message do not keep the chunks alive in which they came", async () => {
    const connection = open("server");
    const memories = Array.from({ length: 50 }, (_, index) => {
      const { chunk, memory } = chunkWith(server.fragment(index === 0 ? 1 : 0, utf8("a few bytes")));
      connection.receive(0, chunk);
      expect(connection.nextEvent()).toBeUndefined();
      return memory;
    });
    await expectCollected(memories);
    expect(connection.retainedBytes).toBeLessThan(1_024);
  });

  test("a violation lets go of what was received, the peer's Close of what came behind it", async () => {
    const kept: Connection[] = [];
    const memories = [hex`ff`, server.close(1000)].map((end) => {
      const connection = open("server");
      const { chunk, memory } = chunkWith(concat(server.binary(new Uint8Array(1_000)), end, new Uint8Array(5_000)));
      connection.receive(0, chunk);
      connection.nextEvent();
      connection.receive(0, new Uint8Array(1_000));
      drain(connection);
      expect(connection.retainedBytes).toBe(0);
      kept.push(connection);
      return memory;
    });
    await expectCollected(memories);
    expect(kept.every((connection) => connection.state === "closing")).toBe(true);
  });

  test("sec/no-leak: 5 000 connections that open, talk and close leave nothing behind", async () => {
    const settings = new ConnectionSettings({ role: "client", random: countingRandom() });
    const peer = new Peer("client");
    const cycle = (): void => {
      const connection = new Connection(0, settings);
      connection.sendText("hello");
      receive(connection, 0, peer.ping(hex`01`), peer.text("hello"), peer.close(1000));
      connection.handleTransportClosed(0);
      closedIn(drain(connection));
    };
    for (let count = 0; count < 1_000; count++) cycle();
    await collectGarbage();
    const before = process.memoryUsage();
    for (let count = 0; count < 5_000; count++) cycle();
    await collectGarbage();
    const after = process.memoryUsage();
    expect(after.heapUsed - before.heapUsed).toBeLessThan(1_000_000);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
  });
});

describe("slow and stuck peers", () => {
  test("sec/slowloris-frame: a frame that drips in is ended by keepalive: no Pong can come inside it", () => {
    for (const role of ROLES) {
      const connection = open(role, { pingInterval: 20_000, pingTimeout: 20_000 });
      const frame = new Peer(role).binary(new Uint8Array(100_000));
      let at = 0;
      for (let now = 0; connection.state === "open"; now += 1_000) {
        passTime(connection, now);
        receive(connection, now, frame.slice(at, ++at));
        expect(now).toBeLessThanOrEqual(41_000);
      }
      passTime(connection, 60_000);
      expect(connection.state).toBe("closed");
    }
  });

  test("sec/frame-header-stall: a header that is never completed is ended by keepalive, too", () => {
    const connection = open("server");
    receive(connection, 0, hex`82 ff 00 00`);
    const moments = passTime(connection, 100_000);
    expect(closedIn(...moments).cause).toEqual({ kind: "ping-timeout" });
  });

  test("sec/idle-open: a peer that says nothing is ended, one that only answers Pings is not", () => {
    const silent = open("server");
    passTime(silent, 50_000);
    expect(silent.state).toBe("closed");
    const polite = open("server");
    while (polite.deadline! < 1e6) {
      const now = polite.deadline!;
      polite.handleTimeout(now);
      const [ping] = framesIn(takeEffects(polite));
      receive(polite, now + 50, new Peer("server").pong(ping!.payload));
    }
    expect(polite.state).toBe("open");
  });

  test("a peer that never answers Pings cannot make us remember more than 256 of them", () => {
    const connection = open("server", { pingInterval: null });
    let refused = 0;
    for (let count = 0; count < 1_000; count++) {
      try {
        connection.ping(count);
      } catch {
        refused++;
      }
      takeEffects(connection);
    }
    expect(refused).toBe(1_000 - 256);
    expect(connection.diagnose(1_000).unansweredPings).toBe(256);
  });
});

describe("what nobody asks for", () => {
  test("is not looked at: a close() in the middle of a chunk really stops it", () => {
    const peer = new Peer("server");
    const connection = open("server");
    connection.receive(0, concat(peer.text("one"), peer.text("two"), hex`ff`));
    expect(connection.nextEvent()).toEqual({ kind: "text", text: "one" });
    expect(connection.hasUnread).toBe(true);
    connection.abort(0);
    expect(connection.hasUnread).toBe(false);
    expect(connection.nextEvent()?.kind).toBe("closed");
  });

  test("costs no more than its bytes, and nothing once it was asked for", () => {
    const peer = new Peer("server");
    const connection = open("server");
    const chunk = repeat(peer.text("message"), 1_000);
    for (let count = 0; count < 10; count++) connection.receive(0, chunk.slice());
    expect(connection.retainedBytes).toBe(10 * chunk.length);
    connection.nextEvent();
    expect(connection.retainedBytes).toBe(10 * chunk.length - 13);
    expect(drain(connection).events).toHaveLength(9_999);
    expect(connection.retainedBytes).toBe(0);
    expect(connection.hasUnread).toBe(false);
  });
});
