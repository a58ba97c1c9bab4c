import type { ProxyKey, RotationReason, Settings } from '../contract/index.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import type { Store } from '../store/store.ts'
import { latestTurn, nextRotation, type Due } from './due.ts'
import { spaceOut } from './space-out.ts'

/** What clocks wander by, and more: a smaller difference is no clock that was set. */
const toleranceMs = 5_000

interface ScheduleParts {
  store: Store
  clock: Clock
}

/** NextRotation is what is shown of it; both are null for never. */
export interface NextRotation {
  next_rotation_at: string | null
  next_rotation_reason: RotationReason | null
}

/**
 * Schedule tells when each key is to be rotated by itself. Timed turns hold from the start on, or since the interval became
 * another or the machine's clock was set or stood still: what would have been before is left out, since all of it would come
 * at once.
 */
export class Schedule {
  readonly #parts: ScheduleParts
  #settings: Settings
  /** When the timed turns began to hold. */
  #since: number
  /** What the time of day is ahead of the monotonic one. */
  #offsetMs: number
  /** When a timed turn was taken last. */
  #lastAt = Number.NEGATIVE_INFINITY
  /** Rows do not change, so what is due for one stays right while the settings and the beginning are the same. */
  #dues = new WeakMap<ProxyKey, Due | null>()
  #spaced: { rows: readonly ProxyKey[]; times: ReadonlyMap<number, number> } | null = null

  constructor(parts: ScheduleParts) {
    this.#parts = parts
    this.#settings = parts.store.data.settings
    this.#since = parts.clock.now()
    this.#offsetMs = parts.clock.now() - parts.clock.monotonic()
  }

  /** When and why this key is rotated next, or null for never. */
  next(key: ProxyKey): Due | null {
    this.#follow()
    const due = this.#dueOf(key)
    if (due?.reason !== 'interval' || this.#settings.auto_rotate_spacing_seconds === 0) return due
    return { ...due, at: this.#spacedTimes().get(key.id) ?? due.at }
  }

  /** The same as it is shown: what is due is due now. */
  show(key: ProxyKey): NextRotation {
    const due = this.next(key)
    if (due === null) return { next_rotation_at: null, next_rotation_reason: null }
    return {
      next_rotation_at: toTimestamp(Math.max(due.at, this.#parts.clock.now())),
      next_rotation_reason: due.reason,
    }
  }

  /** Notes that a timed turn is taken now. */
  noteTurn(): void {
    this.#lastAt = this.#parts.clock.now()
    this.#spaced = null
  }

  #dueOf(key: ProxyKey): Due | null {
    const known = this.#dues.get(key)
    if (known !== undefined) return known
    const due = nextRotation(key, this.#settings, this.#since)
    this.#dues.set(key, due)
    return due
  }

  #spacedTimes(): ReadonlyMap<number, number> {
    const rows = this.#parts.store.data.proxy_keys
    if (this.#spaced?.rows === rows) return this.#spaced.times
    const timed = rows.flatMap((key) => {
      const due = this.#dueOf(key)
      return due?.reason === 'interval' ? [{ id: key.id, at: due.at, latest: latestTurn(key) }] : []
    })
    const times = spaceOut(timed, this.#settings.auto_rotate_spacing_seconds * 1000, this.#lastAt)
    const byId = new Map(timed.map(({ id }, index) => [id, times[index] ?? 0]))
    this.#spaced = { rows, times: byId }
    return byId
  }

  /** Follows the settings and the machine's clock. */
  #follow(): void {
    const { store, clock } = this.#parts
    const { settings } = store.data
    const isOtherInterval =
      settings.auto_rotate_interval_enabled !== this.#settings.auto_rotate_interval_enabled ||
      settings.auto_rotate_interval_minutes !== this.#settings.auto_rotate_interval_minutes
    const jumpMs = clock.now() - clock.monotonic() - this.#offsetMs
    const isJump = Math.abs(jumpMs) > toleranceMs
    if (settings === this.#settings && !isJump) return
    if (isJump) {
      this.#offsetMs += jumpMs
      this.#lastAt += jumpMs
    }
    if (isJump || isOtherInterval) this.#since = clock.now()
    this.#settings = settings
    this.#dues = new WeakMap()
    this.#spaced = null
  }
}
