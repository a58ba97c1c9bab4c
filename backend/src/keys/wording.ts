import { subdomainOf, type JoinedProxy, type UpdateProxyRequest } from '../contract/index.ts'
import type { Acquisition } from '../rotation/acquire.ts'
import type { Place } from './numbers.ts'

/** describeChanges says what a request changes of a key and its endpoint, in the words of the operation log. */
export function describeChanges(
  { key, endpoint }: JoinedProxy,
  request: UpdateProxyRequest,
  hasOtherKey: boolean,
): string[] {
  const changes: string[] = []
  const { key_name, region, is_active, allowed_ips, local_address, always_ask, upstream_protocol, overrides } = request
  if (key_name !== undefined && key_name !== endpoint.name) changes.push(`named ${key_name}`)
  if (region !== undefined && region !== key.region) changes.push(`region ${region}`)
  if (is_active !== undefined && is_active !== key.is_active) changes.push(is_active ? 'resumed' : 'paused')
  if (allowed_ips !== undefined && allowed_ips.join() !== endpoint.access.allowed_ips.join()) {
    changes.push(`allowed addresses ${allowed_ips.join(', ') || 'none'}`)
  }
  if (local_address !== undefined && local_address !== endpoint.access.local_address) {
    changes.push(`address of its own ${local_address ?? 'none'}`)
  }
  if (always_ask !== undefined && always_ask !== endpoint.access.always_ask) {
    changes.push(always_ask ? 'always asks for credentials' : 'asks only strangers for credentials')
  }
  if (upstream_protocol !== undefined && upstream_protocol !== key.upstream_protocol) {
    changes.push(`upstream by ${upstream_protocol}`)
  }
  if (overrides !== undefined) changes.push(`own settings ${JSON.stringify(overrides)}`)
  if (hasOtherKey) changes.push('another provider key')
  return changes
}

/** describeAdded says what came of adding a key. */
export function describeAdded(place: Place, acquisition: Acquisition): string {
  if (acquisition.kind === 'pending') {
    return `${acquisition.problem.message} ${subdomainOf(place)} is stored and becomes active as soon as there is an upstream.`
  }
  const { remote_ip, remote_http, location } = acquisition.fields
  return `${subdomainOf(place)} is ready: ${remote_ip ?? remote_http}${location === null ? '' : ` (${location})`}.`
}
