import { describe, expect, test } from "vitest";
import type { MessageTransform } from "../../packages/protocol/src/message/message-transform.ts";
import { lengthField } from "../reference/frames.ts";
import { fromHex } from "../reference/hex.ts";
import { type HeaderContext, judgeFirstByte, judgeSecondByte } from "../reference/rules.ts";
import { Subject } from "../reference/subject.ts";
import { concat } from "../support/hex.ts";

/** An extension that claims RSV1 and changes nothing. */
function identity(): MessageTransform {
  let pieces: Uint8Array[] = [];
  return {
    rsv: 0x40,
    wants: () => false,
    encode: (bytes) => bytes.slice(),
    push: (bytes) => void pieces.push(bytes),
    pull(maxBytes) {
      const [first, ...rest] = pieces;
      if (first === undefined) return undefined;
      pieces = first.length > maxBytes ? [first.subarray(maxBytes), ...rest] : rest;
      return first.subarray(0, maxBytes);
    },
  };
}

const contexts: readonly HeaderContext[] = (["server", "client"] as const).flatMap((role) =>
  [false, true].flatMap((inFragment) => [0, 4].map((extensionBit) => ({ role, inFragment, extensionBit }))),
);

function subjectIn({ role, inFragment, extensionBit }: HeaderContext): Subject {
  const subject = new Subject({ role, maxMessageBytes: 2 ** 20 }, extensionBit === 0 ? undefined : identity());
  // The first fragment of a binary message, empty.
  if (inFragment) subject.receive(role === "server" ? fromHex("02 80 00000000") : fromHex("02 00"));
  return subject;
}

const describeContext = ({ role, inFragment, extensionBit }: HeaderContext): string =>
  `a ${role}, ${inFragment ? "inside" : "outside"} a message, ${extensionBit === 0 ? "without" : "with"} an extension`;

describe.each(contexts.map((context) => [describeContext(context), context] as const))("for %s", (_, context) => {
  test("every first and every second byte of a header is judged as the RFC says, as soon as it has arrived", () => {
    const differences: unknown[] = [];
    let legal = 0;
    for (let first = 0; first < 256; first += 1) {
      const firstFault = judgeFirstByte(first, context);
      for (let second = 0; second < 256; second += 1) {
        const secondFault = firstFault ?? judgeSecondByte(first, second, context);
        if (secondFault === undefined) legal += 1;
        const subject = subjectIn(context);
        subject.receive([first]);
        const failedAtFirst = subject.close !== undefined;
        subject.receive([second]);
        const failedAtSecond = subject.close !== undefined;
        const violation = subject.violation();
        if (
          violation !== secondFault ||
          failedAtFirst !== (firstFault !== undefined) ||
          // An empty Close is complete with its header, and is answered.
          failedAtSecond !== (secondFault !== undefined || isEmptyClientClose(first, second, context))
        ) {
          differences.push({
            header: [first, second],
            violation,
            expected: secondFault,
            failedAtFirst,
            failedAtSecond,
          });
        }
      }
    }
    expect(differences.slice(0, 10)).toEqual([]);
    // Counted by hand: the legal first bytes of data frames go with 128 short lengths, those of control frames with 126.
    const dataBytes = context.inFragment ? 2 : context.extensionBit === 0 ? 4 : 8;
    expect(legal).toBe(dataBytes * 128 + 3 * 126);
  });

  test("a frame with any legal header is taken once its payload is there", () => {
    const differences: unknown[] = [];
    for (let first = 0; first < 256; first += 1) {
      if (judgeFirstByte(first, context) !== undefined) continue;
      for (let second = 0; second < 256; second += 1) {
        if (judgeSecondByte(first, second, context) !== undefined) continue;
        const subject = subjectIn(context);
        const length = [126, 127].includes(second % 128) ? (second % 128 === 126 ? 126 : 65536) : second % 128;
        const form = second % 128 === 126 ? 16 : second % 128 === 127 ? 64 : 7;
        const key = second >= 128 ? [0, 0, 0, 0] : [];
        // 03 03 … is text, binary, and a Close with the legal code 0x0bb8 needs its own first bytes.
        const payload = new Uint8Array(length).fill(3);
        if (first % 16 === 8) payload.set([0x0b, 0xb8].slice(0, length));
        subject.receive(concat([first], lengthField(length, form, second >= 128), key, payload));
        const event = subject.events.at(-1);
        const expected = expectedEvent(first, length);
        const kind = event === undefined ? "nothing" : event.kind;
        if (first % 16 === 8 && length === 1) {
          const violation = subject.violation();
          if (violation !== "close-payload-truncated") differences.push({ header: [first, second], violation });
        } else if (kind !== expected) {
          differences.push({ header: [first, second], kind, expected });
        }
      }
    }
    expect(differences.slice(0, 10)).toEqual([]);
  });
});

function isEmptyClientClose(first: number, second: number, { role }: HeaderContext): boolean {
  return first === 0x88 && second === 0 && role === "client";
}

function expectedEvent(first: number, length: number): string {
  if (first === 0x88) return length === 1 ? "closed" : "closing";
  if (first === 0x89) return "ping";
  if (first === 0x8a) return "pong";
  if (first < 128) return "nothing";
  return first % 16 === 1 ? "text" : "binary";
}
