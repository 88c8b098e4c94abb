import type { FillRandom } from "../vocabulary/machine.ts";
import { drawRandom } from "./random.ts";

/** Random bytes are drawn this many at a time: a call into the runtime costs far more than the bytes (1.2 µs on Node). */
const POOL_BYTES = 1024;

/**
 * Words of 32 random bits, none of which is given out twice: the mask keys of a client's frames (RFC 6455 §5.3:
 * unpredictable, and a new one for every frame), and what tells our Pings apart.
 */
export class RandomWords {
  readonly #random: FillRandom;
  #pool: Uint8Array | undefined;
  #used = 0;

  constructor(random: FillRandom) {
    this.#random = random;
  }

  /** The next word, in wire order; `undefined` if the injected randomness failed. A frame must not be sent then. */
  next(): number | undefined {
    if (this.#pool === undefined || this.#used === POOL_BYTES) {
      const pool = new Uint8Array(POOL_BYTES);
      if (!drawRandom(this.#random, pool)) return undefined;
      this.#pool = pool;
      this.#used = 0;
    }
    const pool = this.#pool;
    const at = this.#used;
    this.#used = at + 4;
    return ((pool[at]! << 24) | (pool[at + 1]! << 16) | (pool[at + 2]! << 8) | pool[at + 3]!) >>> 0;
  }
}
