import { secondsUntil, type Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'

const maxChanges = 10
const spanMs = 60_000

/** TokenChanges bounds what one token may change: ten times within any minute. */
export class TokenChanges {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** The times of the last minute's changes, by the sealed token. */
  readonly #times = new Map<string, number[]>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Counts a change. Throws Problem `too_many_attempts` where it is one too many. */
  count(name: string, token: string): void {
    const now = this.#clock.monotonic()
    for (const [key, times] of this.#times) {
      const recent = times.filter((time) => time > now - spanMs)
      if (recent.length === 0) this.#times.delete(key)
      else this.#times.set(key, recent)
    }
    const times = this.#times.get(token) ?? []
    if (times.length >= maxChanges) {
      const retryAfterSeconds = secondsUntil((times[0] ?? now) + spanMs, now)
      const text = `The token of ${name} has changed ${maxChanges} allowed addresses within a minute, so nothing was changed. Try again in ${retryAfterSeconds} s.`
      throw new Problem('too_many_attempts', text, { retryAfterSeconds })
    }
    this.#times.set(token, [...times, now])
  }
}
