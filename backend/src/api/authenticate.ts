import type { Context, MiddlewareHandler } from 'hono'

import type { Sessions } from '../auth/sessions.ts'
import { Problem } from '../lib/problem.ts'
import { sessionIdsOf } from './cookies.ts'
import type { ApiEnv } from './env.ts'
import { originOf } from './origins.ts'
import { refuseForeignWrite } from './same-origin.ts'

/**
 * authenticate lets only requests with a living session through: `Authorization: Bearer <session_id>` or the cookie. A
 * browser sends the cookie by itself, so with it a write must come from our own pages. The connection is then no stranger's.
 */
export function authenticate(sessions: Sessions): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { bearer, sessionId } = readSession(c, sessions)
    const user = sessionId === undefined ? undefined : sessions.find(sessionId)
    if (sessionId === undefined || !user) {
      throw new Problem('not_authenticated', 'Sign in first: POST /api/auth/login gives a session.')
    }
    if (bearer === undefined) refuseForeignWrite(c.req, c.get('scheme'))
    originOf(c.env.incoming?.socket)?.admit()
    c.set('user', user)
    c.set('sessionId', sessionId)
    await next()
  }
}

/** isSignedIn tells whether a request has a living session, for routes that are open to all and tell strangers less. */
export function isSignedIn(c: Context<ApiEnv>, sessions: Pick<Sessions, 'find'>): boolean {
  return readSession(c, sessions).sessionId !== undefined
}

/** The session of a request, where it is a living one; `bearer` is what was sent as such, good or bad. */
function readSession(
  c: Context<ApiEnv>,
  sessions: Pick<Sessions, 'find'>,
): { bearer: string | undefined; sessionId: string | undefined } {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const ids = bearer === undefined ? sessionIdsOf(c) : [bearer]
  return { bearer, sessionId: ids.find((id) => sessions.find(id) !== undefined) }
}
