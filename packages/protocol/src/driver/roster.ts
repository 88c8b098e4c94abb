/** Whoever can be in a roster, one at a time. */
export interface Listed {
  /** Where, as long as it is in one: the roster's own note. */
  place: number;
}

/** The sessions of a server. They come and go; whoever iterates sees those that were there when he began. */
export interface SessionList<Session> extends Iterable<Session> {
  readonly size: number;
  has(session: Session): boolean;
}

/**
 * Who is there, in no particular order. Not a `Set`: V8 makes one a new table every few dozen additions and removals, and
 * each old table keeps alive the next one and whoever was there, closed connections among them, until the next full
 * collection. With connections that come and go that was a seventh of all CPU time (measured, scenario (i)).
 */
export class Roster<Item extends Listed> implements SessionList<Item> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  has(item: Item): boolean {
    return this.#items[item.place] === item;
  }

  /** `item` must not be in this roster, or another one. */
  add(item: Item): void {
    item.place = this.#items.push(item) - 1;
  }

  /** Without effect unless it is there. */
  delete(item: Item): void {
    if (!this.has(item)) return;
    const last = this.#items.pop()!;
    if (last === item) return;
    last.place = item.place;
    this.#items[item.place] = last;
  }

  [Symbol.iterator](): IterableIterator<Item> {
    return this.#items.slice().values();
  }
}
