// Messages that have arrived, and those who iterate. A browser's WebSocket cannot be told to wait, so what nobody takes
// waits here.

import { type Deferred, defer } from "./deferred.ts";
import type { Message } from "./message.ts";

type Result = IteratorResult<Message, undefined>;

/** What a message counts for beside its content, so that empty ones cannot pile up. */
const MESSAGE_OVERHEAD = 64;

export class Inbox {
  readonly #messages: Message[] = [];
  /** Never any while there are messages. */
  readonly #waiting: Deferred<Result>[] = [];
  #end: { readonly failure: unknown } | undefined = undefined;
  /** What the messages take, about. */
  bytes = 0;

  deliver(message: Message): void {
    const first = this.#waiting.shift();
    if (first !== undefined) first.resolve({ done: false, value: message });
    else {
      this.#messages.push(message);
      this.bytes += sizeOf(message);
    }
  }

  /** No message will follow. A `failure` is thrown behind those that are left. */
  end(failure: unknown): void {
    this.#end = { failure };
    for (const waiting of this.#waiting.splice(0)) this.#settle(waiting);
  }

  next(): Promise<Result> {
    const message = this.#messages.shift();
    if (message !== undefined) {
      this.bytes -= sizeOf(message);
      return Promise.resolve({ done: false, value: message });
    }
    const deferred = defer<Result>();
    if (this.#end === undefined) this.#waiting.push(deferred);
    else this.#settle(deferred);
    return deferred.promise;
  }

  #settle({ resolve, reject }: Deferred<Result>): void {
    if (this.#end?.failure === undefined) resolve({ done: true, value: undefined });
    else reject(this.#end.failure);
  }
}

function sizeOf(message: Message): number {
  return MESSAGE_OVERHEAD + (message.kind === "text" ? message.text.length : message.bytes.length);
}
