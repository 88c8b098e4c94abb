import { describe, expect, test } from "vitest";
import { encodeFrame, lengthField, shortestForm } from "../reference/frames.ts";
import { judgeLength } from "../reference/rules.ts";
import { Subject } from "../reference/subject.ts";
import { concat } from "../support/hex.ts";

const BORDERS: readonly bigint[] = [
  ...[0n, 1n, 2n, 124n, 125n, 126n, 127n, 128n, 129n, 255n, 256n, 257n],
  ...[65534n, 65535n, 65536n, 65537n, 131071n, 131072n],
  ...[2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n].flatMap((border) => [border - 1n, border, border + 1n]),
  2n ** 64n - 1n,
];
const FORMS = [7, 16, 64] as const;
const LARGEST = { 7: 125n, 16: 65535n, 64: 2n ** 64n - 1n };
const LIMIT = 2 ** 20;

/** Every length in every form that can write it. */
const declarations = FORMS.flatMap((bits) =>
  BORDERS.filter((length) => length <= LARGEST[bits]).map((length) => ({ bits, length })),
);

describe.each(["server", "client"] as const)("as a %s", (role) => {
  const masked = role === "server";
  const maskKey = masked ? Uint8Array.of(0, 0, 0, 0) : undefined;

  test.each(declarations)("a length of $length in $bits bits is judged by its header alone", ({ bits, length }) => {
    const expected = judgeLength(length, bits) ?? (length > LIMIT ? "message-too-big" : undefined);
    const header = concat([0x82], lengthField(length, bits, masked));
    // The top bit is seen as soon as it is there, everything else when the length is whole. The masking key is not waited
    // for, nor any payload.
    const decidedAt =
      expected === undefined ? Number.POSITIVE_INFINITY : expected === "length-top-bit" ? 3 : header.length;
    for (let cut = 0; cut <= header.length; cut += 1) {
      const subject = new Subject({ role, maxMessageBytes: LIMIT });
      subject.receive(header.subarray(0, cut));
      expect(subject.frames).toHaveLength(cut >= decidedAt ? 1 : 0);
      subject.receive(header.subarray(cut));
      // Nothing is set aside for what was only declared.
      expect(subject.connection.retainedBytes).toBe(0);
      expect(subject.violation()).toBe(expected);
    }
  });

  test.each(BORDERS.filter((length) => length <= LIMIT).map(Number))(
    "a message of %i bytes arrives in its shortest form",
    (length) => {
      const payload = Uint8Array.from({ length }, (_, index) => index % 251);
      const subject = new Subject({ role, maxMessageBytes: LIMIT });
      subject.receive(encodeFrame({ opcode: 2, payload, maskKey }));
      expect(subject.events).toHaveLength(1);
      const [event] = subject.events;
      expect(event?.kind === "binary" && Buffer.compare(event.bytes, payload)).toBe(0);
    },
  );

  test.each(BORDERS.filter((length) => length <= LIMIT).map(Number))(
    "a message of %i bytes is sent in its shortest form",
    (length) => {
      const payload = Uint8Array.from({ length }, (_, index) => index % 251);
      const subject = new Subject({ role });
      subject.connection.sendBinary(payload);
      subject.connection.sendText("x".repeat(length));
      subject.drainEffects();
      expect(subject.frames.map(({ opcode, lengthBits }) => ({ opcode, lengthBits }))).toEqual([
        { opcode: 2, lengthBits: shortestForm(length) },
        { opcode: 1, lengthBits: shortestForm(length) },
      ]);
      expect(Buffer.compare(subject.frames[0]!.payload, payload)).toBe(0);
      expect(Buffer.from(subject.frames[1]!.payload).toString("latin1")).toBe("x".repeat(length));
    },
  );

  test.each([0, 1, 125, 126, 65535, 65536])(
    "with a limit of %i, that much is taken and one byte more refused",
    (limit) => {
      const at = (length: number): Subject => {
        const subject = new Subject({ role, maxMessageBytes: limit });
        subject.receive(encodeFrame({ opcode: 2, payload: new Uint8Array(length), maskKey }));
        return subject;
      };
      expect(at(limit).events).toEqual([{ kind: "binary", bytes: new Uint8Array(limit) }]);
      expect(at(limit + 1).violation()).toBe("message-too-big");
    },
  );

  test("a limit is for all fragments together, and control frames do not count", () => {
    const subject = new Subject({ role, maxMessageBytes: 100 });
    const fragment = (opcode: number, length: number, fin: boolean): Uint8Array =>
      encodeFrame({ opcode, fin, payload: new Uint8Array(length), maskKey });
    subject.receive(fragment(2, 60, false));
    subject.receive(encodeFrame({ opcode: 9, payload: new Uint8Array(125), maskKey }));
    subject.receive(fragment(0, 40, true));
    subject.receive(fragment(2, 60, false));
    subject.receive(concat([0x00], lengthField(41, 7, masked)));
    expect(subject.events.map(({ kind }) => kind)).toEqual(["ping", "binary"]);
    expect(subject.violation()).toBe("message-too-big");
  });
});
