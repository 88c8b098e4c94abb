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
