import { mapRows, type Raw } from './raw.ts'

/** isJoined tells whether a file is from when a key and its endpoint were one row: all versions before 4, and first forms of that. */
export function isJoined(data: Raw): boolean {
  return !('endpoints' in data) && !('next_endpoint_id' in data)
}

/** splitKeys makes a key and an endpoint of each such row; the endpoint has the id of its key. What is not known stays with the key. */
export function splitKeys(data: Raw): Raw {
  const { next_proxy_id, proxy_keys } = data
  return {
    ...data,
    next_endpoint_id: next_proxy_id,
    proxy_keys: mapRows(proxy_keys, toKey),
    endpoints: mapRows(proxy_keys, toEndpoint),
  }
}

function toKey({ key_name: _1, subdomain: _2, port: _3, overrides: _4, access: _5, ...row }: Raw): Raw {
  // What a health check measured stood in the row; now it is in the history, and the next check tells it anew.
  const { latency_ms: _6, last_check_at: _7, ...key } = row
  return { ...key, provider: 'kiotproxy' }
}

function toEndpoint({ id, key_name, subdomain, port, overrides, access, created_at }: Raw): Raw {
  const number = numberOf(subdomain)
  return { id, name: key_name, number, port, key_ids: [id], overrides, access, created_at }
}

/** What has no number stays, so that the schema refuses it. */
function numberOf(subdomain: unknown): unknown {
  const digits = /^proxy([1-9]\d*)$/.exec(String(subdomain))?.[1]
  return digits === undefined ? subdomain : Number(digits)
}

const formerFields: Record<string, string> = { name: 'key_name', number: 'subdomain', key_ids: 'id' }

/** formerPlace is where in the file that was split stood what is at this place now. */
export function formerPlace(path: readonly PropertyKey[]): readonly PropertyKey[] {
  const [list, index = '', field, ...rest] = path
  if (list !== 'endpoints') return path
  return ['proxy_keys', index, ...(field === undefined ? [] : [formerFields[String(field)] ?? field]), ...rest]
}
