// What has arrived and waits for an application that iterates. It decides when more is wanted; it holds little.

import type { Fragment, Message } from "../vocabulary/event.ts";
import { type Deferred, defer } from "./deferred.ts";

/** What an iteration yields. */
export type Item = Message | Fragment;

/** What an item counts for beside its content, so that empty ones cannot pile up. */
const ITEM_OVERHEAD = 64;

export class Inbox {
  readonly #readAheadBytes: number;
  #items: Item[] | undefined = undefined;
  #bytes = 0;
  #waiting: Deferred<Item | undefined> | undefined = undefined;
  #lookingAhead = false;
  #ended = false;
  #failure: Error | undefined = undefined;

  /** Items are kept while nobody asks, until they come to `readAheadBytes`. */
  constructor(readAheadBytes: number) {
    this.#readAheadBytes = readAheadBytes;
  }

  /**
   * Whether an item should be looked for: somebody waits for it, or the application is busy, and what it has not asked
   * for yet is little. Only looking finds the Pongs and the Close that lie behind messages.
   */
  get wants(): boolean {
    return this.#waiting !== undefined || (this.#lookingAhead && this.#bytes < this.#readAheadBytes);
  }

  /** A turn went by in which nobody asked: look ahead. */
  lookAhead(): void {
    this.#lookingAhead = true;
  }

  /** Takes an item that was wanted. */
  deliver(item: Item): void {
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      this.#lookingAhead = false;
      resolve(item);
      return;
    }
    (this.#items ??= []).push(item);
    this.#bytes += sizeOf(item);
  }

  /** No item will follow; with a failure, iteration throws it behind the items that are left. */
  end(failure: Error | undefined): void {
    this.#ended = true;
    this.#failure = failure;
    if (this.#waiting === undefined) return;
    const { resolve, reject } = this.#waiting;
    this.#waiting = undefined;
    if (failure === undefined) resolve(undefined);
    else reject(failure);
  }

  /** An item that is here already. */
  take(): Item | undefined {
    if (this.#items === undefined) return undefined;
    const item = this.#items.shift();
    if (this.#items.length === 0) this.#items = undefined;
    if (item !== undefined) this.#bytes -= sizeOf(item);
    return item;
  }

  /** The next item to come; `undefined` at the end. To be called when `take()` has nothing. */
  wait(): Promise<Item | undefined> {
    if (this.#ended) return this.#failure === undefined ? Promise.resolve(undefined) : Promise.reject(this.#failure);
    this.#waiting ??= defer();
    return this.#waiting.promise;
  }
}

function sizeOf(item: Item): number {
  return ITEM_OVERHEAD + ("text" in item ? item.text.length : item.bytes.length);
}
