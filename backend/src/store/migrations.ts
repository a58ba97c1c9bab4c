import { dataFileVersion } from '../contract/index.ts'
import { StartError } from '../lib/problem.ts'
import type { Vault } from '../lib/vault.ts'
import { asRecord, isRecord, mapRows, type Raw } from './raw.ts'
import { bindSecrets } from './secrets.ts'
import { isJoined, splitKeys } from './split-keys.ts'

/** migrations[n] turns a file of version n into one of version n + 1. Version 1 is the first. */
const migrations: Record<number, (data: Raw) => Raw> = {
  1: (data) => ({
    ...data,
    settings: {
      rotate_on_failure: true,
      drain_seconds: 10,
      idle_drain_ms: 300,
      hold_seconds: 10,
      tunnel_idle_minutes: 10,
      ...asRecord(data['settings']),
    },
    proxy_keys: mapRows(data['proxy_keys'], (key) => ({ upstream_protocol: 'http', overrides: {}, ...key })),
  }),
  2: (data) => ({ ...data, settings: { health_check_seconds: null, ...asRecord(data['settings']) } }),
  3: (data) => ({ ...data, proxy_keys: mapRows(data['proxy_keys'], toFacts) }),
}

/** Until version 3 a key had one word for all that is known of it. */
function toFacts({ status, ...key }: Raw): Raw {
  const at = key['last_rotated_at'] ?? key['created_at']
  const message = 'The provider refuses this key.'
  const wasChecked = typeof key['last_check_at'] === 'string'
  return {
    ...key,
    refused: status === 'invalid' ? { at, code: 'key_rejected', message } : null,
    reachable: status === 'unreachable' ? false : status === 'active' && wasChecked ? true : null,
  }
}

/** Migrated is a file as the present version has it; `former` is the version that it had where it had another form, else null. */
export interface Migrated {
  readonly data: Raw
  readonly former: number | null
}

/** migrate brings a file of an older version to the present one; a newer or unknown version is a StartError. */
export function migrate(raw: unknown, path: string, vault: Vault): Migrated {
  if (!isRecord(raw) || typeof raw['version'] !== 'number') {
    throw new StartError(`${path} is damaged: it has no "version" number. Nothing was changed.`)
  }
  const { version: former } = raw
  if (former > dataFileVersion) {
    throw new StartError(
      `${path} was written by a newer Stillpoint (file version ${former}, this one knows ${dataFileVersion}). Run that version or newer. Nothing was changed.`,
    )
  }
  let data: Raw = raw
  for (let version = former; version < dataFileVersion; version++) {
    const step = migrations[version]
    if (!step) throw new StartError(`${path} has the unknown file version ${version}. Nothing was changed.`)
    data = { ...step(data), version: version + 1 }
  }
  if (!isJoined(data)) return { data, former: null }
  return { data: bindSecrets(splitKeys(data), vault), former }
}
