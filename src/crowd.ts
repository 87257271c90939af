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

  add(member: M): void {
    member.place = this.#members.push(member) - 1;
  }

  /** Takes out one; the last one takes its place. */
  delete(member: M): void {
    const { place } = member;
    if (place === undefined || this.#members[place] !== member) return;
    const last = this.#members.pop() ?? member;
    if (last === member) return;
    this.#members[place] = last;
    last.place = place;
  }

  /** All of them as they are now; they may leave meanwhile. */
  all(): M[] {
    return [...this.#members];
  }
}
