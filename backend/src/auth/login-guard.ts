import { secondsUntil, type Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'

const freeFailures = 5
const firstLockMs = 5_000
const forgetAfterMs = 60 * 60_000
const maxEntries = 10_000
/** Strangers can lock a user name for as long as they like to try, so such a lock is short; the others hit whoever guesses. */
const maxLockMs = { address: 15 * 60_000, device: 15 * 60_000, session: 15 * 60_000, user: 30_000 }

type Kind = keyof typeof maxLockMs

/** GuardKey is what attempts are counted by. */
export type GuardKey = `${Kind} ${string}`

interface Failures {
  count: number
  lastAt: number
  lockedUntil: number
}

/**
 * LoginGuard slows down guessing, per whatever it is asked to count: after five failures in a row each further one locks for
 * 5 s, then doubling up to 15 minutes, or 30 s for a user name. An hour without a failure forgives.
 */
export class LoginGuard {
  readonly #clock: Clock
  readonly #failures = new Map<GuardKey, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Counts an attempt as failed until `succeeded` or `withdrawn` says otherwise, so that many at once gain nothing. Throws Problem
   * `too_many_attempts` while one of the keys is locked.
   */
  attempt(keys: readonly GuardKey[]): void {
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
  succeeded(keys: readonly GuardKey[]): void {
    for (const key of keys) this.#failures.delete(key)
  }

  /** Takes one attempt back, at which nobody looked. */
  withdrawn(keys: readonly GuardKey[]): void {
    for (const key of keys) {
      const known = this.#failures.get(key)
      if (!known) continue
      if (known.count === 1) this.#failures.delete(key)
      else this.#failures.set(key, { ...known, count: known.count - 1, lockedUntil: 0 })
    }
  }

  #count(key: GuardKey): void {
    const now = this.#clock.now()
    const known = this.#failures.get(key)
    const count = known && now - known.lastAt < forgetAfterMs ? known.count + 1 : 1
    const excess = count - freeFailures
    const maxMs = maxLockMs[kindOf(key)]
    const lockedUntil = excess < 0 ? 0 : now + Math.min(maxMs, firstLockMs * 2 ** Math.min(16, excess))
    this.#failures.delete(key)
    this.#failures.set(key, { count, lastAt: now, lockedUntil })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > maxEntries && oldest !== undefined) this.#failures.delete(oldest)
  }
}

function kindOf(key: GuardKey): Kind {
  return key.slice(0, key.indexOf(' ')) as Kind
}
