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
import { formatHost, isWildcardAddress } from '../lib/ip.ts'
import { maskKey } from '../lib/mask.ts'
import type { Vault } from '../lib/vault.ts'
import type { Place } from './numbers.ts'
import { derivedFromProviderKey } from './sealed-key.ts'

interface ViewsParts {
  vault: Vault
  domain: string
  proxyHost: string
  /** Ports of the gateway as the public finds them; null where there is none. */
  sharedPorts: () => { sharedPort: number | null; tlsPort: number | null }
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
}

export function createViews(parts: ViewsParts): Views {
  const {
    vault,
    domain,
    proxyHost,
    sharedPorts,
    isRotating,
    reason,
    listenerState,
    traffic,
    lastCheck,
    recentChecks,
    nextRotation,
  } = parts
  const maskedKey = derivedFromProviderKey(vault, maskKey)
  const address = (place: Place) => `${subdomainOf(place)}.${domain}:${place.port}`
  return {
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
    connection: (endpoint) => {
      const { port } = endpoint
      const username = subdomainOf(endpoint)
      const host = formatHost(hostOf(username, domain, proxyHost))
      const password = vault.open(endpoint.access.token, tokenPlace(endpoint.id))
      const { sharedPort, tlsPort } = sharedPorts()
      return {
        host,
        port,
        username,
        password,
        http_url: `http://${username}:${password}@${host}:${port}`,
        socks5_url: `socks5h://${username}:${password}@${host}:${port}`,
        shared_url: sharedPort === null ? null : `http://${username}:${password}@${host}:${sharedPort}`,
        // Over TLS it is the name that tells the endpoint.
        tls_url: tlsPort === null ? null : `https://${username}:${password}@${username}.${domain}:${tlsPort}`,
      }
    },
  }
}

/** Who may use an endpoint, but for its token. */
function shownAccess({ access }: Endpoint) {
  const { allowed_ips, local_address, always_ask, allowed_addresses } = access
  return { allowed_ips, local_address, always_ask, allowed_addresses }
}

/** Not every resolver knows names under localhost: there the address that the listeners are bound to is given. */
function hostOf(subdomain: string, domain: string, proxyHost: string): string {
  if (domain !== 'localhost') return `${subdomain}.${domain}`
  return isWildcardAddress(proxyHost) ? '127.0.0.1' : proxyHost
}
