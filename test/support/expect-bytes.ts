import { expect } from "vitest";

/** `expect(actual).toEqual(expected)` for bytes, quick enough for large ones: it compares objects element by element. */
export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  expect(actual?.length).toBe(expected.length);
  const difference = actual!.findIndex((byte, index) => byte !== expected[index]);
  if (difference !== -1) expect.fail(`byte ${difference} is ${actual![difference]}, not ${expected[difference]}`);
}
