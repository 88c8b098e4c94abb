/**
 * Nothing to do, but a good moment to let others run: a piece of a long message was compressed or decompressed, and there
 * is more. Who asks again goes on at once, until there is nothing left; who shares its thread with other connections
 * asks again in a later turn.
 */
export interface Yield {
  readonly kind: "yield";
}

/** The one that there is, shared by all. */
export const YIELD: Yield = Object.freeze({ kind: "yield" });
