import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { seriesRanges, type Series, type SeriesRange, type TrafficCounters } from '../contract/index.ts'
import { toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'

const minuteMs = 60_000
const keptMinutes = seriesRanges.week.minutes
/** So many of the last checks are shown beside a key. */
const recentLength = 20
const dayMinutes = 24 * 60

type Counted = Pick<TrafficCounters, 'requests' | 'bytes_in' | 'bytes_out'>

/** Traffic is what a listener has counted so far. */
export type Traffic = Counted & { id: number }

interface Checks {
  checks: number
  failed: number
  latencySumMs: number
}

interface MeasurementsParts {
  database: DatabaseSync
  clock: Clock
  log: Log
  /** The counters of all keys. */
  traffic: () => readonly Traffic[]
}

const noTraffic: Counted = { requests: 0, bytes_in: 0, bytes_out: 0 }
const noChecks: Checks = { checks: 0, failed: 0, latencySumMs: 0 }

/**
 * Measurements writes latency and traffic of each key down once a minute and keeps them for seven days. A minute without
 * either takes no row. What can't be written is logged and lost: it informs and never decides.
 */
export class Measurements {
  readonly #parts: MeasurementsParts
  readonly #insert: StatementSync
  readonly #prune: StatementSync
  readonly #checks = new Map<number, Checks>()
  readonly #recent = new Map<number, (number | null)[]>()
  #counted = new Map<number, Traffic>()
  #minute: number
  #stopTicking: Stop = () => {}

  constructor(parts: MeasurementsParts) {
    const { database, clock } = parts
    this.#parts = parts
    this.#minute = Math.floor(clock.now() / minuteMs)
    this.#insert = database.prepare(
      `INSERT INTO minutes VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET checks = checks + excluded.checks, failed_checks = failed_checks + excluded.failed_checks,
         latency_sum_ms = latency_sum_ms + excluded.latency_sum_ms, requests = requests + excluded.requests,
         bytes_in = bytes_in + excluded.bytes_in, bytes_out = bytes_out + excluded.bytes_out`,
    )
    this.#prune = database.prepare('DELETE FROM minutes WHERE proxy_id = ? AND minute < ?')
  }

  start(): void {
    const { clock, log } = this.#parts
    this.#stopTicking = clock.everySecond(
      () => this.tick(),
      (error) => log.error({ reason: messageOf(error) }, 'measurements could not be taken'),
    )
  }

  /** Writes down what the last minute brought. */
  stop(): void {
    this.#stopTicking()
    this.#write()
  }

  tick(): void {
    const minute = Math.floor(this.#parts.clock.now() / minuteMs)
    if (minute === this.#minute) return
    this.#write()
    this.#minute = minute
  }

  /** Notes a health check; null for one that failed. */
  noteCheck(id: number, latencyMs: number | null): void {
    const { checks, failed, latencySumMs } = this.#checks.get(id) ?? noChecks
    const isFailure = latencyMs === null
    this.#checks.set(id, {
      checks: checks + 1,
      failed: failed + (isFailure ? 1 : 0),
      latencySumMs: latencySumMs + (latencyMs ?? 0),
    })
    this.#recent.set(id, [...this.recentChecks(id), latencyMs].slice(-recentLength))
  }

  /** The last checks of a key, oldest first; after a start those are the means of its last minutes. */
  recentChecks(id: number): (number | null)[] {
    const known = this.#recent.get(id)
    if (known) return known
    const rows = this.#parts.database
      .prepare(
        `SELECT checks, failed_checks, latency_sum_ms FROM minutes
         WHERE proxy_id = ? AND minute >= ? AND checks > 0 ORDER BY minute DESC LIMIT ${recentLength}`,
      )
      .all(id, this.#minute - dayMinutes)
    const read = rows.toReversed().map((row) => meanLatency(row))
    this.#recent.set(id, read)
    return read
  }

  /** What was observed of a key, up to now; the present minute is not in it yet. */
  series(id: number, range: SeriesRange): Series {
    const { minutes, step } = seriesRanges[range]
    const present = Math.floor(this.#parts.clock.now() / minuteMs)
    const end = Math.ceil(present / step)
    const start = end - minutes / step
    const rows = this.#parts.database
      .prepare(
        // Numbers that are bound are floating: the step is written into the text to divide whole numbers.
        `SELECT minute / ${step} AS step, sum(checks) AS checks, sum(failed_checks) AS failed_checks,
           sum(latency_sum_ms) AS latency_sum_ms, sum(requests) AS requests, sum(bytes_in) AS bytes_in,
           sum(bytes_out) AS bytes_out
         FROM minutes WHERE proxy_id = ? AND minute >= ? GROUP BY minute / ${step}`,
      )
      .all(id, start * step)
    const bySteps = new Map(rows.map((row) => [Number(row['step']), row]))
    const points = Array.from({ length: end - start }, (_, index) => {
      const row = bySteps.get(start + index) ?? {}
      const count = (name: string) => Number(row[name] ?? 0)
      return {
        at: toTimestamp((start + index) * step * minuteMs),
        latency_ms: meanLatency(row),
        checks: count('checks'),
        failed_checks: count('failed_checks'),
        requests: count('requests'),
        bytes_in: count('bytes_in'),
        bytes_out: count('bytes_out'),
      }
    })
    return { range, step_seconds: step * 60, points }
  }

  /** Drops what is known of a key that was deleted: its id never comes back. */
  forget(id: number): void {
    this.#checks.delete(id)
    this.#recent.delete(id)
    this.#attempt(() => this.#prune.run(id, Number.MAX_SAFE_INTEGER))
  }

  #write(): void {
    const { database, traffic } = this.#parts
    const totals = traffic()
    const rows = totals
      .map((now) => ({ id: now.id, grown: growth(this.#counted.get(now.id) ?? noTraffic, now) }))
      .map(({ id, grown }) => ({ id, grown, seen: this.#checks.get(id) ?? noChecks }))
      .filter(({ grown, seen }) => seen.checks + grown.requests + grown.bytes_in + grown.bytes_out > 0)
    this.#counted = new Map(totals.map((counted) => [counted.id, counted]))
    this.#checks.clear()
    this.#attempt(() => {
      database.exec('BEGIN')
      try {
        for (const { id, grown, seen } of rows) {
          const { requests, bytes_in, bytes_out } = grown
          this.#insert.run(id, this.#minute, seen.checks, seen.failed, seen.latencySumMs, requests, bytes_in, bytes_out)
        }
        // Each key is cleared up once an hour, another part of them each minute.
        for (const { id } of totals) if (id % 60 === this.#minute % 60) this.#prune.run(id, this.#minute - keptMinutes)
        database.exec('COMMIT')
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    })
  }

  #attempt(job: () => void): void {
    try {
      job()
    } catch (error) {
      this.#parts.log.error({ reason: messageOf(error) }, 'measurements could not be written')
    }
  }
}

/** What was added since: counters only grow, but begin anew with their listener. */
function growth(before: Counted, now: Counted): Counted {
  const isAnew = now.requests < before.requests || now.bytes_in < before.bytes_in || now.bytes_out < before.bytes_out
  const from = isAnew ? noTraffic : before
  return {
    requests: now.requests - from.requests,
    bytes_in: now.bytes_in - from.bytes_in,
    bytes_out: now.bytes_out - from.bytes_out,
  }
}

function meanLatency(row: Record<string, unknown>): number | null {
  const answered = Number(row['checks'] ?? 0) - Number(row['failed_checks'] ?? 0)
  return answered <= 0 ? null : Math.round(Number(row['latency_sum_ms']) / answered)
}
