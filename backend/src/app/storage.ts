import { mkdirSync } from 'node:fs'

import { Bus } from '../happenings/bus.ts'
import { toLogEntry } from '../happenings/log-entry.ts'
import { openHistoryDatabase } from '../history/database.ts'
import type { History } from '../history/history.ts'
import { SqliteHistory } from '../history/sqlite-history.ts'
import { explainFileError } from '../lib/file-error.ts'
import { loadVault, type Vault } from '../lib/vault.ts'
import { lockFolder } from '../store/folder-lock.ts'
import { Store } from '../store/store.ts'
import type { Outside, Stops } from './outside.ts'

/** Storage is what lasts, and where what happens is told. */
export interface Storage {
  vault: Vault
  store: Store
  history: History
  /** Where verbs tell what they did. */
  bus: Bus
}

/** openStorage locks the data folder and opens what is in it. Throws a StartError where that can't be. */
export async function openStorage(outside: Outside, stops: Stops): Promise<Storage> {
  try {
    return await openFolder(outside, stops)
  } catch (error) {
    throw explainFileError(error, `or set DATA_DIR to another folder (it is ${outside.config.DATA_DIR})`)
  }
}

async function openFolder({ config, clock, log, runsTwice = false }: Outside, stops: Stops): Promise<Storage> {
  const dataDir = config.DATA_DIR
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  stops.push(lockFolder(dataDir))
  const vault = loadVault(dataDir, config.SECRET_KEY)
  const store = await Store.open({ dataDir, vault, clock, log, runsTwice })
  stops.push(() => store.close())
  const history = new SqliteHistory({ database: openHistoryDatabase(dataDir, log), clock, log })
  stops.push(() => history.close())
  const bus = new Bus({ clock, log })
  bus.happened.subscribe((happening) => history.add(toLogEntry(happening)))
  return { vault, store, history, bus }
}
