import { isIP } from 'node:net'

import type { MiddlewareHandler } from 'hono'

import { hostNameOf } from '../lib/host-name.ts'
import { Problem } from '../lib/problem.ts'
import type { ApiEnv } from './env.ts'

const advice =
  'Open Stillpoint by its address, as localhost, as DOMAIN or as app.DOMAIN, or add this name to ALLOWED_HOSTS in its environment and start it again.'

/**
 * createOwnHosts tells whether the API is meant by a host name: an address, `localhost`, the domain, `app.DOMAIN` and the names
 * that the admin allows.
 */
export function createOwnHosts(domain: string, allowedHosts: readonly string[]): (hostName: string) => boolean {
  const names = new Set(['localhost', domain, `app.${domain}`, ...allowedHosts])
  return (hostName) => isIP(hostName) !== 0 || names.has(hostName)
}

/**
 * refuseForeignHost lets only requests for names of our own through: with a name that leads here, a page of somebody else would be
 * of the same origin as we are (DNS rebinding).
 */
export function refuseForeignHost(isOwnHost: (hostName: string) => boolean): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const host = c.req.header('host')
    // Browsers always send it.
    if (host === undefined || isOwnHost(hostNameOf(host))) return await next()
    throw new Problem('unknown_host', `Stillpoint does not go by the name ${JSON.stringify(host)}. ${advice}`)
  }
}
