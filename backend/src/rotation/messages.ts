import { subdomainOf, type Endpoint, type JoinedProxy } from '../contract/index.ts'
import { secondsUntil, toMs } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { describeSeconds } from '../lib/time-text.ts'
import type { ProviderReply } from '../providers/provider.ts'

/** whatStays says what still works when a rotation did not come about. */
export function whatStays({ key, endpoint }: JoinedProxy, now: number): string {
  const name = subdomainOf(endpoint)
  if (key.remote_http === null) return `${name} has no upstream now.`
  const end = toMs(key.expiration_at)
  const stays = `${name} stays on ${key.remote_ip ?? key.remote_http}`
  return end === null ? `${stays}.` : `${stays} for another ${describeSeconds(secondsUntil(end, now))}.`
}

/** describeRelease says what came of giving an upstream back. */
export function describeRelease(endpoint: Endpoint, reply: ProviderReply): string {
  if (reply.kind === 'none') return `The upstream of ${subdomainOf(endpoint)} was given back.`
  return `The upstream was not given back. ${'message' in reply ? reply.message : 'The provider refused.'}`
}

/** cooldownProblem says how long the cooldown still runs. */
export function cooldownProblem(proxy: JoinedProxy, now: number, until: number): Problem {
  const seconds = secondsUntil(until, now)
  const message = `${subdomainOf(proxy.endpoint)} may be rotated again in ${describeSeconds(seconds)}. ${whatStays(proxy, now)}`
  return new Problem('rotation_cooldown', message, { retryAfterSeconds: seconds })
}
