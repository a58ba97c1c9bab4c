import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'

import type { ApiEnv } from './env.ts'

export const sessionCookie = 'session_id'
const deviceCookie = 'device_id'

const daySeconds = 24 * 60 * 60
/** The server ends a session by then at the latest. */
const sessionSeconds = 90 * daySeconds
/** Browsers keep a cookie no longer. */
const deviceSeconds = 400 * daySeconds

/** Over https a cookie has the name that only this very host can give it, and never goes over the network in clear. */
function optionsOf(isSecure: boolean, maxAge: number): CookieOptions {
  const usual = { httpOnly: true, sameSite: 'Strict', path: '/', maxAge } as const
  return isSecure ? { ...usual, secure: true, prefix: 'host' } : usual
}

/** setSignedIn gives the browser the cookies of a login, in place of those from before. */
export function setSignedIn(c: Context<ApiEnv>, signedIn: SignedInCookies, isSecure: boolean): void {
  const { sessionId, deviceId } = signedIn
  // One from a time without https would let the browser in again after it signed out.
  if (isSecure && getCookie(c, sessionCookie) !== undefined) deleteCookie(c, sessionCookie, { path: '/', secure: true })
  setCookie(c, sessionCookie, sessionId, optionsOf(isSecure, sessionSeconds))
  if (deviceId !== null) setCookie(c, deviceCookie, deviceId, optionsOf(isSecure, deviceSeconds))
}

interface SignedInCookies {
  sessionId: string
  /** Null for a program. */
  deviceId: string | null
}

/** forgetSession leaves the browser no session; it stays a known one. */
export function forgetSession(c: Context<ApiEnv>): void {
  deleteCookie(c, sessionCookie, { path: '/' })
  if (getCookie(c, sessionCookie, 'host') === undefined) return
  deleteCookie(c, sessionCookie, { path: '/', secure: true, prefix: 'host' })
}

/** sessionIdsOf are the sessions that the cookies name, the one that only this host can have set first. */
export function sessionIdsOf(c: Context<ApiEnv>): string[] {
  return [getCookie(c, sessionCookie, 'host'), getCookie(c, sessionCookie)].filter((id) => id !== undefined)
}

export function deviceIdOf(c: Context<ApiEnv>): string | undefined {
  return getCookie(c, deviceCookie, 'host') ?? getCookie(c, deviceCookie)
}
