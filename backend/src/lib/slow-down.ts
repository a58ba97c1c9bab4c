import type { Clock, Stop } from './clock.ts'

const freeFailures = 10
const firstDelayMs = 250
const maxDelayMs = 5_000
const forgetAfterMs = 10 * 60_000
const maxEntries = 10_000
const maxWaiting = 8

interface Failures {
  count: number
  lastAt: number
}

/**
 * SlowDown slows down guessing, per whatever it is asked to count (`addressGroup`): after ten failures each further one waits,
 * from 250 ms doubling up to 5 s. Ten quiet minutes forgive. At most 8 of one guesser wait at a time.
 */
export class SlowDown {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()
  readonly #waiting = new Map<string, number>()
  /** What ends each wait at once. */
  readonly #waits = new Set<Stop>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether so many of this one wait that nothing more of it shall be looked at, not even what may be right. */
  isFull(who: string): boolean {
    return (this.#waiting.get(who) ?? 0) >= maxWaiting
  }

  /** Counts a failure; returns how long its answer shall wait, in milliseconds. */
  count(who: string): number {
    const now = this.#clock.monotonic()
    const known = this.#failures.get(who)
    const count = known && now - known.lastAt < forgetAfterMs ? known.count + 1 : 1
    // Re-inserting keeps the map in order of last failure: the first entry is the one to drop.
    this.#failures.delete(who)
    this.#failures.set(who, { count, lastAt: now })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > maxEntries && oldest !== undefined) this.#failures.delete(oldest)
    if (count <= freeFailures) return 0
    return Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(10, count - freeFailures - 1))
  }

  /**
   * Counts a failure and resolves when it may be answered. Whoever hangs up sooner frees no place: silence must not tell faster
   * than the answer that a guess was wrong.
   */
  async fail(who: string): Promise<void> {
    const waitMs = this.count(who)
    if (waitMs === 0) return
    this.#waiting.set(who, (this.#waiting.get(who) ?? 0) + 1)
    await this.#wait(waitMs)
    const left = (this.#waiting.get(who) ?? 1) - 1
    if (left === 0) this.#waiting.delete(who)
    else this.#waiting.set(who, left)
  }

  /** Ends every wait now. */
  stop(): void {
    for (const end of this.#waits) end()
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        cancel()
        this.#waits.delete(end)
        resolve()
      }
      const cancel = this.#clock.after(ms, end)
      this.#waits.add(end)
    })
  }
}
