// Writes to a store as fast as it can and prints each number as soon as it is acknowledged, until it is killed.
import { systemClock } from '../../dist/src/lib/clock.js'
import { silentLog } from '../../dist/src/lib/log.js'
import { loadVault } from '../../dist/src/lib/vault.js'
import { Store } from '../../dist/src/store/store.js'

const dataDir = process.argv[2] ?? ''
const store = await Store.open({ dataDir, vault: loadVault(dataDir, undefined), clock: systemClock, log: silentLog })
for (;;) {
  const number = await store.change((draft) => draft.takeKeyId() + 1)
  process.stdout.write(`${number}\n`)
}
