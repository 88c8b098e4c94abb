// What has arrived and waits for an application that iterates. It decides when more is wanted; it holds little.

import type { Fragment, Message } from "../vocabulary/event.ts";
import { type Deferred, defer } from "./deferred.ts";

/** What an iteration yields. */
export type Item = Message | Fragment;

/** What an item counts for beside its content, so that empty ones cannot pile up. */
const ITEM_OVERHEAD = 64;

/** What a call of an iterator's `next` resolves to. */
type Result = IteratorResult<Item, undefined>;

const END: Result = { done: true, value: undefined };

export class Inbox {
  readonly #readAheadBytes: number;
  #items: Item[] | undefined = undefined;
  #bytes = 0;
  /** Those who wait for an item, the first comer first. Never empty. */
  #waiting: Deferred<Result>[] | undefined = undefined;
  /** Somebody asks, and will wait only if looking finds nothing. */
  #seeking = false;
  #found: Item | undefined = undefined;
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
    if (this.#seeking || this.#waiting !== undefined) return true;
    return this.#lookingAhead && this.#bytes < this.#readAheadBytes;
  }

  /** A turn went by in which nobody asked: look ahead. */
  lookAhead(): void {
    this.#lookingAhead = true;
  }

  /** Takes an item that was wanted. */
  deliver(item: Item): void {
    if (this.#seeking) {
      this.#seeking = false;
      this.#lookingAhead = false;
      this.#found = item;
      return;
    }
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting.shift()!;
      if (this.#waiting.length === 0) this.#waiting = undefined;
      this.#lookingAhead = false;
      resolve({ done: false, value: item });
      return;
    }
    (this.#items ??= []).push(item);
    this.#bytes += sizeOf(item);
  }

  /** No item will follow; with a failure, iteration throws it behind the items that are left. */
  end(failure: Error | undefined): void {
    this.#ended = true;
    this.#failure = failure;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const deferred of waiting ?? []) this.#settle(deferred);
  }

  /** An item that is here already. */
  take(): Item | undefined {
    if (this.#items === undefined) return undefined;
    const item = this.#items.shift()!;
    if (this.#items.length === 0) this.#items = undefined;
    this.#bytes -= sizeOf(item);
    return item;
  }

  /**
   * Has `look` look for an item, and returns what it finds. A promise to be settled later costs more than everything else
   * that happens to a small message, and most messages are there when somebody asks. To be called when `take()` has
   * nothing.
   */
  seek(look: { pull(): void }): Item | undefined {
    if (this.#waiting !== undefined) return undefined; // they asked before
    this.#seeking = true;
    look.pull();
    this.#seeking = false;
    const found = this.#found;
    this.#found = undefined;
    return found;
  }

  /** The next item to come, or the end. To be called when `seek()` has found nothing. */
  wait(): Promise<Result> {
    const deferred = defer<Result>();
    if (this.#ended) this.#settle(deferred);
    else if (this.#waiting === undefined)
      this.#waiting = [deferred]; // nearly always the only one
    else this.#waiting.push(deferred);
    return deferred.promise;
  }

  #settle(deferred: Deferred<Result>): void {
    if (this.#failure === undefined) deferred.resolve(END);
    else deferred.reject(this.#failure);
  }
}

function sizeOf(item: Item): number {
  return ITEM_OVERHEAD + ("text" in item ? item.text.length : item.bytes.length);
}
