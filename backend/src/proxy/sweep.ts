import type { Clock, Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'

/** Perishable is something with a deadline, in milliseconds since the epoch. */
export interface Perishable {
  readonly deadline: number
  expire(): void
}

/** Sweep ends what has outlived its deadline, looking at all of it once a second: cheaper than a timer for each. */
export class Sweep {
  readonly #items = new Set<Perishable>()
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

  add(item: Perishable): void {
    this.#items.add(item)
  }

  delete(item: Perishable): void {
    this.#items.delete(item)
  }

  tick(): void {
    const now = this.#clock.now()
    for (const item of this.#items) if (item.deadline <= now) item.expire()
  }
}
