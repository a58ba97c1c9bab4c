import type { ProxyKey } from '../contract/index.ts'
import { describeStay, type Stay } from '../happenings/wording/en.ts'
import { secondsUntil, toMs } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { describeSeconds } from '../lib/time-text.ts'

/** stayOf is what a key is left with when a rotation does not come about. */
export function stayOf({ subdomain, remote_ip, remote_http, expiration_at }: ProxyKey, now: number): Stay {
  const end = toMs(expiration_at)
  const seconds_left = end === null ? null : secondsUntil(end, now)
  return { endpoint: subdomain, old_ip: remote_ip, upstream: remote_http, seconds_left }
}

/** whatStays says what still works when a rotation did not come about. */
export function whatStays(key: ProxyKey, now: number): string {
  return describeStay(stayOf(key, now))
}

/** cooldownProblem says how long the cooldown still runs. */
export function cooldownProblem(key: ProxyKey, now: number, until: number): Problem {
  const seconds = secondsUntil(until, now)
  const message = `${key.subdomain} may be rotated again in ${describeSeconds(seconds)}. ${whatStays(key, now)}`
  return new Problem('rotation_cooldown', message, { retryAfterSeconds: seconds })
}
