/** How often each symbol of an alphabet occurs. All work depends on the symbols that do, not on the alphabet. */
export class Tally {
  readonly #counts: Uint16Array;
  /** The symbols that occur, in the order in which they first did. */
  readonly #used: Uint16Array;
  #usedCount = 0;

  constructor(symbols: number) {
    this.#counts = new Uint16Array(symbols);
    this.#used = new Uint16Array(symbols);
  }

  /** How many symbols occur. */
  get size(): number {
    return this.#usedCount;
  }

  add(symbol: number): void {
    if (this.#counts[symbol]!++ === 0) this.#used[this.#usedCount++] = symbol;
  }

  clear(): void {
    for (let at = 0; at < this.#usedCount; at++) this.#counts[this.#used[at]!] = 0;
    this.#usedCount = 0;
  }

  /** How many bits all occurrences take in a code of these lengths. */
  cost(lengths: Uint8Array): number {
    let bits = 0;
    for (let at = 0; at < this.#usedCount; at++) {
      const symbol = this.#used[at]!;
      bits += this.#counts[symbol]! * lengths[symbol]!;
    }
    return bits;
  }

  /** About how many bits all occurrences take in the best of all codes: their entropy. */
  entropy(): number {
    let total = 0;
    let sum = 0;
    for (let at = 0; at < this.#usedCount; at++) {
      const count = this.#counts[this.#used[at]!]!;
      total += count;
      sum += count * log2(count);
    }
    return (total * log2(total) - sum) / 256;
  }

  /**
   * Writes one entry for each symbol that occurs to `target`, the rarest first: how often it does, shifted left by 9,
   * and the symbol. Adds others that do not occur until there are two. Returns how many there are.
   */
  sort(target: Uint32Array): number {
    let size = this.#usedCount;
    for (let at = 0; at < size; at++) {
      const symbol = this.#used[at]!;
      target[at] = (this.#counts[symbol]! << 9) | symbol;
    }
    for (let symbol = 0; size < 2; symbol++) {
      if (this.#counts[symbol] === 0) target[size++] = symbol;
    }
    if (size > INSERTION_SORT) {
      target.subarray(0, size).sort();
    } else {
      for (let at = 1; at < size; at++) {
        const entry = target[at]!;
        let slot = at;
        for (; slot > 0 && target[slot - 1]! > entry; slot--) target[slot] = target[slot - 1]!;
        target[slot] = entry;
      }
    }
    return size;
  }
}

/** The binary logarithm in 256ths, rounded, of a positive integer. */
function log2(value: number): number {
  const shift = Math.max(0, 22 - Math.clz32(value));
  return logs[value >>> shift]! + shift * 256;
}

const logs = Uint16Array.from({ length: 1024 }, (_, value) => (value === 0 ? 0 : Math.round(Math.log2(value) * 256)));

/** Up to here, a plain insertion sort beats the call of the built-in one. */
const INSERTION_SORT = 48;
