import type { Endpoint, ProxyKey, UpdateProxyRequest } from '../contract/index.ts'
import type { LeaseFields } from '../leases/lease.ts'

/** OtherKey is another provider key with its upstream, which a key gets. */
export interface OtherKey {
  readonly sealed: string
  readonly fields: LeaseFields
  /** ISO 8601. */
  readonly now: string
}

/** updateEndpoint changes what a request names of an endpoint. */
export function updateEndpoint(row: Endpoint, request: UpdateProxyRequest): void {
  if (request.key_name !== undefined) row.name = request.key_name
  if (request.overrides !== undefined) row.overrides = request.overrides
  if (request.allowed_ips !== undefined) row.access.allowed_ips = request.allowed_ips
  if (request.local_address !== undefined) row.access.local_address = request.local_address
  if (request.always_ask !== undefined) row.access.always_ask = request.always_ask
}

/** updateKey changes what a request names of a key. */
export function updateKey(row: ProxyKey, request: UpdateProxyRequest, other: OtherKey | null): void {
  const wasActive = row.is_active
  if (other !== null || isFreshStart(row, request)) row.refused = null
  if (request.region !== undefined) row.region = request.region
  if (request.is_active !== undefined) row.is_active = request.is_active
  if (request.upstream_protocol !== undefined) row.upstream_protocol = request.upstream_protocol
  if (other !== null) {
    const fresh = { reachable: null, kiotproxy_key: other.sealed, last_rotated_at: other.now }
    Object.assign(row, other.fields, fresh)
  }
  // What was found out before the pause says nothing about now.
  if (row.is_active !== wasActive) row.reachable = null
}

/** A refused key is called again only after the admin changed something that can make it good. */
function isFreshStart({ refused }: ProxyKey, { kiotproxy_key, is_active, region }: UpdateProxyRequest): boolean {
  return refused !== null && (kiotproxy_key !== undefined || is_active !== undefined || region !== undefined)
}
