import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { loadVault } from '../../src/lib/vault.ts'
import { Store } from '../../src/store/store.ts'

/** openFolder opens the store of a data folder, as a start does. */
export async function openFolder(dataDir: string): Promise<Store> {
  return await Store.open({ dataDir, vault: loadVault(dataDir, undefined), clock: systemClock, log: silentLog })
}
