/** A message that arrived. Its bytes belong to the receiver. */
export type Message =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly bytes: Uint8Array };

/** The content of what a socket delivers, as a message. */
export function messageOf(content: string | Uint8Array): Message {
  return typeof content === "string" ? { kind: "text", text: content } : { kind: "binary", bytes: content };
}

/** What a socket sends for it; `undefined` if it is none of them. */
export function contentOf(content: string | Uint8Array | Message): string | Uint8Array | undefined {
  if (typeof content === "string" || content instanceof Uint8Array) return content;
  if (content?.kind === "text") return content.text;
  return content?.kind === "binary" ? content.bytes : undefined;
}
