const maxWaiting = 8

/** Standings are who waits, those who come first first. */
const standings = ['signed_in', 'known_browser', 'known_address', 'stranger'] as const

export type Standing = (typeof standings)[number]

/** Place is one who waits; `group` is whom he is counted with. */
export interface Place {
  standing: Standing
  group: string
}

/**
 * WaitingLine holds at most 8. Who is known comes before strangers; where it is full, the last goes of whoever is known least and
 * has most places.
 */
export class WaitingLine<T extends Place> {
  #places: T[] = []

  /** Returns who has to go for it, which may be the newcomer itself; null where there was room. */
  join(place: T): T | null {
    this.#places.push(place)
    if (this.#places.length <= maxWaiting) return null
    const loser = this.#loser()
    this.leave(loser)
    return loser
  }

  /** False where it does not wait, or no longer. */
  leave(place: T): boolean {
    const before = this.#places.length
    this.#places = this.#places.filter((other) => other !== place)
    return this.#places.length < before
  }

  /** Takes out whose turn it is. */
  next(): T | undefined {
    const [first] = this.#places.toSorted((a, b) => rank(a) - rank(b))
    if (first) this.leave(first)
    return first
  }

  /** Takes everybody out. */
  clear(): T[] {
    const places = this.#places
    this.#places = []
    return places
  }

  #loser(): T {
    const count = ({ group }: T) => this.#places.filter((other) => other.group === group).length
    return this.#places.reduce((worst, place) => {
      const isWorse = rank(place) - rank(worst) || count(place) - count(worst)
      return isWorse >= 0 ? place : worst
    })
  }
}

function rank({ standing }: Place): number {
  return standings.indexOf(standing)
}
