import type { Lease, Route } from '../table.ts'
import { failure, isUnreachable, type UpstreamFailure } from './failure.ts'

/** Changes of upstream that one piece of work follows before it gives up. */
const maxAttempts = 5

/** Tried is what became of the last attempt of a piece of work, and the how many-th it was. */
export interface Tried {
  readonly leaseId: string
  readonly failure: UpstreamFailure
  readonly attempts: number
}

/** Decision is where a piece of work goes next: to this lease, into the waiting room (barred for `failure` when it has waited in vain), or away. */
export type Decision =
  | { readonly kind: 'go'; readonly lease: Lease }
  | { readonly kind: 'wait'; readonly failure: UpstreamFailure }
  | { readonly kind: 'bar'; readonly failure: UpstreamFailure }

/**
 * nextUpstream decides for work of which nothing was sent yet. It goes to the lease that the key holds now; after a failure to
 * another one at once, or to the next where a rotation is under way. It waits only where an upstream can be expected.
 */
export function nextUpstream(route: Route, lease: Lease | null, tried: Tried | null): Decision {
  if (tried !== null && tried.attempts >= maxAttempts) return { kind: 'bar', failure: tried.failure }
  const isOther = tried === null || lease?.leaseId !== tried.leaseId
  if (isOther) return lease === null ? waitOrBar(route, missing(route)) : { kind: 'go', lease }
  if (!isUnreachable(tried.failure)) return { kind: 'bar', failure: tried.failure }
  return route.isRotating ? waitOrBar(route, tried.failure) : { kind: 'bar', failure: tried.failure }
}

function waitOrBar({ isRotating, isExpected }: Route, reason: UpstreamFailure): Decision {
  return { kind: isRotating || isExpected ? 'wait' : 'bar', failure: reason }
}

function missing({ name, upstream }: Route): UpstreamFailure {
  const { message, retryAfterSeconds } = upstream.kind === 'missing' ? upstream : ended
  const advice = retryAfterSeconds === null ? '' : ` Try again in ${retryAfterSeconds} s.`
  return failure('missing', 503, `${name}: ${message}${advice}`, retryAfterSeconds)
}

/** What holds for a lease that is over while the table still names it. */
const ended = { message: 'its upstream has ended and there is no new one yet.', retryAfterSeconds: 10 }
