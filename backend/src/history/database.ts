import { closeSync, openSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { Log } from '../lib/log.ts'
import { messageOf, StartError } from '../lib/problem.ts'
import { isDamaged, isSqliteError } from '../lib/sqlite-error.ts'

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
    timestamp TEXT NOT NULL,
    data TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS log_by_proxy ON log (proxy_id, id);
  CREATE INDEX IF NOT EXISTS log_by_action ON log (action, status, id);
  CREATE TABLE IF NOT EXISTS minutes (
    proxy_id INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    checks INTEGER NOT NULL,
    failed_checks INTEGER NOT NULL,
    latency_sum_ms INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    PRIMARY KEY (proxy_id, minute)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS checks (
    proxy_id INTEGER PRIMARY KEY,
    lease_id TEXT NOT NULL,
    at TEXT NOT NULL,
    latency_ms INTEGER
  ) STRICT;
`

/**
 * openHistoryDatabase opens `history.db`, or sets a damaged one aside and begins a new one. One that can't be opened for another
 * reason is left alone: a StartError, or an error of the file system.
 */
export function openHistoryDatabase(dataDir: string, log: Log): DatabaseSync {
  const path = join(dataDir, 'history.db')
  try {
    return prepare(path)
  } catch (error) {
    if (!isSqliteError(error)) throw error
    if (!isDamaged(error)) throw cannotUse(path, error)
    const keptAs = `${path}.damaged-${new Date().toISOString().replaceAll(':', '')}`
    renameSync(path, keptAs)
    log.error(
      { reason: messageOf(error), keptAs },
      'history.db could not be opened; it was set aside and a new one begun',
    )
    return prepare(path)
  }
}

function cannotUse(path: string, error: unknown): StartError {
  return new StartError(
    `${path} can't be used: ${messageOf(error)}. It and the files beside it whose names begin with its own must be readable and writable by this user, with room on the disk.`,
    { cause: error },
  )
}

function prepare(path: string): DatabaseSync {
  // SQLite would make the file readable by all; its side files take over this mode.
  closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path)
  try {
    database.exec(schema)
    addFacts(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** A log of before the facts of an entry were kept has no column for them. */
function addFacts(database: DatabaseSync): void {
  const columns = database.prepare('PRAGMA table_info(log)').all()
  if (columns.every(({ name }) => name !== 'data')) database.exec('ALTER TABLE log ADD COLUMN data TEXT')
}
