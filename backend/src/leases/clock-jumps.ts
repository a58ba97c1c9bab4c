import type { ProxyKey } from '../contract/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import type { Store } from '../store/store.ts'
import type { Backoff } from './backoff.ts'
import { shiftTime } from './lease.ts'
import type { Rotator } from './rotator.ts'

/** What clocks wander by within a second, and more: a smaller difference is no jump. */
const toleranceMs = 5_000

interface ClockJumpsParts {
  store: Store
  rotator: Rotator
  backoff: Backoff
  clock: Clock
  log: Log
}

/** Look is what the clocks showed, and what the keys held, at one moment. */
interface Look {
  offsetMs: number
  suspendedMs: number
  rows: readonly ProxyKey[]
}

/**
 * ClockJumps keeps the times of upstreams right when the machine's clock is set: they follow from durations, so they move with
 * it. A clock that runs ahead because the machine was suspended has not been set; the time has passed. Where the system can't tell
 * (a paused virtual machine), the times are moved too, so that nothing that lives is cut, and the provider is asked.
 */
export class ClockJumps {
  readonly #parts: ClockJumpsParts
  /** Keys whose times may be too late. */
  readonly #doubtful = new Set<number>()
  readonly #asked = new Set<number>()
  #last: Look

  constructor(parts: ClockJumpsParts) {
    this.#parts = parts
    this.#last = this.#look()
  }

  /** Looks whether the clock has jumped since the last call, and puts right what follows from it. */
  async heal(): Promise<void> {
    const before = this.#last
    const now = this.#look()
    this.#last = now
    const drift = now.offsetMs - before.offsetMs
    const jumpMs = drift - Math.max(0, now.suspendedMs - before.suspendedMs)
    if (Math.abs(drift) > toleranceMs && Math.abs(jumpMs) > toleranceMs) {
      await this.#follow(jumpMs, before.rows)
      this.#last = { ...now, rows: this.#parts.store.data.proxy_keys }
    }
    for (const id of this.#doubtful) if (!this.#asked.has(id)) void this.#ask(id)
  }

  #look(): Look {
    const { clock, store } = this.#parts
    return {
      offsetMs: clock.now() - clock.monotonic(),
      suspendedMs: clock.suspended(),
      rows: store.data.proxy_keys,
    }
  }

  async #follow(jumpMs: number, before: readonly ProxyKey[]): Promise<void> {
    const { store, rotator, log } = this.#parts
    const known = new Map(before.map((key) => [key.id, key]))
    const isBack = jumpMs < 0
    // What was written since the last look may be on the new clock already: of its two times the later one stays.
    const isCertain = (key: ProxyKey) => isBack && hasSameTimes(key, known.get(key.id))
    const certain = new Set(store.data.proxy_keys.filter(isCertain).map(({ id }) => id))
    await store.record((draft) => {
      for (const row of draft.keys.where((key) => !isBack || hasSameTimes(key, known.get(key.id)))) {
        for (const field of timeFields) row[field] = shiftTime(row[field], jumpMs)
      }
    })
    for (const key of store.data.proxy_keys) {
      if (certain.has(key.id)) continue
      rotator.distrust(key.id, Math.abs(jumpMs))
      if (key.is_active && key.refused === null && key.remote_http !== null) this.#doubtful.add(key.id)
    }
    const jump_seconds = Math.round(jumpMs / 1000)
    log.warn({ jump_seconds }, "the machine's clock was set: the times of upstreams and cooldowns follow it")
  }

  /** Asks for the upstream of a key, and again, as with any call that fails, until the provider has answered. */
  async #ask(id: number): Promise<void> {
    const { rotator, backoff, log } = this.#parts
    if (backoff.isWaiting(id)) return
    this.#asked.add(id)
    try {
      if (rotator.isInDoubt(id)) await rotator.sync(id)
      if (rotator.isInDoubt(id)) backoff.fail(id, null)
      else this.#doubtful.delete(id)
    } catch (error) {
      this.#doubtful.delete(id)
      // A Problem is an expected outcome of the rotation that followed.
      if (!(error instanceof Problem))
        log.error({ id, reason: messageOf(error) }, 'the upstream could not be asked for')
    } finally {
      this.#asked.delete(id)
    }
  }
}

const timeFields = ['expiration_at', 'next_request_at', 'last_rotated_at'] as const

function hasSameTimes(row: ProxyKey, before: ProxyKey | undefined): boolean {
  return before !== undefined && timeFields.every((field) => row[field] === before[field])
}
