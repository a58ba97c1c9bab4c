import type { HonoRequest } from 'hono'

import { Problem } from '../lib/problem.ts'
import type { Scheme } from './env.ts'

const advice =
  'A reverse proxy in front must hand on the Host of the browser (nginx: proxy_set_header Host $http_host).'

/** Sender is whose page sends a request: programs, and browsers for a plain visit, do not say. */
type Sender = 'own' | 'foreign' | 'unsaid'

/**
 * senderOf believes Sec-Fetch-Site, which a page can't forge and which holds whatever a reverse proxy made of the Host; else the
 * Origin must name this host, by the scheme that the client used where that is known.
 */
function senderOf(request: HonoRequest, scheme: Scheme | null): Sender {
  const site = request.header('sec-fetch-site')
  if (site === 'same-origin') return 'own'
  if (site === 'cross-site' || site === 'same-site') return 'foreign'
  const origin = request.header('origin')
  if (origin === undefined) return 'unsaid'
  return isOwnOrigin(origin, request.header('host'), scheme) ? 'own' : 'foreign'
}

/** The origin of a page that hides where it comes from is `null`: nobody's. */
function isOwnOrigin(origin: string, host: string | undefined, scheme: Scheme | null): boolean {
  const page = URL.parse(origin)
  if (page === null || host === undefined || !['http:', 'https:'].includes(page.protocol)) return false
  if (scheme !== null && page.protocol !== `${scheme}:`) return false
  return URL.parse(`${page.protocol}//${host}`)?.host === page.host
}

/** refuseForeignWrite keeps the pages of others from changing anything with the cookie of a visitor. */
export function refuseForeignWrite(request: HonoRequest, scheme: Scheme | null): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  if (senderOf(request, scheme) === 'own') return
  throw new Problem(
    'cross_origin',
    `With the session cookie a change must come from the same origin. ${advice} Programs send the session as Authorization: Bearer.`,
  )
}

/** refuseForeignLogin keeps another site from signing its visitors in here. */
export function refuseForeignLogin(request: HonoRequest, scheme: Scheme | null): void {
  if (senderOf(request, scheme) !== 'foreign') return
  throw new Problem('cross_origin', `A login must come from the same origin. ${advice}`)
}

/** isCrossSite tells whether a browser sends this for a page of somebody else. Programs do not say. */
export function isCrossSite(request: HonoRequest, scheme: Scheme | null): boolean {
  return senderOf(request, scheme) === 'foreign'
}
