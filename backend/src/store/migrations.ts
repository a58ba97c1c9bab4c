import { dataFileVersion } from '../contract/index.ts'
import { StartError } from '../lib/problem.ts'

type Raw = Record<string, unknown>

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
    proxy_keys: asList(data['proxy_keys']).map((key) => ({
      upstream_protocol: 'http',
      overrides: {},
      ...asRecord(key),
    })),
  }),
  2: (data) => ({ ...data, settings: { health_check_seconds: null, ...asRecord(data['settings']) } }),
  3: (data) => ({ ...data, proxy_keys: asList(data['proxy_keys']).map((key) => toFacts(asRecord(key))) }),
}

/** Until version 3 a key had one word for all that is known of it. */
function toFacts({ status, ...key }: Raw): Raw {
  const at = key['last_rotated_at'] ?? key['created_at']
  const message = 'The provider refuses this key.'
  const wasChecked = typeof key['last_check_at'] === 'string'
  return {
    ...withoutMeasurements(key),
    refused: status === 'invalid' ? { at, code: 'key_rejected', message } : null,
    reachable: status === 'unreachable' ? false : status === 'active' && wasChecked ? true : null,
  }
}

/** What a health check measured stood in the row; now it is in the history, and the next check tells it anew. */
function withoutMeasurements(key: Raw): Raw {
  const { latency_ms: _, last_check_at: __, ...rest } = key
  return rest
}

/** migrate brings a file of an older version to the present one; a newer or unknown version is a StartError. */
export function migrate(raw: unknown, path: string): unknown {
  if (!isRecord(raw) || typeof raw['version'] !== 'number') {
    throw new StartError(`${path} is damaged: it has no "version" number. Nothing was changed.`)
  }
  if (raw['version'] > dataFileVersion) {
    throw new StartError(
      `${path} was written by a newer Stillpoint (file version ${raw['version']}, this one knows ${dataFileVersion}). Run that version or newer. Nothing was changed.`,
    )
  }
  let data = raw
  for (let version = raw['version']; version < dataFileVersion; version++) {
    const step = migrations[version]
    if (!step) throw new StartError(`${path} has the unknown file version ${version}. Nothing was changed.`)
    data = { ...step(data), version: version + 1 }
  }
  return data
}

function asRecord(value: unknown): Raw {
  return isRecord(value) ? value : {}
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
