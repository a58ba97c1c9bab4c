import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'

import type { Accounts } from '../auth/accounts.ts'
import type { Client, Sessions } from '../auth/sessions.ts'
import { loginReply, loginRequest, meReply, passwordRequest, sessionView } from '../contract/index.ts'
import { refuseForeignLogin, sessionCookie } from './authenticate.ts'
import type { ApiEnv } from './env.ts'
import { createRouter, failures, json, jsonBody, signedIn, type Router } from './router.ts'

/** Browsers keep a cookie 400 days at most; the server ends the session earlier, after 30 days without use. */
const cookieSeconds = 400 * 24 * 60 * 60
const tags = ['Sign in']

const login = createRoute({
  method: 'post',
  path: '/auth/login',
  tags,
  summary: 'Sign in',
  request: { body: jsonBody(loginRequest) },
  responses: {
    200: json(loginReply, 'The session, also set as the HttpOnly cookie `session_id`.'),
    ...failures({ 400: 'Bad input', 401: 'User name or password is wrong', 429: 'Too many failed logins' }),
  },
})

const logout = createRoute({
  method: 'post',
  path: '/auth/logout',
  tags,
  summary: 'End this session',
  security: signedIn,
  responses: { 204: { description: 'Signed out' }, ...failures({ 401: 'Not signed in' }) },
})

const me = createRoute({
  method: 'get',
  path: '/auth/me',
  tags,
  summary: 'Who is signed in',
  security: signedIn,
  responses: { 200: json(meReply, 'The user'), ...failures({ 401: 'Not signed in' }) },
})

const password = createRoute({
  method: 'post',
  path: '/auth/password',
  tags,
  summary: 'Change the password',
  description: 'Ends every other session of the user.',
  security: signedIn,
  request: { body: jsonBody(passwordRequest) },
  responses: {
    204: { description: 'Changed' },
    ...failures({ 400: 'Bad input', 401: 'The current password is wrong', 429: 'Too many failed attempts' }),
  },
})

const listSessions = createRoute({
  method: 'get',
  path: '/auth/sessions',
  tags,
  summary: 'Where the user is signed in',
  security: signedIn,
  responses: { 200: json(z.array(sessionView), 'This session first'), ...failures({ 401: 'Not signed in' }) },
})

const endSession = createRoute({
  method: 'delete',
  path: '/auth/sessions/{id}',
  tags,
  summary: 'End a session',
  security: signedIn,
  request: { params: z.object({ id: z.string().meta({ param: { name: 'id', in: 'path' } }) }) },
  responses: { 204: { description: 'Ended' }, ...failures({ 401: 'Not signed in', 404: 'No such session' }) },
})

/** createLoginRoute is the one API route that needs no session. */
export function createLoginRoute(accounts: Accounts): Router {
  return createRouter().openapi(login, async (c) => {
    refuseForeignLogin(c.req.header('origin'), c.req.header('host'))
    const body = c.req.valid('json')
    const session_id = await accounts.login(body.username, body.password, clientOf(c))
    setCookie(c, sessionCookie, session_id, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: cookieSeconds,
      // Then it never goes over the network in clear.
      secure: isHttps(c.req.header('origin')),
    })
    return c.json({ session_id }, 200)
  })
}

export function createAuthRoutes(accounts: Accounts, sessions: Sessions): Router {
  return createRouter()
    .openapi(logout, async (c) => {
      await accounts.logout(c.get('sessionId'), c.get('user'))
      deleteCookie(c, sessionCookie, { path: '/' })
      return c.body(null, 204)
    })
    .openapi(me, (c) => {
      const { id, username, has_generated_password } = c.get('user')
      return c.json({ id, username, has_generated_password }, 200)
    })
    .openapi(listSessions, (c) => c.json(sessions.list(c.get('user'), c.get('sessionId')), 200))
    .openapi(endSession, async (c) => {
      await sessions.revoke(c.get('user'), c.req.valid('param').id)
      return c.body(null, 204)
    })
    .openapi(password, async (c) => {
      const { current_password, new_password } = c.req.valid('json')
      await accounts.changePassword(c.get('user'), current_password, new_password, c.get('sessionId'))
      return c.body(null, 204)
    })
}

/** Whether the page that signs in came over https, through whatever stands before this process; its Origin was checked. */
function isHttps(origin: string | undefined): boolean {
  return origin?.startsWith('https://') === true
}

function clientOf(c: Context<ApiEnv>): Client {
  return { address: c.get('clientAddress'), userAgent: c.req.header('user-agent') ?? '' }
}
