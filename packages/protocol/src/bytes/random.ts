import type { FillRandom } from "../vocabulary/machine.ts";

/** Fills `target`, and says whether the injected randomness was there: a machine without entropy throws. */
export function drawRandom(random: FillRandom, target: Uint8Array<ArrayBuffer>): boolean {
  try {
    random(target);
    return true;
  } catch {
    return false;
  }
}

/** A random number from 0 (included) to 1 (excluded). Where randomness fails it is 0: that costs no more than a jitter. */
export function randomFraction(random: FillRandom): number {
  const bytes = new Uint8Array(4);
  drawRandom(random, bytes);
  return bytes.reduceRight((value, byte) => (value + byte) / 256, 0);
}
