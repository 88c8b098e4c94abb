/** How many empty places may gather at the front before the rest moves up. */
const MOST_EMPTY_PLACES = 1024;

/**
 * First in, first out, at a constant cost for each item. An array's `shift()` moves everything behind the first item once
 * there are some ten thousand (measured: 20 µs for one of 300 000).
 */
export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #first = 0;

  /** How many are waiting. */
  get length(): number {
    return this.#items.length - this.#first;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes out the oldest, `undefined` from an empty queue. */
  shift(): Item | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (
      this.#first === this.#items.length ||
      (this.#first > MOST_EMPTY_PLACES && this.#first * 2 > this.#items.length)
    ) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}
