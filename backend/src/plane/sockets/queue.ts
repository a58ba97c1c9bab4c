/** Queued is a member of at most one Queue. */
export interface Queued<T> {
  previous: T | null
  next: T | null
}

/** Queue keeps its members in the order in which they came; any of them can leave at once. */
export class Queue<T extends Queued<T>> {
  #first: T | null = null
  #last: T | null = null
  #size = 0

  get first(): T | null {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  add(member: T): void {
    member.previous = this.#last
    member.next = null
    if (this.#last === null) this.#first = member
    else this.#last.next = member
    this.#last = member
    this.#size += 1
  }

  /** Takes out a member, which must be in. */
  remove(member: T): void {
    const { previous, next } = member
    if (previous === null) this.#first = next
    else previous.next = next
    if (next === null) this.#last = previous
    else next.previous = previous
    member.previous = null
    member.next = null
    this.#size -= 1
  }
}
