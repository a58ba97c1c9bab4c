import {
  seriesRanges,
  type ProxyKey,
  type ProxyKeyView,
  type Series,
  type SeriesRange,
  type TrafficCounters,
} from '../contract/index.ts'
import { toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import type { Check, Counts, History, Recalled } from './history.ts'

const minuteMs = 60_000
const keptMinutes = seriesRanges.week.minutes
/** So many of the last checks are shown beside a key. */
const recentLength = 20
const dayMinutes = 24 * 60

type Carried = Pick<TrafficCounters, 'requests' | 'bytes_in' | 'bytes_out'>

/** Traffic is what a listener has counted so far. */
export type Traffic = Carried & { id: number }

type Checked = Pick<Counts, 'checks' | 'failed_checks' | 'latency_sum_ms'>

/** What a key holds, as far as checks are of it. */
type Held = Pick<ProxyKey, 'id' | 'lease_id'>

interface MeasurementsParts {
  history: History
  clock: Clock
  log: Log
  /** The counters of all keys. */
  traffic: () => readonly Traffic[]
}

const noTraffic: Carried = { requests: 0, bytes_in: 0, bytes_out: 0 }
const noChecks: Checked = { checks: 0, failed_checks: 0, latency_sum_ms: 0 }
const nothing: Counts = { ...noChecks, ...noTraffic }

/**
 * Measurements are what is observed of each key: its last checks, in memory, and its latency and traffic per minute, which are kept
 * for seven days. Once a minute the history gets what is new. What it can't write is logged and lost: it informs and never decides.
 */
export class Measurements {
  readonly #parts: MeasurementsParts
  readonly #checked = new Map<number, Checked>()
  readonly #recent = new Map<number, (number | null)[]>()
  readonly #last = new Map<number, Check>()
  /** Keys of which the history has another last check. */
  readonly #unwritten = new Set<number>()
  #counted = new Map<number, Traffic>()
  #minute: number
  #stopTicking: Stop = () => {}

  constructor(parts: MeasurementsParts) {
    this.#parts = parts
    this.#minute = Math.floor(parts.clock.now() / minuteMs)
  }

  /** Recalls what was known of these keys before the start. */
  async load(keys: readonly Held[]): Promise<void> {
    const ids = keys.map(({ id }) => id)
    await this.#attempt('could not be read', async () => {
      const known = await this.#parts.history.recall(ids, this.#minute - dayMinutes, recentLength)
      for (const recalled of known) this.#take(recalled)
    })
    this.followLeases(keys)
  }

  start(): void {
    const { clock, log } = this.#parts
    this.#stopTicking = clock.everySecond(
      () => this.tick(),
      (error) => log.error({ reason: messageOf(error) }, 'measurements could not be taken'),
    )
  }

  /** Writes down what the last minute brought. */
  async stop(): Promise<void> {
    this.#stopTicking()
    await this.#write(this.#minute)
  }

  async tick(): Promise<void> {
    const minute = Math.floor(this.#parts.clock.now() / minuteMs)
    if (minute === this.#minute) return
    const over = this.#minute
    this.#minute = minute
    await this.#write(over)
  }

  /** Notes a health check. */
  noteCheck(id: number, check: Check): void {
    const { latency_ms } = check
    const { checks, failed_checks, latency_sum_ms } = this.#checked.get(id) ?? noChecks
    this.#checked.set(id, {
      checks: checks + 1,
      failed_checks: failed_checks + (latency_ms === null ? 1 : 0),
      latency_sum_ms: latency_sum_ms + (latency_ms ?? 0),
    })
    this.#recent.set(id, [...this.recentChecks(id), latency_ms].slice(-recentLength))
    this.#last.set(id, check)
    this.#unwritten.add(id)
  }

  /** Forgets the last check of each key that holds another lease by now. */
  followLeases(keys: readonly Held[]): void {
    for (const { id, lease_id } of keys) {
      const check = this.#last.get(id)
      if (check === undefined || lease_id === null || check.lease_id === lease_id) continue
      this.#last.delete(id)
      this.#unwritten.add(id)
    }
  }

  /** The last check of the lease that a key holds; of one that is over only its time stays to be seen. */
  lastCheck({ id, lease_id }: Held): Pick<ProxyKeyView, 'latency_ms' | 'last_check_at'> {
    const check = this.#last.get(id)
    if (check === undefined) return { latency_ms: null, last_check_at: null }
    return { latency_ms: lease_id === null ? null : check.latency_ms, last_check_at: check.at }
  }

  /** The last checks of a key, oldest first; after a start those are the means of its last minutes. */
  recentChecks(id: number): (number | null)[] {
    return this.#recent.get(id) ?? []
  }

  /** What was observed of a key, up to now; the present minute is not in it yet. */
  async series(id: number, range: SeriesRange): Promise<Series> {
    const { minutes, step } = seriesRanges[range]
    const present = Math.floor(this.#parts.clock.now() / minuteMs)
    const end = Math.ceil(present / step)
    const start = end - minutes / step
    const sums = await this.#parts.history.sumUp(id, start * step, step)
    const bySteps = new Map(sums.map((sum) => [sum.step, sum]))
    const points = Array.from({ length: end - start }, (_, index) => {
      const counts = bySteps.get(start + index) ?? nothing
      return {
        at: toTimestamp((start + index) * step * minuteMs),
        latency_ms: meanLatency(counts),
        checks: counts.checks,
        failed_checks: counts.failed_checks,
        requests: counts.requests,
        bytes_in: counts.bytes_in,
        bytes_out: counts.bytes_out,
      }
    })
    return { range, step_seconds: step * 60, points }
  }

  /** Drops what is known of a key that was deleted: its id never comes back. */
  async forget(id: number): Promise<void> {
    this.#checked.delete(id)
    this.#recent.delete(id)
    this.#last.delete(id)
    this.#unwritten.delete(id)
    await this.#attempt('could not be dropped', () => this.#parts.history.forget(id))
  }

  /** Endpoints serve already by then: what clients had checked meanwhile is newer. */
  #take({ id, check, minutes }: Recalled): void {
    const recent = [...minutes.map(meanLatency), ...this.recentChecks(id)].slice(-recentLength)
    if (recent.length > 0) this.#recent.set(id, recent)
    if (check !== null && !this.#last.has(id)) this.#last.set(id, check)
  }

  async #write(minute: number): Promise<void> {
    const { history, traffic } = this.#parts
    const totals = traffic()
    const counts = totals
      .map((now) => ({
        id: now.id,
        ...(this.#checked.get(now.id) ?? noChecks),
        ...growth(this.#counted.get(now.id) ?? noTraffic, now),
      }))
      .filter(({ checks, requests, bytes_in, bytes_out }) => checks + requests + bytes_in + bytes_out > 0)
    const checks = [...this.#unwritten].map((id) => ({ id, check: this.#last.get(id) ?? null }))
    this.#counted = new Map(totals.map((counted) => [counted.id, counted]))
    this.#checked.clear()
    this.#unwritten.clear()
    // Each key is cleared up once an hour, another part of them each minute.
    const aged = totals.filter(({ id }) => id % 60 === minute % 60).map(({ id }) => id)
    await this.#attempt('could not be written', async () => {
      await history.observe({ minute, counts, checks })
      await history.dropMinutes(aged, minute - keptMinutes)
    })
  }

  async #attempt(what: string, job: () => Promise<void>): Promise<void> {
    try {
      await job()
    } catch (error) {
      this.#parts.log.error({ reason: messageOf(error) }, `measurements ${what}`)
    }
  }
}

/** What was added since: counters only grow, but begin anew with their listener. */
function growth(before: Carried, now: Carried): Carried {
  const isAnew = now.requests < before.requests || now.bytes_in < before.bytes_in || now.bytes_out < before.bytes_out
  const from = isAnew ? noTraffic : before
  return {
    requests: now.requests - from.requests,
    bytes_in: now.bytes_in - from.bytes_in,
    bytes_out: now.bytes_out - from.bytes_out,
  }
}

function meanLatency({ checks, failed_checks, latency_sum_ms }: Counts): number | null {
  const answered = checks - failed_checks
  return answered <= 0 ? null : Math.round(latency_sum_ms / answered)
}
