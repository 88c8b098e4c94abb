import { describe, expect, test } from "vitest";
import { isSendableCloseCode } from "../../packages/protocol/src/vocabulary/close-code.ts";
import { UsageError } from "../../packages/protocol/src/vocabulary/usage-error.ts";
import { encodeFrame } from "../reference/frames.ts";
import { mayBeOnTheWire } from "../reference/rules.ts";
import { Subject } from "../reference/subject.ts";

const ALL_CODES: readonly number[] = Array.from({ length: 65536 }, (_, code) => code);
const bytesOf = (code: number): number[] => [code >> 8, code & 255];

describe.each(["server", "client"] as const)("as a %s", (role) => {
  const maskKey = role === "server" ? Uint8Array.of(0x12, 0x34, 0x56, 0x78) : undefined;

  test("each of the 65,536 codes that a Close can carry is echoed if it is legal, and else answered with 1002", () => {
    const differences: unknown[] = [];
    for (const code of ALL_CODES) {
      const subject = new Subject({ role });
      subject.receive(encodeFrame({ opcode: 8, payload: Uint8Array.from(bytesOf(code)), maskKey }));
      const [event] = subject.events;
      const answer = [...(subject.close?.subarray(0, 2) ?? [])];
      const violation = subject.violation();
      const right = mayBeOnTheWire(code)
        ? event?.kind === "closing" && event.code === code && same(answer, bytesOf(code)) && violation === undefined
        : same(answer, bytesOf(1002)) && violation === "close-code-invalid";
      if (!right) differences.push({ code, event, answer, violation });
    }
    expect(differences.slice(0, 10)).toEqual([]);
  });

  test("each legal code can be sent, and every other one is the caller's mistake, before anything is sent", () => {
    const differences: unknown[] = [];
    for (const code of ALL_CODES) {
      const subject = new Subject({ role });
      const thrown = thrownBy(() => subject.connection.close(0, code));
      subject.drainEffects();
      const right = mayBeOnTheWire(code)
        ? thrown === undefined && same([...(subject.close ?? [])], bytesOf(code))
        : thrown === "bad-close-code" && subject.frames.length === 0 && subject.connection.state === "open";
      if (!right) differences.push({ code, thrown, close: subject.close });
    }
    expect(differences.slice(0, 10)).toEqual([]);
  });

  test.each([-1, -1000, 1000.5, 3000.5, 4999.5, 65536 + 1000, 2 ** 32 + 1000, Number.NaN, Number.POSITIVE_INFINITY])(
    "%d is no code that can be sent",
    (code) => {
      const subject = new Subject({ role });
      expect(thrownBy(() => subject.connection.close(0, code))).toBe("bad-close-code");
      expect(subject.connection.state).toBe("open");
    },
  );
});

test("what may be sent is what may be received: 12 codes with a name and 2,000 without", () => {
  expect(ALL_CODES.filter(isSendableCloseCode)).toEqual(ALL_CODES.filter(mayBeOnTheWire));
  expect(ALL_CODES.filter(mayBeOnTheWire)).toHaveLength(12 + 2000);
});

function thrownBy(call: () => void): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error instanceof UsageError ? error.code : error;
  }
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
