import { isIP } from 'node:net'

import type { Config } from '../config.ts'
import { isPublicDomain } from '../lib/host-name.ts'
import { formatHost, isLoopbackHost, isWildcardAddress } from '../lib/ip.ts'
import type { Published } from './published.ts'

/** NamedPlace is where an endpoint is on this machine: its name and its own port. */
interface NamedPlace {
  /** `proxy3`. */
  subdomain: string
  port: number
}

/** Situation is what decides where clients reach the endpoints. */
export interface Situation {
  config: Pick<Config, 'DOMAIN' | 'PROXY_HOST' | 'GATEWAY_HOST' | 'PUBLIC_HTTPS'>
  published: Published
  /** The address that the admin has set; null for none. */
  publicHost: string | null
  /** The host by which the one who asks has reached us; null where that says nothing. */
  reachedBy: string | null
}

/** HostPort is an address to connect to; an IPv6 address stands in brackets. */
export interface HostPort {
  host: string
  port: number
}

/** Reach is where clients find an endpoint, by each way that is published. */
export interface Reach {
  /** The way that is shown first: the own port, else the shared port, else the one over TLS. */
  main: HostPort & { scheme: 'http' | 'https' }
  own: HostPort | null
  shared: HostPort | null
  tls: HostPort | null
  /** The host as it is shown: a name also where not every resolver knows it. */
  shownHost: string
}

/** reachOf tells how clients reach an endpoint. Where nothing is published its own port is told. */
export function reachOf({ subdomain, port }: NamedPlace, situation: Situation): Reach {
  const { published } = situation
  const host = hostOf(subdomain, situation)
  const at = (found: string, its: number | null) => (its === null ? null : { host: formatHost(found), port: its })
  const own = at(host, published.hasOwnPorts ? port : null)
  const shared = at(host, published.sharedPort)
  const tls = at(tlsHostOf(subdomain, host, situation), published.tlsPort)
  const clear = own ?? shared
  const main =
    clear === null && tls !== null
      ? { scheme: 'https' as const, ...tls }
      : { scheme: 'http' as const, ...(clear ?? { host: formatHost(host), port }) }
  const shownHost = isLocalName(host, situation) ? `${subdomain}.localhost` : formatHost(host)
  return { main, own, shared, tls, shownHost }
}

/**
 * describeReach tells which ways there are for all endpoints, their page, and the host that they have unless the admin sets one;
 * proxyN stands for the name of an endpoint.
 */
export function describeReach(situation: Situation) {
  const sample = { subdomain: 'proxyN', port: 1 }
  const reach = reachOf(sample, situation)
  return {
    has_own_ports: reach.own !== null,
    has_shared_port: reach.shared !== null,
    has_tls_port: reach.tls !== null,
    default_public_host: reachOf(sample, { ...situation, publicHost: null }).main.host,
    page_url: pageUrlOf(`proxyN.${situation.config.DOMAIN}`, situation, reach),
  }
}

/**
 * The host of the ways in clear. Not every resolver knows names under localhost: there, and where there is no domain, it is the
 * address that the listeners are bound to; where that is all of them, the host by which we were reached.
 */
function hostOf(name: string, { config, published, publicHost, reachedBy }: Situation): string {
  if (publicHost !== null) return publicHost
  if (isIP(config.DOMAIN) !== 0) return config.DOMAIN
  if (isPublicDomain(config.DOMAIN)) return `${name}.${config.DOMAIN}`
  const bound = published.hasOwnPorts ? config.PROXY_HOST : config.GATEWAY_HOST
  if (!isWildcardAddress(bound)) return bound
  return reachedBy === null || isLoopbackHost(reachedBy) ? '127.0.0.1' : reachedBy
}

/** Over TLS the certificate is for names, so a domain goes before an address that the admin has set. */
function tlsHostOf(name: string, host: string, situation: Situation): string {
  const { DOMAIN } = situation.config
  if (isPublicDomain(DOMAIN)) return `${name}.${DOMAIN}`
  return isLocalName(host, situation) ? `${name}.localhost` : host
}

function isLocalName(host: string, { config, publicHost }: Situation): boolean {
  return publicHost === null && config.DOMAIN === 'localhost' && isLoopbackHost(host)
}

/** At its own port the page of an endpoint needs no name, on the others it is found by that alone. */
function pageUrlOf(name: string, { config }: Situation, { own, shared, tls }: Reach): string | null {
  if (!isPublicDomain(config.DOMAIN)) return null
  if (config.PUBLIC_HTTPS) return `https://${name}/`
  if (own !== null) return null
  if (shared !== null) return `http://${name}${portSuffix(shared.port, 80)}/`
  return tls && `https://${name}${portSuffix(tls.port, 443)}/`
}

function portSuffix(port: number, usual: number): string {
  return port === usual ? '' : `:${port}`
}
