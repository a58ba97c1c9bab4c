/** Member knows its place in the one roster that it is in. */
export interface Member {
  place: number
}

/**
 * Roster is a set for what comes and goes thousands of times a second. A Set would be rehashed all the time, and its former
 * tables, once they are old, keep all that was in them from being collected with the young.
 */
export class Roster<T extends Member> {
  readonly #members: T[] = []

  get size(): number {
    return this.#members.length
  }

  add(member: T): void {
    member.place = this.#members.length
    this.#members.push(member)
  }

  /** Takes a member out; one that is not in stays out. */
  delete(member: T): void {
    if (this.#members[member.place] !== member) return
    const last = this.#members.pop()
    if (last === undefined || last === member) return
    last.place = member.place
    this.#members[member.place] = last
  }

  /** Calls `visit` for each member that is in at the start, also when visited ones leave meanwhile. */
  forEach(visit: (member: T) => void): void {
    // From the end: who leaves is replaced by one that was visited already.
    for (let place = this.#members.length - 1; place >= 0; place--) {
      const member = this.#members[place]
      if (member !== undefined) visit(member)
    }
  }
}
