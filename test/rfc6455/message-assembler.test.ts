// The limits of messages (RFC 6455 §10.4) where they are known only when the pieces are: behind an extension.

import { expect, test } from "vitest";
import { portableTextCodec } from "../../packages/protocol/src/index.ts";
import { MessageAssembler } from "../../packages/protocol/src/message/message-assembler.ts";

test("a message that is assembled has the limit of its kind: text that of text, binary that of messages", () => {
  const rules = {
    delivery: "messages",
    maxMessageBytes: 20,
    maxTextBytes: 10,
    text: "string",
    textCodec: portableTextCodec,
    free: undefined,
    allocateUnfilled: undefined,
  } as const;
  const bytes = new Uint8Array(21).fill(0x61);
  for (const [kind, limit] of [
    ["text", 10],
    ["binary", 20],
  ] as const) {
    const fits = new MessageAssembler(kind, rules);
    expect(fits.add(bytes, 0, 5, false)).toBeUndefined();
    expect(fits.add(bytes, 5, limit, true)).toMatchObject({ kind });
    const tooBig = new MessageAssembler(kind, rules);
    expect(tooBig.add(bytes, 0, 5, false)).toBeUndefined();
    expect(tooBig.add(bytes, 5, limit + 1, false)).toBe("message-too-big");
  }
});

test("text that is read where it arrived leaves its memory to whoever has the chunk", () => {
  const freed: ArrayBuffer[] = [];
  const rules = {
    delivery: "messages",
    maxMessageBytes: 10_000,
    maxTextBytes: 10_000,
    text: "string",
    textCodec: portableTextCodec,
    free: (memory: ArrayBuffer) => void freed.push(memory),
    allocateUnfilled: undefined,
  } as const;
  const chunk = new Uint8Array(5_000).fill(0x61);
  expect(new MessageAssembler("text", rules).add(chunk, 0, 5_000, true)).toMatchObject({ kind: "text" });
  expect(freed).toEqual([]);
  const joined = new MessageAssembler("text", rules);
  joined.add(chunk, 0, 2_500, false);
  expect(joined.add(chunk, 2_500, 5_000, true)).toMatchObject({ kind: "text" });
  expect(freed).toHaveLength(1); // what was joined to be decoded
});
