import type { ProxyKey } from '../contract/index.ts'
import { hashToken, type Vault } from '../lib/vault.ts'
import type { Route, RouteAccess, RouteUpstream } from '../proxy/route.ts'
import { derived } from './derived.ts'

const retryAfterSeconds = 10

const reasons = {
  pending: 'its provider has not given it an upstream yet.',
  active: 'it has no upstream now.',
  unreachable: 'it has no upstream now.',
  rotating: 'it is getting a new upstream now.',
  expired: 'its upstream has ended and there is no new one yet.',
  invalid: 'its provider refuses the key.',
  inactive: 'it is paused.',
} satisfies Record<ProxyKey['status'], string>

/** createRouting makes the route of a key for the data plane; the same route object as long as the row is the same. */
export function createRouting(vault: Vault): (key: ProxyKey) => Route {
  const accessOf = createAccess(vault)
  return derived((key) => ({
    name: key.subdomain,
    port: key.port,
    access: accessOf(key),
    upstream: upstreamOf(key),
  }))
}

/** Access rules change seldom and cost a decryption: they are kept as long as what they are made of is the same. */
function createAccess(vault: Vault): (key: ProxyKey) => RouteAccess {
  const known = new WeakMap<ProxyKey['access'], RouteAccess>()
  return ({ access, subdomain }) => {
    const found = known.get(access)
    if (found?.username === subdomain) return found
    const made = {
      username: subdomain,
      tokenHash: hashToken(vault.open(access.token)),
      allowedNetworks: access.allowed_ips,
    }
    known.set(access, made)
    return made
  }
}

function upstreamOf(key: ProxyKey): RouteUpstream {
  if (!key.is_active) return { kind: 'missing', message: reasons.inactive, retryAfterSeconds: null }
  if (key.remote_http === null) {
    const canComeBack = key.status !== 'invalid'
    return { kind: 'missing', message: reasons[key.status], retryAfterSeconds: canComeBack ? retryAfterSeconds : null }
  }
  const colon = key.remote_http.lastIndexOf(':')
  return { kind: 'available', host: key.remote_http.slice(0, colon), port: Number(key.remote_http.slice(colon + 1)) }
}
