import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

import {
  defaultLogLimit,
  happened,
  logLine,
  untold,
  type LogAction,
  type LogEntry,
  type LogQuery,
} from '../contract/index.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'
import type { Check, Counts, History, NewLogEntry, ObservedMinute, Recalled } from './history.ts'

/** Older entries than so many are dropped, some at a time. */
const keptEntries = 100_000
/**
 * Who came in and what was changed for good is not washed out by what happens all day, which clients bring about too: of each of these
 * the newest stay, whatever else is written. Failures are apart from successes, since strangers bring those about.
 */
const lastingActions = ['login', 'logout', 'password', 'settings', 'add', 'delete'] as const satisfies LogAction[]
const keptOfEach = 10_000
const pruneEvery = 1_000

type Row = Record<string, unknown>

interface SqliteHistoryParts {
  database: DatabaseSync
  clock: Clock
  log: Log
}

/** SqliteHistory keeps the history in `history.db`: for one process, so what it does is done when the call returns. */
export class SqliteHistory implements History {
  readonly added = new Subscribable<[LogEntry]>()
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #log: Log
  readonly #insert: StatementSync
  readonly #prune: StatementSync
  readonly #pruneLasting: StatementSync
  readonly #addMinute: StatementSync
  readonly #dropMinutes: StatementSync
  readonly #keepCheck: StatementSync
  readonly #dropCheck: StatementSync

  constructor(parts: SqliteHistoryParts) {
    this.#clock = parts.clock
    this.#log = parts.log
    this.#database = parts.database
    this.#insert = this.#database.prepare(
      `INSERT INTO log (proxy_id, action, reason, region, status, old_ip, new_ip, message, timestamp, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    const lasting = lastingActions.map((action) => `'${action}'`).join(', ')
    this.#prune = this.#database.prepare(
      `DELETE FROM log WHERE action NOT IN (${lasting}) AND id <=
         (SELECT id FROM log WHERE action NOT IN (${lasting}) ORDER BY id DESC LIMIT 1 OFFSET ${keptEntries})`,
    )
    this.#pruneLasting = this.#database.prepare(
      `DELETE FROM log WHERE action = ?1 AND status = ?2 AND id <=
         (SELECT id FROM log WHERE action = ?1 AND status = ?2 ORDER BY id DESC LIMIT 1 OFFSET ${keptOfEach})`,
    )
    this.#addMinute = this.#database.prepare(
      `INSERT INTO minutes VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET checks = checks + excluded.checks, failed_checks = failed_checks + excluded.failed_checks,
         latency_sum_ms = latency_sum_ms + excluded.latency_sum_ms, requests = requests + excluded.requests,
         bytes_in = bytes_in + excluded.bytes_in, bytes_out = bytes_out + excluded.bytes_out`,
    )
    this.#dropMinutes = this.#database.prepare('DELETE FROM minutes WHERE proxy_id = ? AND minute < ?')
    this.#keepCheck = this.#database.prepare('INSERT OR REPLACE INTO checks VALUES (?, ?, ?, ?)')
    this.#dropCheck = this.#database.prepare('DELETE FROM checks WHERE proxy_id = ?')
  }

  add(entry: NewLogEntry): void {
    const row = {
      proxy_id: entry.proxy_id ?? null,
      action: entry.action,
      reason: entry.reason ?? null,
      region: entry.region ?? null,
      status: entry.status ?? 'success',
      old_ip: entry.old_ip ?? null,
      new_ip: entry.new_ip ?? null,
      message: entry.message,
      timestamp: entry.timestamp ?? toTimestamp(this.#clock.now()),
    }
    const facts = entry.happened === undefined ? null : JSON.stringify(entry.happened)
    try {
      const id = Number(this.#insert.run(...Object.values(row), facts).lastInsertRowid)
      if (id % pruneEvery === 0) this.#dropOld()
      this.added.emit({ id, ...row, ...(entry.happened ?? untold) })
    } catch (error) {
      this.#log.error({ reason: messageOf(error), entry: row }, 'an entry of the operation log could not be written')
    }
  }

  async list(query: Partial<LogQuery>): Promise<LogEntry[]> {
    const conditions: [string, SQLInputValue | undefined][] = [
      ['proxy_id = ?', query.proxy_id],
      ['action = ?', query.action],
      ['status = ?', query.status],
      ['timestamp >= ?', query.since],
      ['timestamp <= ?', query.until],
      ['id < ?', query.before],
    ]
    const given = conditions.filter(([, value]) => value !== undefined)
    const values = given.map(([, value = null]) => value)
    const where = given.length === 0 ? '' : `WHERE ${given.map(([condition]) => condition).join(' AND ')}`
    const rows = this.#database
      .prepare(`SELECT * FROM log ${where} ORDER BY id DESC LIMIT ?`)
      .all(...values, query.limit ?? defaultLogLimit)
    return rows.map(readEntry)
  }

  async observe({ minute, counts, checks }: ObservedMinute): Promise<void> {
    this.#together(() => {
      for (const { id, ...sums } of counts) {
        const { checks: made, failed_checks, latency_sum_ms, requests, bytes_in, bytes_out } = sums
        this.#addMinute.run(id, minute, made, failed_checks, latency_sum_ms, requests, bytes_in, bytes_out)
      }
      for (const { id, check } of checks) {
        if (check === null) this.#dropCheck.run(id)
        else this.#keepCheck.run(id, check.lease_id, check.at, check.latency_ms)
      }
    })
  }

  async sumUp(id: number, since: number, step: number): Promise<(Counts & { step: number })[]> {
    const rows = this.#database
      .prepare(
        // Numbers that are bound are floating: the step is written into the text to divide whole numbers.
        `SELECT minute / ${Math.trunc(step)} AS step, sum(checks) AS checks, sum(failed_checks) AS failed_checks,
           sum(latency_sum_ms) AS latency_sum_ms, sum(requests) AS requests, sum(bytes_in) AS bytes_in,
           sum(bytes_out) AS bytes_out
         FROM minutes WHERE proxy_id = ? AND minute >= ? GROUP BY minute / ${Math.trunc(step)}`,
      )
      .all(id, since)
    return rows.map((row) => ({ step: Number(row['step']), ...toCounts(row) }))
  }

  async recall(ids: readonly number[], since: number, limit: number): Promise<Recalled[]> {
    const checks = new Map(
      this.#database
        .prepare('SELECT * FROM checks')
        .all()
        .map((row) => [Number(row['proxy_id']), toCheck(row)]),
    )
    const minutes = this.#database.prepare(
      'SELECT * FROM minutes WHERE proxy_id = ? AND minute >= ? AND checks > 0 ORDER BY minute DESC LIMIT ?',
    )
    return ids.map((id) => ({
      id,
      check: checks.get(id) ?? null,
      minutes: minutes.all(id, since, limit).toReversed().map(toCounts),
    }))
  }

  async dropMinutes(ids: readonly number[], before: number): Promise<void> {
    this.#together(() => {
      for (const id of ids) this.#dropMinutes.run(id, before)
    })
  }

  async forget(id: number): Promise<void> {
    this.#together(() => {
      this.#dropMinutes.run(id, Number.MAX_SAFE_INTEGER)
      this.#dropCheck.run(id)
    })
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #dropOld(): void {
    this.#prune.run()
    for (const action of lastingActions) {
      for (const status of logLine.shape.status.options) this.#pruneLasting.run(action, status)
    }
  }

  #together(job: () => void): void {
    this.#database.exec('BEGIN')
    try {
      job()
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

/** Facts that are understood no longer are left out: the sentence still tells what happened. */
function readEntry(row: Row): LogEntry {
  const { data } = row
  const told = happened.safeParse(typeof data === 'string' ? JSON.parse(data) : null)
  return { ...logLine.parse(row), ...(told.success ? told.data : untold) }
}

function toCounts(row: Row): Counts {
  const count = (name: keyof Counts) => Number(row[name])
  return {
    checks: count('checks'),
    failed_checks: count('failed_checks'),
    latency_sum_ms: count('latency_sum_ms'),
    requests: count('requests'),
    bytes_in: count('bytes_in'),
    bytes_out: count('bytes_out'),
  }
}

function toCheck(row: Row): Check {
  const latency = row['latency_ms']
  return {
    lease_id: String(row['lease_id']),
    at: String(row['at']),
    latency_ms: latency === null ? null : Number(latency),
  }
}
