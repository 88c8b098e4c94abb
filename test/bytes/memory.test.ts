import { expect, test } from "vitest";
import { freeableMemoryOf } from "../../packages/protocol/src/bytes/memory.ts";

test("memory can be let go of if the bytes are all that it holds, nobody shares it, and it is worth it", () => {
  const whole = new Uint8Array(2_048);
  expect(freeableMemoryOf(whole)).toBe(whole.buffer);
  expect(freeableMemoryOf(new Uint8Array(2_047))).toBeUndefined();
  expect(freeableMemoryOf(new Uint8Array(5_000).subarray(1))).toBeUndefined();
  expect(freeableMemoryOf(new Uint8Array(new SharedArrayBuffer(5_000)))).toBeUndefined();
});
