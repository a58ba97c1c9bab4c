import { providerKeyPlace, secretCheckPlace, tokenPlace } from '../contract/index.ts'
import { StartError } from '../lib/problem.ts'
import type { Vault } from '../lib/vault.ts'
import { damaged } from './invariants.ts'
import { asRecord, mapRows, type Raw } from './raw.ts'

/** Alter is told a sealed value, the place that it is bound to, and where it stands in the file. */
type Alter = (sealed: string, place: string, where: string) => string

/** bindSecrets seals for their places what was sealed for none. What does not open stays: `checkSecrets` says so. */
export function bindSecrets(data: Raw, vault: Vault): Raw {
  return mapSecrets(data, (sealed, place) => {
    try {
      return vault.bind(sealed, place)
    } catch {
      return sealed
    }
  })
}

/** checkSecrets throws a StartError where one of the file's sealed values does not open at its place, or none of them does. */
export function checkSecrets(data: Raw, vault: Vault, path: string): void {
  const closed: string[] = []
  let count = 0
  mapSecrets(data, (sealed, place, where) => {
    count += 1
    if (!opens(vault, sealed, place)) closed.push(where)
    return sealed
  })
  const [where] = closed
  if (where === undefined) return
  if (closed.length < count) {
    throw damaged(path, `${where}: the encrypted value was altered, or is that of another field or row`)
  }
  throw new StartError(
    `${path} is encrypted with another key. Start with the SECRET_KEY (or the data folder's secret.key) that it was written with. Nothing was changed.`,
  )
}

function opens(vault: Vault, sealed: string, place: string): boolean {
  try {
    vault.open(sealed, place)
    return true
  } catch {
    return false
  }
}

function mapSecrets(data: Raw, alter: Alter): Raw {
  return {
    ...altered(data, 'secret_check', (sealed) => alter(sealed, secretCheckPlace, 'secret_check')),
    proxy_keys: mapRows(data['proxy_keys'], (row, index) =>
      altered(row, 'kiotproxy_key', (sealed) =>
        alter(sealed, providerKeyPlace(Number(row['id'])), `proxy_keys.${index}.kiotproxy_key`),
      ),
    ),
    endpoints: mapRows(data['endpoints'], (row, index) => ({
      ...row,
      access: altered(asRecord(row['access']), 'token', (sealed) =>
        alter(sealed, tokenPlace(Number(row['id'])), `endpoints.${index}.access.token`),
      ),
    })),
  }
}

/** What does not look like a sealed value is left to the schema. */
function altered(row: Raw, field: string, alter: (sealed: string) => string): Raw {
  const value = row[field]
  return typeof value === 'string' && value.startsWith('enc:') ? { ...row, [field]: alter(value) } : row
}
