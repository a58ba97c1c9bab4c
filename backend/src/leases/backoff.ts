import type { Trouble, TroubleCode } from '../contract/index.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'

const firstDelayMs = 5_000
const maxDelayMs = 5 * 60_000

/**
 * Backoff spaces the attempts at what keeps failing: 5 s, then doubling up to 5 minutes, each a quarter more or less by
 * chance so that many keys do not come back at once.
 */
export class Backoff {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #failures = new Map<number, { count: number; until: number; code: TroubleCode }>()

  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock
    this.#random = random
  }

  /**
   * Counts a failure and returns how long the next attempt must wait, in milliseconds; not less than `atLeastMs`, as far as that is
   * under 5 minutes.
   */
  fail(id: number, atLeastMs: number | null, code: TroubleCode = 'provider_unavailable'): number {
    const count = (this.#failures.get(id)?.count ?? 0) + 1
    const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(16, count - 1)) * (0.75 + this.#random() * 0.5)
    const waitMs = Math.max(delay, Math.min(maxDelayMs, atLeastMs ?? 0))
    this.#failures.set(id, { count, until: this.#clock.monotonic() + waitMs, code })
    return waitMs
  }

  clear(id: number): void {
    this.#failures.delete(id)
  }

  /** What failed last, as long as it is not tried again. */
  trouble(id: number): Trouble | null {
    const failure = this.#failures.get(id)
    const leftMs = (failure?.until ?? 0) - this.#clock.monotonic()
    if (failure === undefined || leftMs <= 0) return null
    return { code: failure.code, retryAt: toTimestamp(this.#clock.now() + Math.round(leftMs)) }
  }

  isWaiting(id: number): boolean {
    return (this.#failures.get(id)?.until ?? 0) > this.#clock.monotonic()
  }
}
