import type { Clock, Stop } from './clock.ts'
import type { Log } from './log.ts'
import { messageOf } from './problem.ts'
import type { Member, Roster } from './roster.ts'

/** Perishable is something with a deadline, in milliseconds since the epoch. */
export interface Perishable extends Member {
  readonly deadline: number
  expire(): void
}

/** lookedAtEverySecond is a deadline that is always over. */
export const lookedAtEverySecond = 0

/** Sweep ends what has outlived its deadline, looking at all of it once a second: cheaper than a timer for each. */
export class Sweep {
  readonly #rosters = new Set<Roster<Perishable>>()
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

  delete(roster: Roster<Perishable>): void {
    this.#rosters.delete(roster)
  }

  tick(): void {
    const now = this.#clock.now()
    const expire = (item: Perishable) => {
      if (item.deadline <= now) item.expire()
    }
    for (const roster of this.#rosters) roster.forEach(expire)
  }
}
