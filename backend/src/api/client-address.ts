import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { isIP } from 'node:net'

import { normalizeAddress } from '../lib/ip.ts'
import type { ApiEnv, Scheme } from './env.ts'
import { originOf } from './origins.ts'

/**
 * createClientAddress tells where a request really comes from: X-Forwarded-For is believed from trusted proxies only, from its
 * end to the first address that is none of theirs.
 */
export function createClientAddress(isTrustedProxy: (address: string) => boolean): (c: Context<ApiEnv>) => string {
  return (c) => {
    // Requests made in memory, by tests, have no connection.
    if (!c.env.incoming) return 'in-memory'
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => normalizeAddress(hop.trim()))
    let address = peerOf(c)
    while (isTrustedProxy(address)) {
      const before = hops.pop()
      if (before === undefined || isIP(before) === 0) break
      address = before
    }
    return address
  }
}

/**
 * createClientScheme tells how the client reached us: over TLS of our own, or as a trusted proxy says. Null where nobody knows,
 * since a proxy that is not trusted may stand in front.
 */
export function createClientScheme(
  isTrustedProxy: (address: string) => boolean,
): (c: Context<ApiEnv>) => Scheme | null {
  return (c) => {
    if (!c.env.incoming) return null
    if (originOf(c.env.incoming.socket)?.isSecure === true) return 'https'
    if (!isTrustedProxy(peerOf(c))) return null
    const said = (c.req.header('x-forwarded-proto') ?? '').split(',').at(-1)?.trim().toLowerCase()
    return said === 'https' || said === 'http' ? said : null
  }
}

function peerOf(c: Context<ApiEnv>): string {
  const known = originOf(c.env.incoming?.socket)
  return known?.clientAddress ?? normalizeAddress(getConnInfo(c).remote.address ?? '')
}
