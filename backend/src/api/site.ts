import { Hono } from 'hono'

import { hostNameOf, labelUnder } from '../lib/host-name.ts'
import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import type { Endpoints } from './endpoint-page.ts'
import type { ApiEnv } from './env.ts'
import { originOf } from './origins.ts'
import type { Router } from './router.ts'
import type { SiteRefusals } from './site-refusals.ts'

interface SiteParts {
  api: Router
  endpoints: Endpoints
  domain: string
  isOwnHost: (hostName: string) => boolean
  /** People are led to https, by the names under the domain. */
  isHttpsPublic: boolean
  log: Log
  refusals: SiteRefusals
}

/**
 * createSite serves what comes to the shared ports and is no proxy request: `app.DOMAIN`, the domain itself, bare addresses and
 * the names that the admin allows are the API and its pages, `proxyN.DOMAIN` the page of that endpoint. Any other name learns nothing.
 */
export function createSite({
  api,
  endpoints,
  domain,
  isOwnHost,
  isHttpsPublic,
  log,
  refusals,
}: SiteParts): Hono<ApiEnv> {
  const site = new Hono<ApiEnv>()
  site.onError((error, c) => {
    const facts = { method: c.req.method, path: c.req.path, reason: messageOf(error) }
    // Who has gone needs no answer, and is no news.
    if (c.req.raw.signal.aborted) log.debug(facts, 'a request was broken off')
    else log.error({ ...facts, stack: error.stack }, 'a request failed')
    return c.text('Something went wrong here. The log has the reason.\n', 500)
  })
  site.get('/.well-known/acme-challenge/*', (c) =>
    c.text(
      'HTTP-01 does not work here: port 80 belongs to the proxy. Use TLS-ALPN-01 or DNS-01 (a wildcard certificate needs DNS-01).\n',
      404,
    ),
  )
  site.all('*', async (c) => {
    const origin = originOf(c.env.incoming?.socket)
    const host = hostNameOf(c.req.header('host') ?? '')
    const label = origin?.endpoint ?? labelUnder(domain, host)
    const isShared = (origin?.endpoint ?? null) === null
    // An endpoint's own port shows that endpoint alone, under whatever name it was found.
    const isApp = isShared && isOwnHost(host)
    const isEndpoint = label !== null && endpoints.has(label, host)
    if (!isApp && !isEndpoint) {
      refusals.count('unknown_name')
      return c.text('Nothing is found here.\n', 404)
    }
    const name = isApp ? `app.${domain}` : `${label}.${domain}`
    // On its own port an endpoint is found under other names too: there https would be another site.
    const isLed = isHttpsPublic && (isApp || name === host)
    if (isLed && origin?.isSecure === false) {
      const { pathname, search } = new URL(c.req.url)
      return c.redirect(`https://${name}${pathname}${search}`, 308)
    }
    return isApp ? await api.fetch(c.req.raw, c.env) : await endpoints.answer(c, label ?? '')
  })
  return site
}
