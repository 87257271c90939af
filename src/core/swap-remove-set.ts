/** One of a crowd; it knows its place in it. */
export interface SwapRemoveItem {
  index?: number | undefined;
}

/**
 * What is under way, joining and leaving all the time in any order. A `Set` that changes that often drags its former tables
 * through V8's garbage collector: that alone cost a third of a request.
 */
export class SwapRemoveSet<M extends SwapRemoveItem> {
  readonly #members: M[] = [];

  add(member: M): void {
    member.index = this.#members.push(member) - 1;
  }

  /** Takes out one; the last one takes its place. */
  delete(member: M): void {
    const { index } = member;
    if (index === undefined || this.#members[index] !== member) return;
    const last = this.#members.pop() ?? member;
    if (last === member) return;
    this.#members[index] = last;
    last.index = index;
  }

  /** All of them as they are now; they may leave meanwhile. */
  toArray(): M[] {
    return [...this.#members];
  }
}
