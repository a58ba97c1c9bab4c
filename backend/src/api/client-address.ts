import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { isIP } from 'node:net'

import { normalizeAddress } from '../lib/ip.ts'
import type { ApiEnv } from './env.ts'
import { originOf } from './origins.ts'

/**
 * createClientAddress tells where a request really comes from: X-Forwarded-For is believed from trusted proxies only, from its
 * end to the first address that is none of theirs.
 */
export function createClientAddress(isTrustedProxy: (address: string) => boolean): (c: Context<ApiEnv>) => string {
  return (c) => {
    // Requests made in memory, by tests, have no connection.
    if (!c.env.incoming) return 'in-memory'
    const known = originOf(c.env.incoming.socket)
    const peer = known?.clientAddress ?? normalizeAddress(getConnInfo(c).remote.address ?? '')
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => normalizeAddress(hop.trim()))
    let address = peer
    while (isTrustedProxy(address)) {
      const before = hops.pop()
      if (before === undefined || isIP(before) === 0) break
      address = before
    }
    return address
  }
}
