import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

import {
  defaultLogLimit,
  happened,
  logLine,
  untold,
  type Happened,
  type LogAction,
  type LogEntry,
  type LogLine,
  type LogQuery,
} from '../contract/index.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'

/** Older entries than so many are dropped, some at a time. */
const keptEntries = 100_000
/**
 * Who came in and what was changed for good is not washed out by what happens all day, which clients bring about too: of each of these
 * the newest stay, whatever else is written. Failures are apart from successes, since strangers bring those about.
 */
const lastingActions = ['login', 'logout', 'password', 'settings', 'add', 'delete'] as const satisfies LogAction[]
const keptOfEach = 10_000
const pruneEvery = 1_000

/** NewLogEntry is what is to be written; what it leaves out is null, `status` is `success`, `timestamp` now. */
export type NewLogEntry = Pick<LogLine, 'action' | 'message'> &
  Partial<Omit<LogLine, 'id' | 'action' | 'message'>> & { happened?: Happened }

interface HistoryParts {
  database: DatabaseSync
  clock: Clock
  log: Log
}

/**
 * History is what happened, in `history.db`. It informs and never decides: an entry that can't be written is logged and
 * dropped, and a damaged database is set aside for a new one, so that traffic never waits for either.
 */
export class History {
  readonly added = new Subscribable<[LogEntry]>()
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #log: Log
  readonly #insert: StatementSync
  readonly #prune: StatementSync
  readonly #pruneLasting: StatementSync

  constructor(parts: HistoryParts) {
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

  /** Newest first. */
  list(query: Partial<LogQuery>): LogEntry[] {
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

  #dropOld(): void {
    this.#prune.run()
    for (const action of lastingActions) {
      for (const status of logLine.shape.status.options) this.#pruneLasting.run(action, status)
    }
  }
}

/** Facts that are understood no longer are left out: the sentence still tells what happened. */
function readEntry(row: Record<string, unknown>): LogEntry {
  const { data } = row
  const told = happened.safeParse(typeof data === 'string' ? JSON.parse(data) : null)
  return { ...logLine.parse(row), ...(told.success ? told.data : untold) }
}
