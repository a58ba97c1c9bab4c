import {
  providerKeyPlace,
  statusOf,
  subdomainOf,
  tokenPlace,
  type Connection,
  type Endpoint,
  type EndpointView,
  type JoinedProxy,
  type ProxyKey,
  type ProxyKeyView,
  type TrafficCounters,
} from '../contract/index.ts'
import type { HostPort, Reach } from '../endpoints/reach.ts'
import { maskKey } from '../lib/mask.ts'
import type { Vault } from '../lib/vault.ts'
import type { Place } from '../endpoints/numbers.ts'
import { derivedFromProviderKey } from './sealed-key.ts'

interface ViewsParts {
  vault: Vault
  /** Where clients find a place, for one who has reached us by a host; null where that is not known. */
  reach: (place: Place, reachedBy: string | null) => Reach
  isRotating: (id: number) => boolean
  /** Why it is as it is, and when it is tried again. */
  reason: (key: ProxyKey) => Pick<ProxyKeyView, 'reason' | 'retry_at'>
  listenerState: (endpointId: number) => ProxyKeyView['listener']
  traffic: (endpointId: number) => TrafficCounters
  lastCheck: (key: ProxyKey) => Pick<ProxyKeyView, 'latency_ms' | 'last_check_at'>
  recentChecks: (id: number) => (number | null)[]
  nextRotation: (key: ProxyKey) => Pick<ProxyKeyView, 'next_rotation_at' | 'next_rotation_reason'>
}

/** Views are how keys and endpoints are shown: without secrets in lists, with the access token where a connection is asked for. */
export interface Views {
  proxy: (proxy: JoinedProxy) => ProxyKeyView
  endpoint: (endpoint: Endpoint) => EndpointView
  connection: (endpoint: Endpoint) => Connection
  /** The constant public address of a place. */
  address: (place: Place) => string
  /** The provider key in clear. */
  providerKey: (key: ProxyKey) => string
  /** The same for one who has reached us by a host. */
  seenBy: (reachedBy: string | null) => Views
}

export function createViews(parts: ViewsParts): Views {
  const { vault, reach, isRotating, reason, listenerState, traffic, lastCheck, recentChecks, nextRotation } = parts
  const maskedKey = derivedFromProviderKey(vault, maskKey)
  const seenBy = (reachedBy: string | null): Views => {
    const address = (place: Place) => addressOf(reach(place, reachedBy))
    return {
      seenBy,
      address,
      providerKey: (key) => vault.open(key.kiotproxy_key, providerKeyPlace(key.id)),
      proxy: ({ key, endpoint }) => ({
        id: key.id,
        key_name: endpoint.name,
        subdomain: subdomainOf(endpoint),
        port: endpoint.port,
        region: key.region,
        is_active: key.is_active,
        upstream_protocol: key.upstream_protocol,
        overrides: endpoint.overrides,
        endpoint: address(endpoint),
        kiotproxy_key: maskedKey(key),
        remote_http: key.remote_http,
        remote_socks5: key.remote_socks5,
        remote_ip: key.remote_ip,
        location: key.location,
        expiration_at: key.expiration_at,
        next_request_at: key.next_request_at,
        ttl: key.ttl,
        ttc: key.ttc,
        status: statusOf(key, isRotating(key.id)),
        ...reason(key),
        ...lastCheck(key),
        last_rotated_at: key.last_rotated_at,
        ...nextRotation(key),
        created_at: key.created_at,
        ...shownAccess(endpoint),
        listener: listenerState(endpoint.id),
        traffic: traffic(endpoint.id),
        recent_checks: recentChecks(key.id),
      }),
      endpoint: (endpoint) => ({
        id: endpoint.id,
        name: endpoint.name,
        number: endpoint.number,
        subdomain: subdomainOf(endpoint),
        port: endpoint.port,
        endpoint: address(endpoint),
        key_ids: endpoint.key_ids,
        overrides: endpoint.overrides,
        ...shownAccess(endpoint),
        listener: listenerState(endpoint.id),
        created_at: endpoint.created_at,
      }),
      connection: (endpoint) =>
        connectionOf(
          reach(endpoint, reachedBy),
          subdomainOf(endpoint),
          vault.open(endpoint.access.token, tokenPlace(endpoint.id)),
        ),
    }
  }
  return seenBy(null)
}

/** Who may use an endpoint, but for its token. */
function shownAccess({ access }: Endpoint) {
  const { allowed_ips, local_address, always_ask, allowed_addresses } = access
  return { allowed_ips, local_address, always_ask, allowed_addresses }
}

function addressOf({ shownHost, main }: Reach): string {
  return main.scheme === 'https' ? `${main.host}:${main.port}` : `${shownHost}:${main.port}`
}

function connectionOf({ main, own, shared, tls }: Reach, username: string, password: string): Connection {
  const urlOf = (scheme: string, { host, port }: HostPort) => `${scheme}://${username}:${password}@${host}:${port}`
  const clear = own ?? shared
  return {
    host: main.host,
    port: main.port,
    username,
    password,
    http_url: urlOf(main.scheme, main),
    socks5_url: clear && urlOf('socks5h', clear),
    shared_url: shared && urlOf('http', shared),
    tls_url: tls && urlOf('https', tls),
  }
}
