import { closeSync, existsSync, openSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { defaultLogLimit, logEntry, type LogEntry, type LogQuery } from '../contract/index.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    proxy_id INTEGER,
    action TEXT NOT NULL,
    reason TEXT,
    region TEXT,
    status TEXT NOT NULL,
    old_ip TEXT,
    new_ip TEXT,
    message TEXT NOT NULL,
    timestamp TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS log_by_proxy ON log (proxy_id, id);
`

/** The log keeps its newest entries; older ones are dropped, some at a time. */
const keptEntries = 100_000
const pruneEvery = 1_000

/** NewLogEntry is what a verb reports; what it leaves out is null, `status` is `success`. */
export type NewLogEntry = Pick<LogEntry, 'action' | 'message'> &
  Partial<Pick<LogEntry, 'proxy_id' | 'reason' | 'region' | 'status' | 'old_ip' | 'new_ip'>>

interface HistoryParts {
  dataDir: string
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
    this.#database = openDatabase(join(parts.dataDir, 'history.db'), parts.log)
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
    const conditions: string[] = []
    const values: SQLInputValue[] = []
    if (query.proxy_id !== undefined) {
      conditions.push('proxy_id = ?')
      values.push(query.proxy_id)
    }
    if (query.before !== undefined) {
      conditions.push('id < ?')
      values.push(query.before)
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const rows = this.#database
      .prepare(`SELECT * FROM log ${where} ORDER BY id DESC LIMIT ?`)
      .all(...values, query.limit ?? defaultLogLimit)
    return rows.map((row) => logEntry.parse(row))
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

function openDatabase(path: string, log: Log): DatabaseSync {
  try {
    return prepareDatabase(path)
  } catch (error) {
    if (!existsSync(path)) throw error
    const keptAs = `${path}.damaged-${new Date().toISOString().replaceAll(':', '')}`
    renameSync(path, keptAs)
    log.error(
      { reason: messageOf(error), keptAs },
      'history.db could not be opened; it was set aside and a new one begun',
    )
    return prepareDatabase(path)
  }
}

function prepareDatabase(path: string): DatabaseSync {
  // SQLite would make the file readable by all; its side files take over this mode.
  closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path)
  try {
    database.exec(schema)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
