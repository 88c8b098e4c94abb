import { describe, expect, test } from "vitest";
import { Connection, type ConnectionOptions, ConnectionSettings } from "../../packages/protocol/src/index.ts";
import { checkTimeout } from "../../packages/protocol/src/liveness/check-options.ts";
import { drain, open, receive } from "../support/endpoint.ts";
import { Peer } from "../support/peer.ts";
import { countingRandom } from "../support/random.ts";

const random = countingRandom();

describe("the defaults", () => {
  test("are those that the documentation names", () => {
    expect(new ConnectionSettings({ role: "server", random })).toMatchObject({
      masked: false,
      pingInterval: 20_000,
      pingTimeout: 20_000,
      closeTimeout: 10_000,
      liveness: "pong",
      pausedReading: "count",
      pingJitter: 0,
      onPingTimeout: "close",
      maxMessageBytes: 1_048_576,
      delivery: "messages",
      autoPong: true,
      wordBits: 32,
    });
    expect(new ConnectionSettings({ role: "client", random }).masked).toBe(true);
  });

  test("undefined is the default, null is off", () => {
    const off = new ConnectionSettings({
      role: "server",
      random,
      pingInterval: null,
      pingTimeout: null,
      closeTimeout: null,
      maxMessageBytes: null,
    });
    expect(off).toMatchObject({ pingInterval: null, pingTimeout: null, closeTimeout: null });
    expect(off.maxMessageBytes).toBe(Number.MAX_SAFE_INTEGER);
    const byDefault = new ConnectionSettings({ role: "server", random, pingInterval: undefined, liveness: undefined });
    expect(byDefault).toMatchObject({ pingInterval: 20_000, liveness: "pong" });
  });

  test("delivery in fragments has no limit unless one is set", () => {
    const fragments = { role: "server", random, delivery: "fragments" } as const;
    expect(new ConnectionSettings(fragments).maxMessageBytes).toBe(Number.MAX_SAFE_INTEGER);
    expect(new ConnectionSettings({ ...fragments, maxMessageBytes: 5 })).toMatchObject({
      maxMessageBytes: 5,
      maxTextBytes: 5,
    });
  });
});

describe("options out of their ranges are refused", () => {
  const wrong: readonly { readonly [name in keyof ConnectionOptions]?: unknown }[] = [
    { role: undefined },
    { role: "peer" },
    { random: undefined },
    { random: 5 },
    ...(["pingInterval", "pingTimeout", "closeTimeout"] as const).flatMap((name) =>
      [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "20000", 20n, {}].map((value) => ({ [name]: value })),
    ),
    ...[-0.1, 1.1, Number.NaN, "0", null]
      .map((pingJitter) => ({ pingJitter }))
      .filter((each) => each.pingJitter !== null),
    ...[-1, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY, "1000"].map((maxMessageBytes) => ({ maxMessageBytes })),
    { liveness: "ping" },
    { pausedReading: "stop" },
    { onPingTimeout: "die" },
    { delivery: "chunks" },
    { wordBits: 16 },
    { wordBits: "64" },
  ];
  for (const options of wrong) {
    const [[name, value]] = Object.entries(options) as [[string, unknown]];
    test(`${name}: ${typeof value} ${String(value)}`, () => {
      const all = { role: "server", random, ...options } as ConnectionOptions;
      expect(() => new Connection(0, all)).toThrow(
        expect.objectContaining({ code: "bad-option", message: expect.stringContaining(name) }),
      );
    });
  }

  test("timeouts of 1 ms and of millennia are fine", () => {
    for (const value of [1, 1.5, 1e15]) expect(checkTimeout("openTimeout", value)).toBe(value);
    expect(checkTimeout("openTimeout", null)).toBeNull();
  });
});

describe("settings", () => {
  test("may be shared by any number of connections", () => {
    const settings = new ConnectionSettings({ role: "client", random, pingInterval: 1_000 });
    const [first, second] = [new Connection(0, settings), new Connection(500, settings)];
    expect([first.deadline, second.deadline]).toEqual([1_000, 1_500]);
    first.close(0);
    expect(second.state).toBe("open");
  });
});

describe("textCodec", () => {
  test("a runtime's own does the work, for whole messages and for those in pieces, in both directions", () => {
    const calls: string[] = [];
    const connection = open("server", {
      textCodec: {
        decode: (bytes, start, end) => {
          calls.push("decode");
          return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
        },
        byteLength: (text) => {
          calls.push("byteLength");
          return Buffer.byteLength(text);
        },
        encodeInto: (text, target, offset) => {
          calls.push("encodeInto");
          return Buffer.from(target.buffer, target.byteOffset).write(text, offset);
        },
      },
    });
    const peer = new Peer("server");
    const { events } = receive(
      connection,
      0,
      peer.text("κόσμε"),
      peer.fragment(1, new Uint8Array([0xe2])),
      peer.fragment(0, new Uint8Array([0x82, 0xac]), true),
    );
    expect(events).toEqual([
      { kind: "text", text: "κόσμε" },
      { kind: "text", text: "€" },
    ]);
    connection.sendText("κόσμε");
    connection.sendText("ό".repeat(5_000));
    expect(drain(connection).bytes.length).toBe(2 + 10 + 4 + 10_000);
    expect(calls).toEqual(["decode", "decode", "encodeInto", "byteLength", "encodeInto"]);
  });
});

describe("what can be read off a connection", () => {
  test("its delivery", () => {
    expect(open("server").delivery).toBe("messages");
    expect(open("server", { delivery: "fragments" }).delivery).toBe("fragments");
  });
});

describe("the limit for text", () => {
  const unlimited = { role: "server", random, maxMessageBytes: null } as const;

  test("is what a string can hold where strings are made, and only there", () => {
    expect(new ConnectionSettings(unlimited).maxTextBytes).toBe(2 ** 29 - 24);
    for (const other of [{ text: "utf8" }, { delivery: "fragments" }] as const) {
      expect(new ConnectionSettings({ ...unlimited, ...other }).maxTextBytes).toBe(Number.MAX_SAFE_INTEGER);
    }
  });
});
