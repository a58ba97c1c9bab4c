import type { Context, HonoRequest, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'

import type { Sessions } from '../auth/sessions.ts'
import { Problem } from '../lib/problem.ts'
import type { ApiEnv } from './env.ts'
import { originOf } from './origins.ts'

export const sessionCookie = 'session_id'

/**
 * authenticate lets only requests with a living session through: `Authorization: Bearer <session_id>` or the cookie. A
 * browser sends the cookie by itself, so with it a write must come from our own pages: its Origin must name this host. The
 * connection is then no stranger's.
 */
export function authenticate(sessions: Sessions): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { bearer, sessionId } = readSession(c)
    const user = sessionId === undefined ? undefined : sessions.find(sessionId)
    if (sessionId === undefined || !user) {
      throw new Problem('not_authenticated', 'Sign in first: POST /api/auth/login gives a session.')
    }
    if (bearer === undefined) refuseForeignWrite(c.req.method, c.req.header('origin'), c.req.header('host'))
    originOf(c.env.incoming?.socket)?.admit()
    c.set('user', user)
    c.set('sessionId', sessionId)
    await next()
  }
}

/** isSignedIn tells whether a request has a living session, for routes that are open to all and tell strangers less. */
export function isSignedIn(c: Context<ApiEnv>, sessions: Pick<Sessions, 'find'>): boolean {
  const { sessionId } = readSession(c)
  return sessionId !== undefined && sessions.find(sessionId) !== undefined
}

function readSession(c: Context<ApiEnv>): { bearer: string | undefined; sessionId: string | undefined } {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  return { bearer, sessionId: bearer ?? getCookie(c, sessionCookie) }
}

function refuseForeignWrite(method: string, origin: string | undefined, host: string | undefined): void {
  if (method === 'GET' || method === 'HEAD') return
  if (origin !== undefined && isSameHost(origin, host)) return
  throw new Problem(
    'cross_origin',
    'With the session cookie a change must come from the same origin. Programs send the session as Authorization: Bearer.',
  )
}

/** refuseForeignLogin keeps another site from signing its visitors in here. */
export function refuseForeignLogin(origin: string | undefined, host: string | undefined): void {
  if (origin === undefined || isSameHost(origin, host)) return
  throw new Problem('cross_origin', 'A login must come from the same origin.')
}

/** isCrossSite tells whether a browser sends this for a page of somebody else. Programs send neither of the two fields. */
export function isCrossSite(request: HonoRequest): boolean {
  const origin = request.header('origin')
  if (origin !== undefined && !isSameHost(origin, request.header('host'))) return true
  return request.header('sec-fetch-site') === 'cross-site'
}

/** The origin of a page that hides where it comes from is `null`: nobody's host. */
function isSameHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.parse(origin)?.host === host.toLowerCase()
}
