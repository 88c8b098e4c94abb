import { describe, expect, test } from "vitest";
import { type Connection, UsageError, type UsageErrorCode } from "../../packages/protocol/src/index.ts";
import { drain, framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

function expectUsageError(code: UsageErrorCode, act: () => unknown): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(UsageError);
  expect(thrown).toMatchObject({ name: "UsageError", code });
}

/** Every call that takes bytes, with bytes that are none. */
const bytesConsumers: Readonly<Record<string, (connection: Connection, bytes: Uint8Array) => void>> = {
  sendBinary: (connection, bytes) => connection.sendBinary(bytes),
  sendFragment: (connection, bytes) => connection.sendFragment(bytes, true),
  ping: (connection, bytes) => connection.ping(0, bytes),
  pong: (connection, bytes) => connection.pong(bytes),
};

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** Node 20 has resizable buffers, the ES2023 library has not. */
interface Resizable extends ArrayBuffer {
  resize(length: number): void;
}

function resizable(length: number): Resizable {
  return new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(length, {
    maxByteLength: length * 2,
  }) as Resizable;
}

/** A view of memory that is no longer there. */
function outOfBounds(): Uint8Array {
  const buffer = resizable(16);
  const bytes = new Uint8Array(buffer, 8, 8);
  buffer.resize(4);
  return bytes;
}

describe("sec/no-uninit: what is no Uint8Array is refused, before anything is queued", () => {
  const oddities: Readonly<Record<string, unknown>> = {
    undefined: undefined,
    null: null,
    "a number": 100,
    "a bigint": 100n,
    "an array": [1, 2, 3],
    "an array-like object": { length: 3, 0: 1, 1: 2, 2: 3 },
    "an ArrayBuffer": new ArrayBuffer(8),
    "a SharedArrayBuffer": new SharedArrayBuffer(8),
    "a DataView": new DataView(new ArrayBuffer(8)),
    "a Float32Array": new Float32Array(20),
    "a Uint8ClampedArray": new Uint8ClampedArray(8),
    "an Int8Array": new Int8Array(8),
    "a detached array": detached(),
    "an array whose buffer shrank away": outOfBounds(),
  };
  for (const [name, consume] of Object.entries(bytesConsumers)) {
    for (const [oddity, value] of Object.entries(oddities)) {
      if (name === "ping" && value === undefined) continue; // then it draws a payload
      test(`${name} with ${oddity}`, () => {
        const connection = open("server");
        expectUsageError("bad-argument", () => consume(connection, value as Uint8Array));
        expect(drain(connection)).toMatchObject({ events: [], effects: [] });
        connection.sendBinary(hex`01`);
        expect(takeEffects(connection).bytes).toEqual(hex`82 01 01`);
      });
    }
  }

  test("sendText with anything but a string", () => {
    for (const value of [undefined, null, 1, 1n, {}, [], Symbol("text"), hex`61`, new String("text")]) {
      const connection = open("server");
      expectUsageError("bad-argument", () => connection.sendText(value as string));
      expect(takeEffects(connection).effects).toEqual([]);
    }
  });

  test("close with a code or a reason of another type", () => {
    for (const role of ROLES) {
      for (const code of ["1000", 1000n, Symbol("1000"), Number.NaN, 1000.5, {}, null]) {
        const connection = open(role);
        expectUsageError("bad-close-code", () => connection.close(0, code as number));
        expect(connection.state).toBe("open");
      }
      for (const reason of [null, 20, new Float32Array(20), hex`61`, new ArrayBuffer(20)]) {
        const connection = open(role);
        expectUsageError("bad-argument", () => connection.close(0, 1000, reason as unknown as string));
        expect(connection.state).toBe("open");
        expect(drain(connection)).toMatchObject({ events: [], effects: [] });
      }
    }
  });
});

describe("sec/no-uninit: every kind of Uint8Array is sent exactly", () => {
  const content = utf8("exactly these bytes");
  const shared = new Uint8Array(new SharedArrayBuffer(content.length));
  shared.set(content);
  const growing = new Uint8Array(resizable(content.length));
  growing.set(content);
  const surrounded = new Uint8Array(64).fill(0xee);
  surrounded.set(content, 7);
  const arrays = {
    "a plain one": content,
    "a view into something larger": surrounded.subarray(7, 7 + content.length),
    "a Buffer": Buffer.from(content),
    "one in shared memory": shared,
    "one in a resizable buffer": growing,
  };
  for (const [name, consume] of Object.entries(bytesConsumers)) {
    for (const [kind, bytes] of Object.entries(arrays)) {
      test(`${name} with ${kind}`, () => {
        for (const role of ROLES) {
          const connection = open(role);
          consume(connection, bytes);
          const frames = framesIn(takeEffects(connection));
          expect(frames.map((frame) => frame.payload)).toEqual([content]);
        }
      });
    }
  }

  test("the empty array is no detached one", () => {
    for (const consume of Object.values(bytesConsumers)) {
      const connection = open("server");
      consume(connection, new Uint8Array(0));
      expect(framesIn(takeEffects(connection))[0]?.payload).toEqual(hex``);
    }
  });
});

describe("sec/send-does-not-mutate", () => {
  test("no length of payload is masked in the caller's memory", () => {
    for (const role of ROLES) {
      for (const length of [1, 125, 126, 200, 4096, 65_535, 65_536, 100_000]) {
        const bytes = Uint8Array.from({ length }, (_, index) => index * 7);
        const before = bytes.slice();
        const connection = open(role);
        connection.sendBinary(bytes);
        connection.sendFragment(bytes, true);
        takeEffects(connection);
        expectBytes(bytes, before);
      }
    }
  });

  test("small payloads may be changed as soon as they are sent", () => {
    for (const role of ROLES) {
      for (const consume of Object.values(bytesConsumers)) {
        const bytes = Buffer.from([1, 2, 3]);
        const connection = open(role);
        consume(connection, bytes);
        bytes.fill(0xff);
        expect(framesIn(takeEffects(connection))[0]?.payload).toEqual(hex`01 02 03`);
      }
    }
  });

  test("a Ping is recognised by the payload that it was sent with, although the caller used its array again", () => {
    const connection = open("server");
    const bytes = Buffer.from([1, 2, 3]);
    const id = connection.ping(0, bytes);
    bytes.fill(0xff);
    const { events } = receive(connection, 5, new Peer("server").pong(hex`01 02 03`));
    expect(events).toEqual([{ kind: "pong", payload: hex`01 02 03`, acknowledged: [{ id, roundTrip: 5 }] }]);
  });

  test("a large payload in memory that may shrink, or that threads share, is copied at once", () => {
    const buffer = resizable(100_000);
    for (const memory of [buffer, new SharedArrayBuffer(100_000)]) {
      const connection = open("server");
      const bytes = new Uint8Array(memory);
      connection.sendBinary(bytes);
      bytes.fill(1);
      expectBytes(framesIn(takeEffects(connection))[0]?.payload, new Uint8Array(100_000));
    }
  });
});
