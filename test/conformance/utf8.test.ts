import { describe, expect, test } from "vitest";
import { UTF8_ACCEPT, UTF8_REJECT, validateUtf8 } from "../../packages/protocol/src/bytes/utf8.ts";
import { encodeFrame } from "../reference/frames.ts";
import { Subject } from "../reference/subject.ts";
import { encodeScalar, readUtf8 } from "../reference/utf8.ts";
import { concat } from "../support/hex.ts";

/** How a string of up to four bytes is judged: the index of its first impossible byte, or one of these. */
const COMPLETE = 8;
const INCOMPLETE = 9;

function expectedJudgement(bytes: readonly number[]): number {
  const { impossibleAt, incomplete } = readUtf8(bytes);
  return impossibleAt ?? (incomplete ? INCOMPLETE : COMPLETE);
}

/** The engine's judgement: byte by byte, to see where it fails, and all at once. `undefined` if the two disagree. */
function judgement(bytes: Uint8Array, length: number): number | undefined {
  let state = UTF8_ACCEPT;
  let failedAt: number | undefined;
  for (let index = 0; index < length; index += 1) {
    state = validateUtf8(state, bytes, index, index + 1);
    if (state === UTF8_REJECT) failedAt ??= index;
  }
  if (validateUtf8(UTF8_ACCEPT, bytes, 0, length) !== state) return undefined;
  return failedAt ?? (state === UTF8_ACCEPT ? COMPLETE : INCOMPLETE);
}

/** The first and the last byte of every class that RFC 3629 §4 tells apart, and some between. */
const CLASS_BYTES: readonly number[] = [
  ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
  ...[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfd, 0xfe, 0xff],
];

describe("the engine's UTF-8 automaton", () => {
  test("judges every sequence of one, two and three bytes as the grammar does, and fails at the same byte", () => {
    const bytes = new Uint8Array(3);
    const differences: unknown[] = [];
    const compare = (length: number, expected: number): void => {
      const judged = judgement(bytes, length);
      if (judged !== expected) differences.push({ bytes: [...bytes.subarray(0, length)], judged, expected });
    };
    const pairs = new Uint8Array(65536);
    for (let first = 0; first < 256; first += 1) {
      bytes[0] = first;
      compare(1, expectedJudgement([first]));
      for (let second = 0; second < 256; second += 1) {
        bytes[1] = second;
        pairs[first * 256 + second] = expectedJudgement([first, second]);
        compare(2, pairs[first * 256 + second]!);
      }
    }
    for (let first = 0; first < 256; first += 1) {
      bytes[0] = first;
      for (let second = 0; second < 256; second += 1) {
        bytes[1] = second;
        const pair = pairs[first * 256 + second]!;
        for (let third = 0; third < 256; third += 1) {
          bytes[2] = third;
          // What has failed stays failed, and after a first byte that stands alone the other two are a pair.
          let expected = pair;
          if (first < 0x80) {
            const rest = pairs[second * 256 + third]!;
            expected = rest < COMPLETE ? rest + 1 : rest;
          } else if (pair >= COMPLETE) expected = expectedJudgement([first, second, third]);
          compare(3, expected);
        }
      }
    }
    expect(differences.slice(0, 10)).toEqual([]);
  });

  test("judges every sequence of four bytes, class by class, as the grammar does, and fails at the same byte", () => {
    const bytes = new Uint8Array(4);
    const differences: unknown[] = [];
    for (const first of CLASS_BYTES) {
      for (const second of CLASS_BYTES) {
        for (const third of CLASS_BYTES) {
          for (const fourth of CLASS_BYTES) {
            bytes.set([first, second, third, fourth]);
            const expected = expectedJudgement([first, second, third, fourth]);
            const judged = judgement(bytes, 4);
            if (judged !== expected) differences.push({ bytes: [...bytes], judged, expected });
          }
        }
      }
    }
    expect(differences.slice(0, 10)).toEqual([]);
  });
});

describe.each(["server", "client"] as const)("as a %s", (role) => {
  const maskKey = role === "server" ? Uint8Array.of(0xa1, 0xb2, 0xc3, 0xd4) : undefined;

  /** After how many payload bytes the connection has failed, with the payload coming byte by byte; or its event. */
  function outcome(payload: readonly number[]): number | string {
    const subject = new Subject({ role, pingInterval: null });
    const bytes = encodeFrame({ opcode: 1, payload: Uint8Array.from(payload), maskKey });
    const header = bytes.length - payload.length;
    subject.receive(bytes.subarray(0, header));
    for (let index = 0; index < payload.length; index += 1) {
      subject.receive(bytes.subarray(header + index, header + index + 1));
      if (subject.close !== undefined) return index + 1;
    }
    const [event] = subject.events;
    return event?.kind === "text" ? event.text : `${event?.kind}`;
  }

  test("a connection fails at the first byte that no text can have there: every sequence of two classes, and of four", () => {
    const differences: unknown[] = [];
    const compare = (payload: readonly number[]): void => {
      const { text, impossibleAt, incomplete } = readUtf8(payload);
      // Text that stops inside a character fails with its last byte.
      const expected = impossibleAt !== undefined ? impossibleAt + 1 : incomplete ? payload.length : text;
      const observed = outcome(payload);
      if (observed !== expected) differences.push({ payload, observed, expected });
    };
    for (const first of CLASS_BYTES) {
      compare([first]);
      for (const second of CLASS_BYTES) compare([first, second]);
    }
    // Of the sequences of four, those whose first byte begins one of three or four.
    for (const first of CLASS_BYTES.filter((byte) => byte >= 0xe0 && byte <= 0xf5)) {
      for (const second of CLASS_BYTES) {
        if (readUtf8([first, second]).impossibleAt !== undefined) continue;
        for (const third of CLASS_BYTES) for (const fourth of CLASS_BYTES) compare([first, second, third, fourth]);
      }
    }
    expect(differences.slice(0, 10)).toEqual([]);
  });
});

describe("all 1,112,064 scalar values", () => {
  const SCALARS = 0x110000 - 0x800;

  /** Every scalar value with its UTF-8 by the reference. */
  function* scalars(): Generator<number> {
    for (let scalar = 0; scalar <= 0x10ffff; scalar += 1) if (scalar < 0xd800 || scalar > 0xdfff) yield scalar;
  }

  test("arrive as they were written, each in a message of its own", () => {
    const subject = new Subject({ role: "client", pingInterval: null });
    const differences: unknown[] = [];
    let count = 0;
    for (const scalar of scalars()) {
      subject.connection.receive(0, Uint8Array.from([0x81, ...prefixed(encodeScalar(scalar))]));
      const event = subject.connection.nextEvent();
      if (event?.kind !== "text" || event.text !== String.fromCodePoint(scalar)) differences.push({ scalar, event });
      count += 1;
    }
    expect(differences.slice(0, 10)).toEqual([]);
    expect(count).toBe(SCALARS);
  });

  test("are sent as they are, each in a message of its own", () => {
    const subject = new Subject({ role: "server", pingInterval: null });
    const differences: unknown[] = [];
    for (const scalar of scalars()) {
      subject.connection.sendText(String.fromCodePoint(scalar));
      const effect = subject.connection.nextEffect();
      const expected = [0x81, ...prefixed(encodeScalar(scalar))];
      if (effect?.kind !== "write" || !expected.every((byte, index) => effect.bytes[index] === byte)) {
        differences.push({ scalar, effect });
      }
    }
    expect(differences.slice(0, 10)).toEqual([]);
  });

  test("make one message that arrives and is sent whole, from a client to a server", () => {
    const text = [...scalars()].map((scalar) => String.fromCodePoint(scalar)).join("");
    const client = new Subject({ role: "client" });
    const server = new Subject({ role: "server", maxMessageBytes: 2 ** 23 });
    client.connection.sendText(text);
    for (let effect = client.connection.nextEffect(); effect !== undefined; effect = client.connection.nextEffect()) {
      if (effect.kind === "write") server.connection.receive(0, effect.bytes);
    }
    const event = server.connection.nextEvent();
    expect(event?.kind === "text" && event.text === text).toBe(true);
  });

  test("survive a cut of their message at every one of their bytes", () => {
    const differences: unknown[] = [];
    for (const border of [0x00, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x10ffff]) {
      const bytes = encodeScalar(border);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const subject = new Subject({ role: "client" });
        subject.receive(
          concat(
            encodeFrame({ opcode: 1, fin: false, payload: Uint8Array.from(bytes.slice(0, cut)) }),
            encodeFrame({ opcode: 9 }),
            encodeFrame({ opcode: 0, payload: Uint8Array.from(bytes.slice(cut)) }),
          ),
        );
        const event = subject.events.at(-1);
        if (event?.kind !== "text" || event.text !== String.fromCodePoint(border))
          differences.push({ border, cut, event });
      }
    }
    expect(differences).toEqual([]);
  });
});

function prefixed(bytes: readonly number[]): number[] {
  return [bytes.length, ...bytes];
}
