// Randomness that is none: what tests inject where programs inject `crypto.getRandomValues`.

import type { FillRandom } from "../vocabulary/machine.ts";

/** 0, 1, 2, … from the start at each call, so that expected bytes can be written down. */
export const countingRandom: FillRandom = (target) => {
  for (let index = 0; index < target.length; index++) target[index] = index;
};

/**
 * Each call takes the next of `answers`: bytes, repeated as often as it takes to fill the target, or an error to throw.
 * The last one answers all further calls.
 *
 * ```ts
 * scriptedRandom([1, 2, 3, 4], [1, 2, 3, 4], new Error("no entropy")); // repeats itself once, then fails
 * ```
 */
export function scriptedRandom(...answers: readonly (ArrayLike<number> | Error)[]): FillRandom {
  let calls = 0;
  return (target) => {
    const answer = answers[Math.min(calls++, answers.length - 1)];
    if (answer === undefined) throw new RangeError("the script has no answer");
    if (answer instanceof Error) throw answer;
    for (let index = 0; index < target.length; index++) target[index] = answer[index % answer.length] ?? 0;
  };
}

/**
 * A small generator of pseudo-random numbers (xoshiro128**): the same seed gives the same numbers, on every runtime.
 * Anything but cryptographically strong.
 */
export class SeededRandom {
  readonly #state = new Uint32Array(4);

  /** `seed`: an integer, of which the lower 32 bits count. */
  constructor(seed: number) {
    let word = seed >>> 0;
    // SplitMix32 spreads the seed over the state, which must not be all zeros.
    for (let index = 0; index < 4; index++) {
      word = (word + 0x9e37_79b9) >>> 0;
      let mixed = Math.imul(word ^ (word >>> 16), 0x21f0_aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
      this.#state[index] = mixed ^ (mixed >>> 15);
    }
  }

  /** As `FillRandom`. Bound, so that it can be passed on. */
  readonly fill: FillRandom = (target) => {
    for (let index = 0; index < target.length; index++) target[index] = this.#word() >>> 24;
  };

  /** From 0 (included) to 1 (excluded). */
  fraction(): number {
    return this.#word() / 2 ** 32;
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** `true` with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of `choices`, which must not be empty. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)]!;
  }

  /** `length` random bytes. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.fill(bytes);
    return bytes;
  }

  /** Another generator, seeded by this one: what it is used for does not change what this one yields. */
  fork(): SeededRandom {
    return new SeededRandom(this.#word());
  }

  #word(): number {
    const state = this.#state;
    const [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    state[2] = c ^ a;
    state[3] = d ^ b;
    state[1] = b ^ state[2];
    state[0] = a ^ state[3];
    state[2] = state[2] ^ (b << 9);
    state[3] = rotateLeft(state[3], 11);
    return scrambled;
  }
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
