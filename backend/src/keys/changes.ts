import { namesOf, type JoinedProxy, type KeyChanges, type UpdateProxyRequest } from '../contract/index.ts'
import type { Acquisition } from '../leases/acquire.ts'

/** changesOf is what a request changes of a key and its endpoint. */
export function changesOf(
  { key, endpoint }: JoinedProxy,
  request: UpdateProxyRequest,
  hasOtherKey: boolean,
): KeyChanges {
  const { key_name, region, is_active, allowed_ips, local_address, always_ask, upstream_protocol, overrides } = request
  const { access } = endpoint
  const changes: KeyChanges = {}
  if (key_name !== undefined && key_name !== endpoint.name) changes.key_name = key_name
  if (region !== undefined && region !== key.region) changes.region = region
  if (is_active !== undefined && is_active !== key.is_active) changes.is_active = is_active
  if (allowed_ips !== undefined && allowed_ips.join() !== access.allowed_ips.join()) changes.allowed_ips = allowed_ips
  if (local_address !== undefined && local_address !== access.local_address) changes.local_address = local_address
  if (always_ask !== undefined && always_ask !== access.always_ask) changes.always_ask = always_ask
  if (upstream_protocol !== undefined && upstream_protocol !== key.upstream_protocol) {
    changes.upstream_protocol = upstream_protocol
  }
  if (overrides !== undefined) changes.overrides = overrides
  if (hasOtherKey) changes.has_other_key = true
  return changes
}

/** whatCameOf is what happened when a key was added. */
export function whatCameOf({ key, endpoint }: JoinedProxy, acquisition: Acquisition) {
  const facts = { ...namesOf(endpoint), reason: 'first', region: key.region } as const
  if (acquisition.kind === 'pending') {
    const { code, message } = acquisition.problem
    const trouble = code === 'provider_out_of_stock' ? 'out_of_stock' : 'provider_unavailable'
    return { kind: 'key_pending', facts: { ...facts, trouble, detail: message } } as const
  }
  const { remote_ip, remote_http, location } = acquisition.fields
  return { kind: 'key_added', facts: { ...facts, new_ip: remote_ip, upstream: remote_http, location } } as const
}
