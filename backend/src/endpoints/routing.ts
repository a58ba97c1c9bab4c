import {
  statusOf,
  subdomainOf,
  tokenPlace,
  type Endpoint,
  type JoinedProxy,
  type KeyStatus,
  type ProxyKey,
  type Settings,
} from '../contract/index.ts'
import { toMs } from '../lib/clock.ts'
import { derivedRows } from '../lib/derived.ts'
import { splitHostPort } from '../lib/host-port.ts'
import { normalizeAddress } from '../lib/ip.ts'
import { hashToken, type Vault } from '../lib/vault.ts'
import type { Route, RouteAccess, RouteLimits, RouteUpstream } from '../plane/table.ts'

const retryAfterSeconds = 10

const reasons = {
  pending: 'its provider has not given it an upstream yet.',
  active: 'it has no upstream now.',
  unreachable: 'it has no upstream now.',
  rotating: 'it is getting a new upstream now.',
  expired: 'its upstream has ended and there is no new one yet.',
  key_expired: 'its key ran out at the provider.',
  key_unknown: 'its provider does not know the key.',
  invalid: 'its provider refuses the key.',
  inactive: 'it is paused.',
} satisfies Record<KeyStatus, string>

/** Routing makes the route of an endpoint through its key, under the endpoint's id. */
export type Routing = (proxy: JoinedProxy, settings: Settings) => Route

/** createRouting makes the routes for the data plane. */
export function createRouting(vault: Vault): Routing {
  const accessOf = createAccess(vault)
  return ({ key, endpoint }, settings) => ({
    id: endpoint.id,
    name: subdomainOf(endpoint),
    port: endpoint.port,
    access: accessOf(endpoint),
    localAddress: endpoint.access.local_address === null ? null : normalizeAddress(endpoint.access.local_address),
    upstream: upstreamOf(key),
    isRotating: false,
    isExpected: isExpected(key, settings),
    limits: limitsOf(endpoint, settings),
  })
}

/** createRouteTable makes the routes through all keys, of which these are being rotated; what is as before is the same object. */
export function createRouteTable(routing: Routing) {
  const toRoutes = derivedRows(routing)
  return (proxies: readonly JoinedProxy[], settings: Settings, rotating: ReadonlySet<number>) => {
    const routes = toRoutes(proxies, settings)
    if (rotating.size === 0) return routes
    return routes.map((route, index) => {
      const key = proxies[index]?.key
      return key && rotating.has(key.id) ? whileRotating(route, key) : route
    })
  }
}

/** A paused key goes on as it is. */
function whileRotating(route: Route, { is_active, remote_http }: ProxyKey): Route {
  if (!is_active) return route
  const { upstream } = route
  const isMissing = upstream.kind === 'missing' && remote_http === null
  const told = isMissing ? { ...upstream, message: reasons.rotating } : upstream
  return { ...route, upstream: told, isRotating: true, isExpected: true }
}

/** Access rules change seldom and cost a decryption: they are kept as long as what they are made of is the same. */
function createAccess(vault: Vault): (endpoint: Endpoint) => RouteAccess {
  const known = new WeakMap<Endpoint['access'], RouteAccess>()
  return (endpoint) => {
    const { access } = endpoint
    const username = subdomainOf(endpoint)
    const found = known.get(access)
    if (found?.username === username) return found
    const made = {
      username,
      tokenHash: hashToken(vault.open(access.token, tokenPlace(endpoint.id))),
      networks: access.allowed_ips,
      addresses: access.allowed_addresses.map(({ address }) => normalizeAddress(address)),
      asksAlways: access.always_ask,
    }
    known.set(access, made)
    return made
  }
}

function upstreamOf(key: ProxyKey): RouteUpstream {
  if (!key.is_active) return { kind: 'missing', message: reasons.inactive, retryAfterSeconds: null }
  const address = key.upstream_protocol === 'socks5' ? key.remote_socks5 : key.remote_http
  if (address === null || key.lease_id === null) {
    const message = key.remote_http === null ? reasons[statusOf(key, false)] : 'its upstream has no SOCKS5 port.'
    return { kind: 'missing', message, retryAfterSeconds: key.refused === null ? retryAfterSeconds : null }
  }
  return {
    kind: 'available',
    leaseId: key.lease_id,
    ...splitHostPort(address),
    protocol: key.upstream_protocol,
    credentials: null,
    endsAt: toMs(key.expiration_at),
  }
}

/** Whether the key gets an upstream without anybody's doing: only then is it worth waiting for one. */
function isExpected(key: ProxyKey, settings: Settings): boolean {
  if (!key.is_active || key.refused !== null) return false
  if (key.last_rotated_at === null) return true
  return settings.auto_rotate_on_expiration || settings.auto_rotate_interval_enabled
}

function limitsOf({ overrides }: Endpoint, settings: Settings): RouteLimits {
  const drain_seconds = overrides.drain_seconds ?? settings.drain_seconds
  return {
    holdMs: (overrides.hold_seconds ?? settings.hold_seconds) * 1000,
    drainMs: drain_seconds === 'never' ? null : drain_seconds * 1000,
    idleDrainMs: overrides.idle_drain_ms ?? settings.idle_drain_ms,
    tunnelIdleMs: (overrides.tunnel_idle_minutes ?? settings.tunnel_idle_minutes) * 60_000,
  }
}
