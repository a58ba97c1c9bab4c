import type { Clock } from '../../lib/clock.ts'
import { addressGroup } from '../../lib/ip.ts'

const freeFailures = 10
const firstDelayMs = 250
const maxDelayMs = 5_000
const forgetAfterMs = 10 * 60_000
const maxAddresses = 10_000

interface Failures {
  count: number
  lastAt: number
}

/**
 * SlowDown slows whoever guesses tokens: after ten wrong ones from an address (IPv6: its /64), its next refusals wait, from
 * 250 ms doubling up to 5 s. Ten quiet minutes forgive. Clients with the right token from the same address never wait.
 */
export class SlowDown {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a failure of this address and returns how long its refusal shall wait, in milliseconds. */
  count(address: string): number {
    const now = this.#clock.monotonic()
    const group = addressGroup(address)
    const known = this.#failures.get(group)
    const count = known && now - known.lastAt < forgetAfterMs ? known.count + 1 : 1
    // Re-inserting keeps the map in order of last failure: the first entry is the one to drop.
    this.#failures.delete(group)
    this.#failures.set(group, { count, lastAt: now })
    this.#dropOldest()
    if (count <= freeFailures) return 0
    return Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(10, count - freeFailures - 1))
  }

  #dropOldest(): void {
    if (this.#failures.size <= maxAddresses) return
    const [oldest] = this.#failures.keys()
    if (oldest !== undefined) this.#failures.delete(oldest)
  }
}
