// Messages that were sent while there was no connection, if the application asked for a queue.

import { type Deferred, defer } from "./deferred.ts";

interface WaitingMessage {
  readonly content: string | Uint8Array;
  readonly sent: Deferred<void>;
}

/** A queue with bounds. Every message that goes in comes out: sent, or rejected. */
export class WaitingMessages {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages: WaitingMessage[] = [];
  #bytes = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#messages.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a message, if there is room: then the promise says what becomes of it. */
  add(content: string | Uint8Array): Promise<void> | undefined {
    if (this.size >= this.#maxMessages || this.#bytes + content.length > this.#maxBytes) return undefined;
    const sent = defer<void>();
    this.#messages.push({ content, sent });
    this.#bytes += content.length;
    return sent.promise;
  }

  /**
   * Gives the messages to `send`, one after another, until it returns `false`: it did not take that one, which waits on.
   * One that makes it throw is rejected with what was thrown.
   */
  flush(send: (content: string | Uint8Array) => boolean): void {
    for (;;) {
      const [first] = this.#messages;
      if (first === undefined) return;
      try {
        if (!send(first.content)) return;
        first.sent.resolve();
      } catch (error) {
        first.sent.reject(error);
      }
      this.#messages.shift();
      this.#bytes -= first.content.length;
    }
  }

  /** They will not be sent. */
  reject(error: unknown): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    for (const { sent } of messages) sent.reject(error);
  }
}
