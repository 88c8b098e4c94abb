// Memory that the whole process copies its writes into. Deno tells when a write is done, but not whether it was done at
// once, as it nearly always is: a promise away from the call. So the bytes are copied, which takes a tenth of the time that
// making memory for them does, and whoever wrote them has his own memory back at once.

/** Room for the longest that the engine joins. */
const SLAB_BYTES = 128 * 1024;
/** So many slabs are kept that nobody uses. */
const MOST_SPARES = 32;

/** Memory that several connections write from at the same time. */
export interface Slab {
  readonly memory: Uint8Array;
  /** Where the free part begins. */
  used: number;
  /** How many regions of it are lent. */
  lent: number;
}

/** The longest region that can be had. */
export const LONGEST_REGION: number = SLAB_BYTES;

const spares: Slab[] = [];
let current: Slab = newSlab();

function newSlab(): Slab {
  return { memory: new Uint8Array(SLAB_BYTES), used: 0, lent: 0 };
}

/** Lends the `count` bytes of the returned slab that end at `used`, until they are given back. */
export function lend(count: number): Slab {
  if (current.used + count > SLAB_BYTES) current = spares.pop() ?? newSlab();
  current.used += count;
  current.lent++;
  return current;
}

/** Takes a region back. */
export function giveBack(slab: Slab): void {
  if (--slab.lent > 0) return;
  slab.used = 0;
  if (slab !== current && spares.length < MOST_SPARES) spares.push(slab);
}
