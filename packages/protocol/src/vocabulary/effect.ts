/** Something that the transport must do, in the order in which it was asked. */
export type Effect =
  /** Send these bytes. They belong to the transport from now on; the engine neither keeps nor changes them. */
  | { readonly kind: "write"; readonly bytes: Uint8Array }
  /** Half-close: no more bytes will follow those already written. */
  | { readonly kind: "end" }
  /** Drop the transport now, unsent bytes included. */
  | { readonly kind: "destroy" };
