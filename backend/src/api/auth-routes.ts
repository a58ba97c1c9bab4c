import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'

import type { Accounts } from '../auth/accounts.ts'
import type { Client } from '../auth/sessions.ts'
import { loginReply, loginRequest, meReply, passwordRequest } from '../contract/index.ts'
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

/** createLoginRoute is the one API route that needs no session. */
export function createLoginRoute(accounts: Accounts): Router {
  return createRouter().openapi(login, async (c) => {
    refuseForeignLogin(c.req.header('origin'), c.req.header('host'))
    const body = c.req.valid('json')
    const session_id = await accounts.login(body.username, body.password, clientOf(c))
    setCookie(c, sessionCookie, session_id, { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: cookieSeconds })
    return c.json({ session_id }, 200)
  })
}

export function createAuthRoutes(accounts: Accounts): Router {
  return createRouter()
    .openapi(logout, async (c) => {
      await accounts.logout(c.get('sessionId'), c.get('user'))
      deleteCookie(c, sessionCookie, { path: '/' })
      return c.body(null, 204)
    })
    .openapi(me, (c) => {
      const { id, username } = c.get('user')
      return c.json({ id, username }, 200)
    })
    .openapi(password, async (c) => {
      const { current_password, new_password } = c.req.valid('json')
      await accounts.changePassword(c.get('user'), current_password, new_password, c.get('sessionId'))
      return c.body(null, 204)
    })
}

function clientOf(c: Context<ApiEnv>): Client {
  return { address: c.get('clientAddress'), userAgent: c.req.header('user-agent') ?? '' }
}
