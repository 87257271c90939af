/** An item that knows its index in the set. */
export interface SwapRemoveItem {
  index?: number | undefined;
}

/**
 * An unordered set for items that come and go all the time. A `Set` that changes that often leaves its old tables to V8's
 * garbage collector: that alone cost a third of a request.
 */
export class SwapRemoveSet<T extends SwapRemoveItem> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.index = this.#items.push(item) - 1;
  }

  /** Removes an item; the last one moves to its index. */
  delete(item: T): void {
    const { index } = item;
    if (index === undefined || this.#items[index] !== item) return;
    const last = this.#items.pop() ?? item;
    if (last === item) return;
    this.#items[index] = last;
    last.index = index;
  }

  /** A copy, which later changes of the set do not touch. */
  toArray(): T[] {
    return [...this.#items];
  }
}
