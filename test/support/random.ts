import type { FillRandom } from "../../packages/protocol/src/index.ts";

/** "Random" bytes 00 01 02 …, on and on: expected bytes can be written down. */
export function countingRandom(): FillRandom {
  let next = 0;
  return (target) => {
    for (let index = 0; index < target.length; index++) target[index] = next++;
  };
}

/** Each draw is the next of `draws`, as far as it reaches; after the last one it fails. */
export function scriptedRandom(...draws: readonly Uint8Array[]): FillRandom {
  const left = [...draws];
  return (target) => {
    const draw = left.shift();
    if (draw === undefined) throw new Error("no more random bytes");
    target.fill(0);
    target.set(draw.subarray(0, target.length));
  };
}

/** The entropy source of a machine that has none. */
export const failingRandom: FillRandom = () => {
  throw new Error("no entropy");
};
