import type { MiddlewareHandler } from 'hono'

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
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const ids = bearer === undefined ? sessionIdsOf(c) : [bearer]
    const sessionId = ids.find((id) => sessions.find(id) !== undefined)
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
