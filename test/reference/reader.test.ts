import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../support/hex.ts";
import { encodeFrame, lengthField } from "./frames.ts";
import { fromHex } from "./hex.ts";
import { type Incident, type ReadingRules, readStream } from "./reader.ts";
import { seeded } from "./seed.ts";
import { anyStream } from "./streams.ts";

const client: ReadingRules = { role: "client", maxMessageBytes: 2 ** 20 };
const server: ReadingRules = { role: "server", maxMessageBytes: 2 ** 20 };

function incidents(bytes: Uint8Array, rules: ReadingRules): Incident[] {
  return readStream(bytes, rules).map(({ incident }) => incident);
}

describe("the reference reader reads the examples of RFC 6455 §5.7", () => {
  test("a single-frame unmasked text message", () => {
    expect(incidents(fromHex("81 05 48 65 6c 6c 6f"), client)).toEqual([{ kind: "text", text: "Hello" }]);
  });

  test("a single-frame masked text message", () => {
    expect(incidents(fromHex("81 85 37 fa 21 3d 7f 9f 4d 51 58"), server)).toEqual([{ kind: "text", text: "Hello" }]);
  });

  test("a fragmented unmasked text message", () => {
    expect(incidents(fromHex("01 03 48 65 6c 80 02 6c 6f"), client)).toEqual([{ kind: "text", text: "Hello" }]);
  });

  test("an unmasked Ping request and its masked Ping response", () => {
    const payload = fromHex("48 65 6c 6c 6f");
    expect(incidents(fromHex("89 05 48 65 6c 6c 6f"), client)).toEqual([{ kind: "ping", payload }]);
    expect(incidents(fromHex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"), server)).toEqual([{ kind: "pong", payload }]);
  });

  test("256 bytes of binary data in a single unmasked frame", () => {
    const bytes = new Uint8Array(256).fill(7);
    expect(incidents(concat(fromHex("82 7e 01 00"), bytes), client)).toEqual([{ kind: "binary", bytes }]);
  });

  test("64 KiB of binary data in a single unmasked frame", () => {
    const bytes = new Uint8Array(65536).fill(7);
    expect(incidents(concat(fromHex("82 7f 00 00 00 00 00 01 00 00"), bytes), client)).toEqual([
      { kind: "binary", bytes },
    ]);
  });
});

describe("the reference reader says which rule is broken, and at which byte", () => {
  // As a server, with the mask key 00 00 00 00; the violation has to be certain after exactly the bytes given.
  test.each([
    ["reserved-bits", "c1"],
    ["reserved-bits", "43"], // reserved bits come before the reserved opcode …
    ["reserved-opcode", "83"],
    ["reserved-opcode", "0b"], // … the reserved opcode before FIN …
    ["control-fragmented", "09"],
    ["continuation-unexpected", "80"],
    ["continuation-expected", "01 80 00000000 81"],
    ["mask-missing", "81 05"],
    ["mask-missing", "89 7e"], // … and the mask before the length
    ["control-too-long", "89 fe"],
    ["control-too-long", "88 ff"],
    ["length-not-minimal", "82 fe 00 7d"],
    ["length-not-minimal", "82 ff 00 00 00 00 00 00 ff ff"],
    ["length-top-bit", "82 ff 80"],
    ["message-too-big", "82 ff 00 00 00 00 00 10 00 01"],
    ["message-too-big", "82 ff 7f ff ff ff ff ff ff ff"],
    ["text-invalid-utf8", "81 85 00000000 61 ff"],
    ["text-invalid-utf8", "81 81 00000000 c3"],
    ["text-invalid-utf8", "01 81 00000000 c3 80 80 00000000"],
    ["text-invalid-utf8", "01 81 00000000 c3 00 82 00000000 41"],
    ["close-payload-truncated", "88 81 00000000 03"],
    ["close-code-invalid", "88 82 00000000 03ed"],
    ["close-code-invalid", "88 83 00000000 03ed ff"], // the code comes before the reason
    ["close-reason-invalid-utf8", "88 83 00000000 03e8 ff"],
    ["close-reason-invalid-utf8", "88 83 00000000 03e8 c3"],
  ] as const)("%s: %s", (violation, bytes) => {
    const last = fromHex(bytes);
    expect(readStream(last, server).at(-1)).toEqual({ incident: { kind: "violation", violation }, at: last.length });
    expect(incidents(last.subarray(0, -1), server).map(({ kind }) => kind)).not.toContain("violation");
  });

  test("mask-forbidden: a client does not take a masked frame", () => {
    expect(readStream(fromHex("81 80"), client)).toEqual([
      { incident: { kind: "violation", violation: "mask-forbidden" }, at: 2 },
    ]);
  });

  test("the limit is cumulative: the fragment that would exceed it is refused by its header", () => {
    const rules: ReadingRules = { role: "client", maxMessageBytes: 10 };
    const first = encodeFrame({ opcode: 2, fin: false, payload: new Uint8Array(6) });
    const fits = encodeFrame({ opcode: 0, payload: new Uint8Array(4) });
    expect(incidents(concat(first, fits), rules)).toEqual([{ kind: "binary", bytes: new Uint8Array(10) }]);
    expect(readStream(concat(first, [0x80], lengthField(5, 7, false)), rules)).toEqual([
      { incident: { kind: "violation", violation: "message-too-big" }, at: first.length + 2 },
    ]);
  });
});

describe("the reference reader", () => {
  test("ignores everything after a Close, illegal bytes included", () => {
    const close = { kind: "close", code: 1000, reason: "" } as const;
    expect(incidents(fromHex("88 02 03e8 ff ff ff"), client)).toEqual([close]);
    expect(incidents(fromHex("88 02 03e8 81 01 61 88 02 03e9"), client)).toEqual([close]);
  });

  test("delivers control frames between the fragments of a message, at once", () => {
    const stream = fromHex("01 01 61 89 01 62 00 00 8a 00 80 01 63");
    expect(readStream(stream, client)).toEqual([
      { incident: { kind: "ping", payload: fromHex("62") }, at: 6 },
      { incident: { kind: "pong", payload: fromHex("") }, at: 10 },
      { incident: { kind: "text", text: "ac" }, at: 13 },
    ]);
  });

  test("takes the bit of an extension on the first frame of a data message and nowhere else", () => {
    const xor = (payload: Uint8Array): Uint8Array => payload.map((byte) => byte ^ 0x20);
    const rules: ReadingRules = { ...client, extension: { bit: 4, decode: xor } };
    expect(incidents(fromHex("c1 02 41 42 81 02 41 42"), rules)).toEqual([
      { kind: "text", text: "ab" },
      { kind: "text", text: "AB" },
    ]);
    expect(incidents(fromHex("41 01 41 80 01 42"), rules)).toEqual([{ kind: "text", text: "ab" }]);
    expect(incidents(fromHex("41 01 41 c0"), rules)).toEqual([{ kind: "violation", violation: "reserved-bits" }]);
    expect(incidents(fromHex("c9"), rules)).toEqual([{ kind: "violation", violation: "reserved-bits" }]);
    expect(incidents(fromHex("a1"), rules)).toEqual([{ kind: "violation", violation: "reserved-bits" }]);
  });

  test("finds in every prefix of a stream what it finds in the whole up to there: chunking is invisible", () => {
    fc.assert(
      fc.property(anyStream(), ({ rules, bytes }) => {
        const whole = readStream(bytes, rules);
        for (let length = 0; length <= bytes.length; length += 1) {
          expect(readStream(bytes.subarray(0, length), rules)).toEqual(whole.filter(({ at }) => at <= length));
        }
      }),
      seeded(300),
    );
  });
});
