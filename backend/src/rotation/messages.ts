import type { ProxyKey } from '../contract/index.ts'
import { secondsUntil, toMs } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { describeSeconds } from '../lib/time-text.ts'
import type { ProviderReply } from '../providers/provider.ts'

/** whatStays says what still works when a rotation did not come about. */
export function whatStays(key: ProxyKey, now: number): string {
  if (key.remote_http === null) return `${key.subdomain} has no upstream now.`
  const end = toMs(key.expiration_at)
  const stays = `${key.subdomain} stays on ${key.remote_ip ?? key.remote_http}`
  return end === null ? `${stays}.` : `${stays} for another ${describeSeconds(secondsUntil(end, now))}.`
}

/** describeRelease says what came of giving an upstream back. */
export function describeRelease({ subdomain }: ProxyKey, reply: ProviderReply): string {
  if (reply.kind === 'none') return `The upstream of ${subdomain} was given back.`
  return `The upstream was not given back. ${'message' in reply ? reply.message : 'The provider refused.'}`
}

/** cooldownProblem says how long the cooldown still runs. */
export function cooldownProblem(key: ProxyKey, now: number, until: number): Problem {
  const seconds = secondsUntil(until, now)
  const message = `${key.subdomain} may be rotated again in ${describeSeconds(seconds)}. ${whatStays(key, now)}`
  return new Problem('rotation_cooldown', message, { retryAfterSeconds: seconds })
}
