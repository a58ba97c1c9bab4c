import { namesOf, subdomainOf, type JoinedProxy, type ProxyKey } from '../contract/index.ts'
import { describeStay, type Stay } from '../happenings/wording/en.ts'
import { secondsUntil, toMs } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { describeSeconds } from '../lib/time-text.ts'
import type { ProviderReply } from '../providers/provider.ts'
import type { LentFields } from './lease.ts'

/** stayOf is what a key is left with when a rotation does not come about. */
export function stayOf({ key, endpoint }: JoinedProxy, now: number): Stay {
  const { remote_ip, remote_http, expiration_at } = key
  const end = toMs(expiration_at)
  const seconds_left = end === null ? null : secondsUntil(end, now)
  return { endpoint: subdomainOf(endpoint), old_ip: remote_ip, upstream: remote_http, seconds_left }
}

/** whatStays says what still works when a rotation did not come about. */
export function whatStays(proxy: JoinedProxy, now: number): string {
  return describeStay(stayOf(proxy, now))
}

/** cooldownProblem says how long the cooldown still runs. */
export function cooldownProblem(proxy: JoinedProxy, now: number, until: number): Problem {
  const seconds = secondsUntil(until, now)
  const message = `${subdomainOf(proxy.endpoint)} may be rotated again in ${describeSeconds(seconds)}. ${whatStays(proxy, now)}`
  return new Problem('rotation_cooldown', message, { retryAfterSeconds: seconds })
}

/** movesOf tells from where to where an upstream was changed. */
export function movesOf(key: ProxyKey, { remote_ip, remote_http }: LentFields) {
  return { old_ip: key.remote_ip, new_ip: remote_ip, upstream: remote_http }
}

/** whatCameOfRelease is what happened when an upstream was given back. */
export function whatCameOfRelease({ key, endpoint }: JoinedProxy, reply: ProviderReply) {
  const facts = { ...namesOf(endpoint), old_ip: key.remote_ip }
  if (reply.kind === 'none') return { kind: 'upstream_released', facts } as const
  return { kind: 'release_failed', facts: { ...facts, detail: 'message' in reply ? reply.message : null } } as const
}
