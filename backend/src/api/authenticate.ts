import type { Context, MiddlewareHandler } from 'hono'

import type { Principal, Principals } from '../auth/principal.ts'
import type { Scope } from '../contract/index.ts'
import { Problem } from '../lib/problem.ts'
import { sessionIdsOf } from './cookies.ts'
import type { ApiEnv } from './env.ts'
import { originOf } from './origins.ts'
import { refuseForeignWrite } from './same-origin.ts'

/**
 * authenticate lets only requests with a living session through: `Authorization: Bearer <session_id>` or the cookie. A
 * browser sends the cookie by itself, so with it a write must come from our own pages. The connection is then no stranger's.
 */
export function authenticate(principals: Principals): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { bearer, principal } = readPrincipal(c, principals)
    if (!principal) throw new Problem('not_authenticated', 'Sign in first: POST /api/auth/login gives a session.')
    if (bearer === undefined) refuseForeignWrite(c.req, c.get('scheme'))
    originOf(c.env.incoming?.socket)?.admit()
    c.set('principal', principal)
    await next()
  }
}

/** requireScope lets only a principal with this scope through, behind `authenticate`. */
export function requireScope(scope: Scope): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { name, scopes } = c.get('principal')
    if (!scopes.has(scope)) throw new Problem('scope_missing', `This needs the scope ${scope}, which ${name} has not.`)
    await next()
  }
}

/** isSignedIn tells whether a request has a living session, for routes that are open to all and tell strangers less. */
export function isSignedIn(c: Context<ApiEnv>, principals: Principals): boolean {
  return readPrincipal(c, principals).principal !== undefined
}

/** Who asks, where the session is a living one; `bearer` is what was sent as such, good or bad. */
function readPrincipal(
  c: Context<ApiEnv>,
  principals: Principals,
): { bearer: string | undefined; principal: Principal | undefined } {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const credentials = bearer === undefined ? sessionIdsOf(c) : [bearer]
  const address = c.get('clientAddress')
  for (const credential of credentials) {
    const principal = principals.find(credential, address)
    if (principal) return { bearer, principal }
  }
  return { bearer, principal: undefined }
}
