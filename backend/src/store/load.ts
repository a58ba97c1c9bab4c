import { Low } from 'lowdb'

import { dataFileVersion, defaultSettings, secretCheckPlace, type DataFile } from '../contract/index.ts'
import type { Vault } from '../lib/vault.ts'
import type { DataJson } from './data-json.ts'
import { parseDataFile } from './invariants.ts'
import { migrate } from './migrations.ts'
import { checkSecrets } from './secrets.ts'
import { formerPlace } from './split-keys.ts'

const secretCheckText = 'stillpoint'

/**
 * loadData reads the data file, or makes one. A file of a former form is kept beside and written anew. One that is damaged, newer or
 * sealed with another key is a StartError, and stays as it is.
 */
export async function loadData(file: DataJson<DataFile>, vault: Vault): Promise<Low<DataFile>> {
  const raw = await file.read()
  if (raw === null) return await write(file, emptyData(vault))
  const { data, former } = migrate(raw, file.path, vault)
  checkSecrets(data, vault, file.path)
  if (former === null) return new Low(file, parseDataFile(data, file.path))
  const migrated = parseDataFile(data, file.path, formerPlace)
  await file.keepAs(`v${former}`)
  return await write(file, migrated)
}

async function write(file: DataJson<DataFile>, data: DataFile): Promise<Low<DataFile>> {
  const low = new Low(file, data)
  await low.write()
  return low
}

function emptyData(vault: Vault): DataFile {
  return {
    version: dataFileVersion,
    secret_check: vault.seal(secretCheckText, secretCheckPlace),
    next_proxy_id: 1,
    settings: defaultSettings,
    users: [],
    sessions: [],
    proxy_keys: [],
    next_endpoint_id: 1,
    endpoints: [],
  }
}
