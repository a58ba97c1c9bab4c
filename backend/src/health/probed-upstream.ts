import type { ProxyKey } from '../contract/index.ts'
import { splitHostPort } from '../lib/host-port.ts'

/** ProbedUpstream is a proxy to make a request through, and what is spoken to it. */
export interface ProbedUpstream {
  readonly protocol: 'http' | 'https' | 'socks5'
  readonly host: string
  readonly port: number
  readonly credentials: { readonly username: string; readonly password: string } | null
}

/** probedUpstream is the upstream of a key by the way that its clients take; null where there is none. */
export function probedUpstream(key: ProxyKey): ProbedUpstream | null {
  const address = probedAddress(key)
  return address === null ? null : { protocol: key.upstream_protocol, ...splitHostPort(address), credentials: null }
}

/** probedAddress is where that is, host:port. */
export function probedAddress({ upstream_protocol, remote_http, remote_socks5 }: ProxyKey): string | null {
  return upstream_protocol === 'socks5' ? remote_socks5 : remote_http
}
