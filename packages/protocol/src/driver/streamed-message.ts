// A message that is read while it arrives.

import type { Fragment } from "../vocabulary/event.ts";

/** A message in pieces, as they arrive. Iterate once; what is left when the next message is asked for is skipped. */
export interface StreamedMessage extends AsyncIterable<string | Uint8Array> {
  readonly kind: "text" | "binary";
}

/** Groups fragments into messages. `next` yields the fragments in their order, `undefined` at the end. */
export async function* streamMessages(
  next: () => Promise<Fragment | undefined>,
): AsyncGenerator<StreamedMessage, void> {
  for (let first = await next(); first !== undefined; first = await next()) {
    let fragment: Fragment | undefined = first;
    let fresh = true;
    const advance = async (): Promise<Fragment | undefined> => {
      if (fresh) fresh = false;
      else fragment = fragment === undefined || fragment.fin ? undefined : await next();
      return fragment;
    };
    async function* pieces(): AsyncGenerator<string | Uint8Array, void> {
      for (let piece = await advance(); piece !== undefined; piece = await advance()) {
        const content = piece.message === "text" ? piece.text : piece.bytes;
        if (content.length > 0) yield content;
      }
    }
    yield { kind: first.message, [Symbol.asyncIterator]: pieces };
    while ((await advance()) !== undefined);
  }
}
