import { secondsUntil, type Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'

const freeFailures = 5
const firstLockMs = 5_000
const maxLockMs = 15 * 60_000
const forgetAfterMs = 60 * 60_000
const maxEntries = 10_000

interface Failures {
  count: number
  lastAt: number
  lockedUntil: number
}

/**
 * LoginGuard slows down guessing, per whatever it is asked to count (an address, a user name): after five failures in a row
 * each further one locks for 5 s, then doubling up to 15 minutes. An hour without a failure forgives.
 */
export class LoginGuard {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Counts an attempt as failed until `succeeded` says otherwise, so that many at once gain nothing. Throws Problem
   * `too_many_attempts` while one of the keys is locked.
   */
  attempt(keys: readonly string[]): void {
    const now = this.#clock.now()
    const lockedUntil = Math.max(...keys.map((key) => this.#failures.get(key)?.lockedUntil ?? 0))
    if (lockedUntil > now) {
      const seconds = secondsUntil(lockedUntil, now)
      throw new Problem('too_many_attempts', `Too many failed logins. Try again in ${seconds} s.`, {
        retryAfterSeconds: seconds,
      })
    }
    for (const key of keys) this.#count(key)
  }

  /** Forgives the attempts so far. */
  succeeded(keys: readonly string[]): void {
    for (const key of keys) this.#failures.delete(key)
  }

  #count(key: string): void {
    const now = this.#clock.now()
    const known = this.#failures.get(key)
    const count = known && now - known.lastAt < forgetAfterMs ? known.count + 1 : 1
    const excess = count - freeFailures
    const lockedUntil = excess < 0 ? 0 : now + Math.min(maxLockMs, firstLockMs * 2 ** Math.min(16, excess))
    this.#failures.delete(key)
    this.#failures.set(key, { count, lastAt: now, lockedUntil })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > maxEntries && oldest !== undefined) this.#failures.delete(oldest)
  }
}
