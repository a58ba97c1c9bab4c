import { isIP } from 'node:net'

import type { MiddlewareHandler } from 'hono'

import { hostNameOf } from '../lib/host-name.ts'
import type { ApiEnv } from './env.ts'

const yearSeconds = 365 * 24 * 60 * 60

/**
 * keepToHttps tells a browser that came over https to come no other way for a year (HSTS, RFC 6797). Without its sub-domains, where
 * endpoints have ports in clear; and not for localhost, which other programs share.
 */
export function keepToHttps(): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    await next()
    if (c.get('scheme') !== 'https') return
    const host = hostNameOf(c.req.header('host') ?? '')
    const isShared = host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0
    if (!isShared) c.header('Strict-Transport-Security', `max-age=${yearSeconds}`)
  }
}
