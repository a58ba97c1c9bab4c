import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

import { defaultLogLimit, logEntry, type LogEntry, type LogQuery } from '../contract/index.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'

/** The log keeps its newest entries; older ones are dropped, some at a time. */
const keptEntries = 100_000
const pruneEvery = 1_000

/** NewLogEntry is what a verb reports; what it leaves out is null, `status` is `success`. */
export type NewLogEntry = Pick<LogEntry, 'action' | 'message'> &
  Partial<Pick<LogEntry, 'proxy_id' | 'reason' | 'region' | 'status' | 'old_ip' | 'new_ip'>>

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

  constructor(parts: HistoryParts) {
    this.#clock = parts.clock
    this.#log = parts.log
    this.#database = parts.database
    this.#insert = this.#database.prepare(
      `INSERT INTO log (proxy_id, action, reason, region, status, old_ip, new_ip, message, timestamp)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#prune = this.#database.prepare('DELETE FROM log WHERE id <= ?')
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
      timestamp: toTimestamp(this.#clock.now()),
    }
    try {
      const id = Number(this.#insert.run(...Object.values(row)).lastInsertRowid)
      if (id % pruneEvery === 0) this.#prune.run(id - keptEntries)
      this.added.emit({ id, ...row })
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
    return rows.map((row) => logEntry.parse(row))
  }
}
