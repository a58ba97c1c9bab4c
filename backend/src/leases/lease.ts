import { randomUUID } from 'node:crypto'

import type { ProxyKey } from '../contract/index.ts'
import { toMs, toTimestamp } from '../lib/clock.ts'
import type { Upstream } from '../providers/provider.ts'

/** What a cooldown lasts when the provider does not say. */
const defaultCooldownMs = 30_000
/** Whatever the provider says, it is not asked more often than this after a refusal, nor forgotten for longer. */
const minCooldownMs = 5_000
const maxCooldownMs = 60 * 60_000

/** Two replies about one upstream may put its end this far apart: clocks and networks wobble. */
const endToleranceMs = 15_000

/** UpstreamFields are the fields of a key that tell of its upstream. */
export type UpstreamFields = Pick<
  ProxyKey,
  'remote_http' | 'remote_socks5' | 'remote_ip' | 'location' | 'expiration_at' | 'next_request_at' | 'ttl' | 'ttc'
>

/** LentFields are those of an upstream that is there. */
export type LentFields = UpstreamFields & { remote_http: string }

/** LeaseFields are the same with the id of the lease. */
export type LeaseFields = UpstreamFields & Pick<ProxyKey, 'lease_id'>

/** noUpstream is what a key holds before its first upstream. */
export const noUpstream: LeaseFields = {
  remote_http: null,
  remote_socks5: null,
  remote_ip: null,
  location: null,
  expiration_at: null,
  next_request_at: null,
  ttl: null,
  ttc: null,
  lease_id: null,
}

export function toUpstreamFields(upstream: Upstream): LentFields {
  return {
    remote_http: upstream.http,
    remote_socks5: upstream.socks5,
    remote_ip: upstream.exitIp,
    location: upstream.location,
    expiration_at: upstream.expiresAt === null ? null : toTimestamp(upstream.expiresAt),
    next_request_at: upstream.nextRotationAt === null ? null : toTimestamp(upstream.nextRotationAt),
    ttl: upstream.ttlSeconds,
    ttc: upstream.cooldownSeconds,
  }
}

/** newLease gives an upstream that a key begins to hold an id of its own. */
export function newLease(fields: UpstreamFields): LeaseFields {
  return { ...fields, lease_id: randomUUID() }
}

/**
 * isSameLease tells whether a provider's reply is about the upstream that the key holds already. The address alone does not
 * tell: some plans keep it and change the exit behind it, with a new end.
 */
export function isSameLease(
  key: Pick<ProxyKey, 'remote_http' | 'remote_ip' | 'expiration_at'>,
  upstream: Upstream,
): boolean {
  if (key.remote_http !== upstream.http) return false
  const end = toMs(key.expiration_at)
  if (end === null && upstream.expiresAt === null) return key.remote_ip === upstream.exitIp
  if (end === null || upstream.expiresAt === null) return false
  return Math.abs(end - upstream.expiresAt) <= endToleranceMs
}

/** shiftTime is a timestamp so many milliseconds later, or earlier. */
export function shiftTime(time: string | null, byMs: number): string | null {
  return time === null || byMs === 0 ? time : toTimestamp(toMs(time) + byMs)
}

export function hasEnded(upstream: { expiresAt: number | null }, now: number): boolean {
  return upstream.expiresAt !== null && upstream.expiresAt <= now
}

/** cooldownEnd is when the next rotation may be tried after a refusal now, in milliseconds since the epoch. */
export function cooldownEnd(now: number, retryAfterMs: number | null): string {
  const waitMs = Math.min(maxCooldownMs, Math.max(minCooldownMs, retryAfterMs ?? defaultCooldownMs))
  return toTimestamp(now + waitMs)
}
