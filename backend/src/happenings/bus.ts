import type { Happened, Happening } from '../contract/index.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'

/** Told is what a verb tells of; `proxy_id` is left out where it is about no key. */
export type Told = Happened & { proxy_id?: number | null }

interface BusParts {
  clock: Pick<Clock, 'now'>
  log: Pick<Log, 'error'>
}

/** Bus takes what happened, once, to everybody who wants to know. What one of them throws is logged and harms nobody else. */
export class Bus {
  readonly happened: Subscribable<[Happening]>
  readonly #clock: BusParts['clock']

  constructor({ clock, log }: BusParts) {
    this.#clock = clock
    this.happened = new Subscribable((error) =>
      log.error({ reason: messageOf(error) }, 'something that happened could not be passed on'),
    )
  }

  tell(told: Told): void {
    this.happened.emit({ ...told, proxy_id: told.proxy_id ?? null, at: toTimestamp(this.#clock.now()) })
  }
}
