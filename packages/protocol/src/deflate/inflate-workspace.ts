import { fixedDistanceBits, fixedLengthBits } from "./alphabets.ts";
import { DecodeTable, distanceMeanings, lengthMeanings } from "./decode-table.ts";
import { DynamicCodes } from "./dynamic-codes.ts";
import { History } from "./history.ts";

/** The most that one call of `pull` returns, so that a bomb is found out this much after its limit at the latest. */
const OUTPUT_BYTES = 32 * 1024;

/**
 * What the inflaters of one codec share: the fixed codes, the buffer that output is made in, and memory that each
 * needs only for a while, so that an idle connection holds nothing but its history.
 */
export class InflateWorkspace {
  readonly output: Uint8Array = new Uint8Array(OUTPUT_BYTES);
  readonly fixedLengths: DecodeTable = new DecodeTable(lengthMeanings, 9, 512);
  readonly fixedDistances: DecodeTable = new DecodeTable(distanceMeanings, 5, 32);
  #codes: DynamicCodes | undefined;
  #history: History | undefined;

  constructor() {
    this.fixedLengths.build(fixedLengthBits(), 0, 288, false);
    this.fixedDistances.build(fixedDistanceBits(), 0, 32, false);
  }

  takeCodes(): DynamicCodes {
    const codes = this.#codes ?? new DynamicCodes();
    this.#codes = undefined;
    return codes;
  }

  /** One spare is enough: nearly every block begins and ends within one call. */
  giveCodes(codes: DynamicCodes): void {
    codes.begin();
    this.#codes = codes;
  }

  takeHistory(windowBits: number): History {
    const history = this.#history;
    if (history === undefined || history.windowSize !== 1 << windowBits) return new History(windowBits);
    this.#history = undefined;
    return history;
  }

  /** Likewise: without context takeover, nearly every message is one call. */
  giveHistory(history: History): void {
    history.clear();
    this.#history = history;
  }
}
