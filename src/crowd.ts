/** One of a crowd; it knows its place in it. */
export interface Member {
  place?: number;
}

/**
 * What is under way, joining and leaving all the time in any order. A `Set` that changes that often drags its former tables
 * through V8's garbage collector: that alone cost a third of a request.
 */
export class Crowd<M extends Member> {
  readonly #members: M[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: M): void {
    member.place = this.#members.push(member) - 1;
  }

  /** Takes out one that is in it; the last one takes its place. */
  delete(member: M): void {
    const last = this.#members.pop();
    if (!last || last === member || member.place === undefined) return;
    this.#members[member.place] = last;
    last.place = member.place;
  }

  /** All of them as they are now; they may leave meanwhile. */
  all(): M[] {
    return [...this.#members];
  }
}
