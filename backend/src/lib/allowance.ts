import type { Clock } from './clock.ts'

const secondMs = 1_000

/** Allowance is a number of units, bytes for instance, that all who ask may take together in a second. */
export class Allowance {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #perSecond: number
  #since = Number.NEGATIVE_INFINITY
  #taken = 0

  constructor(clock: Pick<Clock, 'monotonic'>, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
  }

  /** Takes so many units; false, with nothing taken, where this second has not as many left. */
  take(units: number): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#since >= secondMs) {
      this.#since = now
      this.#taken = 0
    }
    if (this.#taken + units > this.#perSecond) return false
    this.#taken += units
    return true
  }
}
