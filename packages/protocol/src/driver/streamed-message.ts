// Messages that are read while they arrive.

import type { Fragment } from "../vocabulary/event.ts";

/**
 * A message in pieces, as they arrive. What is left of it when the next message is asked for is skipped. If the connection
 * ends in the middle of it, however normally, iterating throws `ConnectionClosed`.
 */
export interface StreamedMessage extends AsyncIterable<string | Uint8Array> {
  readonly kind: "text" | "binary" | "utf8";
}

/** Groups the fragments of a connection into messages. */
export class MessageStreams {
  readonly #nextFragment: () => Promise<Fragment | undefined>;
  readonly #truncated: () => Error;
  /** The message that was handed out last; only this one has a right to the next fragment. */
  #latest: StreamedMessage | undefined = undefined;
  /** Whether the next fragment belongs to it. */
  #unfinished = false;

  /**
   * `nextFragment` yields the fragments in their order, `undefined` at the end; `truncated` makes the error for whoever
   * reads a message that will never be finished.
   */
  constructor(nextFragment: () => Promise<Fragment | undefined>, truncated: () => Error) {
    this.#nextFragment = nextFragment;
    this.#truncated = truncated;
  }

  /** The messages from now on: the rest of one that was begun before is skipped. `left` is called at the end. */
  async *messages(left: () => void): AsyncGenerator<StreamedMessage, void> {
    try {
      for (;;) {
        this.#latest = undefined;
        while (this.#unfinished) await this.#next();
        const first = await this.#next();
        if (first === undefined) return;
        yield (this.#latest = this.#message(first));
      }
    } finally {
      left();
    }
  }

  #message(first: Fragment): StreamedMessage {
    let fragment: Fragment | undefined = first;
    const advance = async (): Promise<Fragment | undefined> => {
      if (this.#latest !== message) return undefined;
      const taken = fragment;
      fragment = undefined;
      if (taken !== undefined || !this.#unfinished) return taken;
      const next = await this.#next();
      if (next === undefined) throw this.#truncated();
      return next;
    };
    const message: StreamedMessage = {
      kind: first.message,
      async *[Symbol.asyncIterator]() {
        for (let piece = await advance(); piece !== undefined; piece = await advance()) {
          const content = piece.message === "text" ? piece.text : piece.bytes;
          if (content.length > 0) yield content;
        }
      },
    };
    return message;
  }

  async #next(): Promise<Fragment | undefined> {
    const fragment = await this.#nextFragment();
    this.#unfinished = fragment !== undefined && !fragment.fin;
    return fragment;
  }
}
