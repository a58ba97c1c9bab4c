import type { Clock, Stop } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { messageOf } from '../../lib/problem.ts'
import type { Member, Roster } from './roster.ts'

/** Perishable is something with a deadline, by the monotonic clock in milliseconds. */
export interface Perishable extends Member {
  readonly deadline: number
  expire(): void
}

/** lookedAtEverySecond is a deadline that is always over, never one that never is. */
export const lookedAtEverySecond = Number.NEGATIVE_INFINITY
export const never = Number.POSITIVE_INFINITY

/** Sweep ends what has outlived its deadline, looking at all of it once a second: cheaper than a timer for each. */
export class Sweep {
  readonly #rosters = new Set<Roster<Perishable>>()
  readonly #jobs = new Set<(now: number) => void>()
  readonly #clock: Clock
  readonly #log: Log
  #stopTicking: Stop | null = null

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** Begins, unless it has begun. */
  start(): void {
    this.#stopTicking ??= this.#clock.everySecond(
      () => this.tick(),
      (error) => this.#log.error({ reason: messageOf(error) }, 'the sweep of connections failed; it goes on'),
    )
  }

  stop(): void {
    this.#stopTicking?.()
    this.#stopTicking = null
  }

  /** Looks after all members of a roster, now and later. */
  add(roster: Roster<Perishable>): void {
    this.#rosters.add(roster)
  }

  /** Does this every second too, first of all; it is given the monotonic time. */
  also(job: (now: number) => void): void {
    this.#jobs.add(job)
  }

  tick(): void {
    const now = this.#clock.monotonic()
    for (const job of this.#jobs) job(now)
    const expire = (item: Perishable) => {
      if (item.deadline <= now) item.expire()
    }
    for (const roster of this.#rosters) roster.forEach(expire)
  }
}
