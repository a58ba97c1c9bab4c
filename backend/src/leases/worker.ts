import { namesOf, systemActor, type ProxyKey } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import type { Store } from '../store/store.ts'
import type { Backoff } from './backoff.ts'
import { ClockJumps } from './clock-jumps.ts'
import type { Rotator } from './rotator.ts'
import { retire } from './rows.ts'
import type { Schedule } from './schedule.ts'

interface WorkerParts {
  store: Store
  rotator: Rotator
  backoff: Backoff
  schedule: Schedule
  bus: Bus
  clock: Clock
  log: Log
}

/** Worker looks at every key once a second: it takes ended upstreams out of use and starts the rotations that are due. */
export class Worker {
  readonly #parts: WorkerParts
  #stopTicking: Stop = () => {}
  readonly #jumps: ClockJumps

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#jumps = new ClockJumps(parts)
  }

  start(): void {
    const { clock, log } = this.#parts
    this.#stopTicking = clock.everySecond(
      () => this.tick(),
      (error) => log.error({ reason: messageOf(error) }, 'the rotation worker failed; it goes on with the next second'),
    )
  }

  stop(): void {
    this.#stopTicking()
  }

  /** Does what is due now. Rotations go on after it returns. */
  async tick(): Promise<void> {
    // Before anything is judged by the time.
    await this.#jumps.heal()
    await this.retireEnded()
    const { store, rotator, schedule, clock } = this.#parts
    const now = clock.now()
    for (const { key } of store.proxies) {
      const due = schedule.next(key)
      if (!due || due.at > now || !rotator.tryRotate(key.id, due.reason)) continue
      // What is due of the others may be later from then on.
      if (due.reason === 'interval') schedule.noteTurn()
    }
  }

  /** Has the upstream of a key replaced that is gone, where the settings want that. */
  replaceLost(id: number): void {
    const { store, rotator } = this.#parts
    const key = store.findKey(id)
    if (!store.data.settings.rotate_on_failure || !key?.is_active || key.refused !== null) return
    rotator.tryRotate(id, 'failure')
  }

  /** Takes upstreams that have ended out of use. */
  async retireEnded(): Promise<void> {
    const { store, bus, clock } = this.#parts
    const now = clock.now()
    const until = toTimestamp(now)
    // Timestamps are in the order of their text, to the second whatever their precision.
    const ended = store.proxies.filter(({ key }) => hasEnded(key, until))
    if (ended.length === 0) return
    await store.record((draft) => {
      for (const { key } of ended) {
        const row = draft.keys.find(key.id)
        if (row && hasEnded(row, until)) retire(row)
      }
    })
    for (const { key, endpoint } of ended) {
      if (!key.is_active) continue
      const facts = { ...namesOf(endpoint), old_ip: key.remote_ip }
      bus.tell({ kind: 'upstream_ended', proxy_id: key.id, facts, by: systemActor })
    }
  }
}

function hasEnded({ remote_http, expiration_at }: ProxyKey, until: string): boolean {
  return remote_http !== null && expiration_at !== null && expiration_at <= until
}
