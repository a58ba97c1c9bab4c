import type { KeyRefusal, ProblemCode, ProxyKey } from '../contract/index.ts'
import type { ProviderReply, Upstream } from '../providers/provider.ts'
import {
  cooldownEnd,
  hasEnded,
  isSameLease,
  shiftTime,
  toUpstreamFields,
  type LentFields,
  type UpstreamFields,
} from './lease.ts'

/** Held is what tells whether a reply is about the upstream that a key holds. */
export interface Held extends Pick<ProxyKey, 'remote_http' | 'remote_ip' | 'expiration_at'> {
  /** How much too late its end may be, in milliseconds. */
  readonly lateMs: number
}

/** nothingHeld is what a key holds before its first upstream. */
export const nothingHeld: Held = { remote_http: null, remote_ip: null, expiration_at: null, lateMs: 0 }

/** Retry says why a call gave no upstream, where it is worth another; `waitMs` is what the provider asks for, at least. */
export interface Retry {
  readonly kind: 'retry'
  readonly cause: 'none' | 'ended' | 'out_of_stock' | 'unavailable'
  readonly message: string
  readonly waitMs: number | null
}

/** Refusal is the provider's final word against a key. */
export interface Refusal {
  readonly kind: 'refuse'
  readonly code: KeyRefusal['code']
  readonly message: string
}

/** Decision is what follows from a provider's reply for the key that it is about. */
export type Decision =
  /** Another upstream than the held one is the key's from now on. */
  | { readonly kind: 'adopt'; readonly fields: LentFields }
  /** The key still has what it holds, even if that is over; a new one, where that was asked for, not before `until`. */
  | { readonly kind: 'confirm'; readonly fields: UpstreamFields; readonly until: string; readonly isOver: boolean }
  /** No new upstream before `until`. */
  | { readonly kind: 'wait'; readonly until: string }
  | Refusal
  | Retry

/** retryProblems are how a Retry is told to who asked. */
export const retryProblems = {
  none: 'provider_unavailable',
  ended: 'provider_unavailable',
  out_of_stock: 'provider_out_of_stock',
  unavailable: 'provider_unavailable',
} as const satisfies Record<Retry['cause'], ProblemCode>

/** endedAlready is for an upstream that is over when it comes. */
export const endedAlready = retry('ended', 'The provider gave an upstream that has already ended.')

/** decide tells what follows from a reply, at a time in milliseconds since the epoch, for a key that holds this. */
export function decide(held: Held, reply: ProviderReply, now: number): Decision {
  switch (reply.kind) {
    case 'upstream':
      return decideUpstream(held, reply.upstream, now)
    case 'cooldown':
      return { kind: 'wait', until: cooldownEnd(now, reply.retryAfterMs) }
    case 'key_rejected':
      return { kind: 'refuse', code: reply.code, message: reply.message }
    case 'none':
      return retry('none', 'The provider gave no upstream.')
    case 'out_of_stock':
      return retry('out_of_stock', reply.message)
    case 'unavailable':
      return retry('unavailable', reply.message, reply.retryAfterMs)
    default:
      return reply satisfies never
  }
}

/** isUnclear tells that nobody knows what the provider did. */
export function isUnclear(decision: Decision): boolean {
  return decision.kind === 'retry' && decision.cause === 'unavailable'
}

function decideUpstream(held: Held, upstream: Upstream, now: number): Decision {
  const isOver = hasEnded(upstream, now)
  const fields = toUpstreamFields(upstream)
  if (!isHeld(held, upstream)) return isOver ? endedAlready : { kind: 'adopt', fields }
  const { nextRotationAt } = upstream
  const until = cooldownEnd(now, nextRotationAt === null ? null : nextRotationAt - now)
  return { kind: 'confirm', fields, until, isOver }
}

/** Whichever of its two ends is the right one. */
function isHeld(held: Held, upstream: Upstream): boolean {
  const expiration_at = shiftTime(held.expiration_at, -held.lateMs)
  return isSameLease(held, upstream) || isSameLease({ ...held, expiration_at }, upstream)
}

function retry(cause: Retry['cause'], message: string, waitMs: number | null = null): Retry {
  return { kind: 'retry', cause, message, waitMs }
}
