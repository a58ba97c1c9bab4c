import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'

import type { Accounts, Visitor } from '../auth/accounts.ts'
import type { Sessions } from '../auth/sessions.ts'
import { loginReply, loginRequest, meReply, passwordRequest, sessionView } from '../contract/index.ts'
import { actorOf } from './actor.ts'
import { deviceIdOf, forgetSession, setSignedIn } from './cookies.ts'
import type { ApiEnv } from './env.ts'
import { createRouter, failures, json, jsonBody, route, type Router } from './router.ts'
import { refuseForeignLogin } from './same-origin.ts'

const tags = ['Sign in']

const login = route('public', {
  operationId: 'login',
  method: 'post',
  path: '/auth/login',
  tags,
  summary: 'Sign in',
  request: { body: jsonBody(loginRequest) },
  responses: {
    200: json(
      loginReply,
      'The session, also set as the HttpOnly cookie `session_id` (over https `__Host-session_id`).',
    ),
    ...failures({
      401: 'User name or password is wrong',
      403: 'The page of another site',
      429: 'Too many failed logins, or too many at once',
    }),
  },
})

const logout = route('admin', {
  operationId: 'logout',
  method: 'post',
  path: '/auth/logout',
  tags,
  summary: 'End this session',
  responses: { 204: { description: 'Signed out' } },
})

const me = route('read', {
  operationId: 'getMe',
  method: 'get',
  path: '/auth/me',
  tags,
  summary: 'Who is signed in',
  responses: { 200: json(meReply, 'The user') },
})

const password = route('admin', {
  operationId: 'changePassword',
  method: 'post',
  path: '/auth/password',
  tags,
  summary: 'Change the password',
  description: 'Ends every other session of the user.',
  request: { body: jsonBody(passwordRequest) },
  responses: {
    204: { description: 'Changed' },
    ...failures({ 401: 'The current password is wrong', 429: 'Too many failed attempts' }),
  },
})

const listSessions = route('admin', {
  operationId: 'listSessions',
  method: 'get',
  path: '/auth/sessions',
  tags,
  summary: 'Where the user is signed in',
  responses: { 200: json(z.array(sessionView), 'This session first') },
})

const endSession = route('admin', {
  operationId: 'endSession',
  method: 'delete',
  path: '/auth/sessions/{id}',
  tags,
  summary: 'End a session',
  request: { params: z.object({ id: z.string().meta({ param: { name: 'id', in: 'path' } }) }) },
  responses: { 204: { description: 'Ended' }, ...failures({ 404: 'No such session' }) },
})

/** createLoginRoute is the one API route that needs no session. */
export function createLoginRoute(accounts: Accounts): Router {
  return createRouter().openapi(login, async (c) => {
    refuseForeignLogin(c.req, c.get('scheme'))
    const body = c.req.valid('json')
    const granted = await accounts.login(body.username, body.password, visitorOf(c))
    setSignedIn(c, granted, isHttps(c))
    return c.json({ session_id: granted.sessionId }, 200)
  })
}

export function createAuthRoutes(accounts: Accounts, sessions: Sessions): Router {
  return createRouter()
    .openapi(logout, async (c) => {
      await accounts.logout(c.get('principal').sessionId, actorOf(c))
      forgetSession(c)
      return c.body(null, 204)
    })
    .openapi(me, (c) => {
      const { id, username, has_generated_password } = c.get('principal').user
      return c.json({ id, username, has_generated_password }, 200)
    })
    .openapi(listSessions, (c) => {
      const { sessionId, user } = c.get('principal')
      return c.json(sessions.list(user, sessionId), 200)
    })
    .openapi(endSession, async (c) => {
      await sessions.revoke(c.get('principal').user, c.req.valid('param').id)
      return c.body(null, 204)
    })
    .openapi(password, async (c) => {
      const { current_password, new_password } = c.req.valid('json')
      const { sessionId, user } = c.get('principal')
      const change = {
        current: current_password,
        next: new_password,
        sessionId,
        deviceId: deviceIdOf(c),
        signal: c.req.raw.signal,
      }
      await accounts.changePassword(user, change, actorOf(c))
      return c.body(null, 204)
    })
}

/**
 * Whether the page that signs in came over https: its Origin, which was checked, knows also what stands before this process and is
 * not trusted.
 */
function isHttps(c: Context<ApiEnv>): boolean {
  return c.get('scheme') === 'https' || c.req.header('origin')?.startsWith('https://') === true
}

function visitorOf(c: Context<ApiEnv>): Visitor {
  return {
    address: c.get('clientAddress'),
    userAgent: c.req.header('user-agent') ?? '',
    deviceId: deviceIdOf(c),
    isBrowser: c.req.header('origin') !== undefined,
    signal: c.req.raw.signal,
  }
}
