/** Tallied is what is counted under one name; whoever was counted holds it, and gives it back. */
export interface Tallied {
  readonly name: string
  count: number
}

/** Tally counts by name; a name of which nothing is left takes no memory. */
export class Tally {
  readonly #all = new Map<string, Tallied>()

  /** Counts one more. */
  take(name: string): Tallied {
    const known = this.#all.get(name)
    if (known !== undefined) {
      known.count += 1
      return known
    }
    const fresh = { name, count: 1 }
    this.#all.set(name, fresh)
    return fresh
  }

  /** Counts one less. */
  giveBack(tallied: Tallied): void {
    tallied.count -= 1
    if (tallied.count === 0) this.#all.delete(tallied.name)
  }
}
