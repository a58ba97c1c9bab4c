import type { ProxyKey } from '../contract/index.ts'
import { toTimestamp } from '../lib/clock.ts'
import type { Recipe } from '../store/store.ts'
import { shiftTime, type LeaseFields, type UpstreamFields } from './lease.ts'

/** edit changes the row of a key, unless it was deleted or given another provider key in the meantime. */
export function edit(key: ProxyKey, change: (row: ProxyKey) => void): Recipe<void> {
  return (draft) => {
    const row = draft.keys.find(key.id)
    if (row && row.kiotproxy_key === key.kiotproxy_key) change(row)
  }
}

/** adopt gives the row a new upstream, under the id of its lease. */
export function adopt(row: ProxyKey, lease: LeaseFields, now: number): void {
  Object.assign(row, lease)
  row.last_rotated_at = toTimestamp(now)
  row.reachable = null
  row.refused = null
}

/** retire takes the upstream of the row out of use; where it was stays to be seen. */
export function retire(row: ProxyKey): void {
  row.remote_http = null
  row.remote_socks5 = null
  row.lease_id = null
  row.reachable = null
}

/**
 * forgetTimes is for an upstream that the provider knows no more. The cooldown that we remember was that one's: the provider
 * decides anew. Where the end may be `lateMs` too late, it is.
 */
export function forgetTimes(row: ProxyKey, lateMs: number): void {
  row.next_request_at = null
  row.expiration_at = shiftTime(row.expiration_at, -lateMs)
}

/** confirm notes that the provider still lends the upstream that the row holds; a refused key is good again. */
export function confirm(row: ProxyKey, fields: UpstreamFields): void {
  // The health check's exit IP is what origins see; the provider's is only its word.
  const { remote_ip: _, ...known } = fields
  Object.assign(row, known)
  row.refused = null
}
