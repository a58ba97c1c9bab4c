import { restingStatus, type ProxyKey } from '../contract/index.ts'
import { toTimestamp } from '../lib/clock.ts'
import { findRow } from '../lib/drafts.ts'
import type { Recipe } from '../store/store.ts'
import type { UpstreamFields } from './lease.ts'

/** edit changes the row of a key, unless it was deleted or given another provider key in the meantime. */
export function edit(key: ProxyKey, change: (row: ProxyKey) => void): Recipe<void> {
  return (draft) => {
    const row = findRow(draft.proxy_keys, key.id)
    if (row && row.kiotproxy_key === key.kiotproxy_key) change(row)
  }
}

/** adopt gives the row a new upstream. */
export function adopt(row: ProxyKey, fields: UpstreamFields, now: number): void {
  Object.assign(row, fields)
  row.latency_ms = null
  row.last_check_at = null
  row.last_rotated_at = toTimestamp(now)
  row.status = restingStatus(row)
}

/** confirm notes that the provider still lends the upstream that the row holds; an `invalid` key is good again. */
export function confirm(row: ProxyKey, fields: UpstreamFields): void {
  // The health check's exit IP is what origins see; the provider's is only its word.
  const { remote_ip: _, ...known } = fields
  Object.assign(row, known)
  if (row.status === 'invalid') row.status = restingStatus(row)
}
