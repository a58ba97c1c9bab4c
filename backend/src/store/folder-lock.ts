import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { Stop } from '../lib/clock.ts'
import { messageOf, StartError } from '../lib/problem.ts'
import { isBusy } from '../lib/sqlite-error.ts'

/**
 * lockFolder refuses a second process on the same data folder, and one that can't be locked (StartError). The lock is SQLite's
 * own file lock on an empty database, which the kernel drops with the process: a kill leaves nothing stale behind.
 */
export function lockFolder(dataDir: string): Stop {
  const path = join(dataDir, '.lock')
  closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    const text = isBusy(error)
      ? `The data folder ${dataDir} is in use by another Stillpoint process. Stop that one, or give this one a folder of its own with DATA_DIR.`
      : `The data folder ${dataDir} can't be locked (${path}: ${messageOf(error)}). Delete that file if it is not empty; some network drives have no locks: set DATA_DIR to a folder on a local disk then.`
    throw new StartError(text, { cause: error })
  }
  return () => {
    if (database.isOpen) database.close()
  }
}
