import { statusOf, type Connection, type ProxyKey, type ProxyKeyView, type TrafficCounters } from '../contract/index.ts'
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
  listenerState: (id: number) => ProxyKeyView['listener']
  traffic: (id: number) => TrafficCounters
  lastCheck: (key: ProxyKey) => Pick<ProxyKeyView, 'latency_ms' | 'last_check_at'>
  recentChecks: (id: number) => (number | null)[]
  nextRotation: (key: ProxyKey) => Pick<ProxyKeyView, 'next_rotation_at' | 'next_rotation_reason'>
}

/** Views are how a key is shown: without secrets in lists, with the access token where a connection is asked for. */
export interface Views {
  proxy: (key: ProxyKey) => ProxyKeyView
  connection: (key: ProxyKey) => Connection
  /** The constant public address of a place. */
  endpoint: (place: Place) => string
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
  const endpoint = ({ subdomain, port }: Place) => `${subdomain}.${domain}:${port}`
  return {
    endpoint,
    providerKey: (key) => vault.open(key.kiotproxy_key),
    proxy: (key) => ({
      id: key.id,
      key_name: key.key_name,
      subdomain: key.subdomain,
      port: key.port,
      region: key.region,
      is_active: key.is_active,
      upstream_protocol: key.upstream_protocol,
      overrides: key.overrides,
      endpoint: endpoint(key),
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
      allowed_ips: key.access.allowed_ips,
      local_address: key.access.local_address,
      always_ask: key.access.always_ask,
      allowed_addresses: key.access.allowed_addresses,
      listener: listenerState(key.id),
      traffic: traffic(key.id),
      recent_checks: recentChecks(key.id),
    }),
    connection: (key) => {
      const host = formatHost(hostOf(key, domain, proxyHost))
      const password = vault.open(key.access.token)
      const { sharedPort, tlsPort } = sharedPorts()
      return {
        host,
        port: key.port,
        username: key.subdomain,
        password,
        http_url: `http://${key.subdomain}:${password}@${host}:${key.port}`,
        socks5_url: `socks5h://${key.subdomain}:${password}@${host}:${key.port}`,
        shared_url: sharedPort === null ? null : `http://${key.subdomain}:${password}@${host}:${sharedPort}`,
        // Over TLS it is the name that tells the endpoint.
        tls_url: tlsPort === null ? null : `https://${key.subdomain}:${password}@${key.subdomain}.${domain}:${tlsPort}`,
      }
    },
  }
}

/** Not every resolver knows names under localhost: there the address that the listeners are bound to is given. */
function hostOf(key: ProxyKey, domain: string, proxyHost: string): string {
  if (domain !== 'localhost') return `${key.subdomain}.${domain}`
  return isWildcardAddress(proxyHost) ? '127.0.0.1' : proxyHost
}
