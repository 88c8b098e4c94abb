import type { Yield } from "./yield.ts";

/** Something that the transport must do, in the order in which it was asked. */
export type Effect =
  /**
   * Send these bytes. The engine neither keeps nor changes them, unless it is told that the transport is done with them
   * (`Machine.handleEffectsReleased`). The transport may read them for as long as it likes, and must not write to them or
   * transfer their buffer: it may be the application's own, or hold other writes as well.
   */
  | { readonly kind: "write"; readonly bytes: Uint8Array }
  /** Half-close: no more bytes will follow those already written. */
  | { readonly kind: "end" }
  /** Drop the transport now, unsent bytes included. */
  | { readonly kind: "destroy" }
  /** Nothing to do: a piece of a long message was compressed, and there is more. */
  | Yield;
