import type { ProxyKey, RotationReason, Settings } from '../contract/index.ts'
import { toMs } from '../lib/clock.ts'
import { nextTurn } from './timed-turn.ts'

/** An upstream is renewed this long before it ends, or at half its life where that is shorter. */
const leadMs = 60_000

export interface Due {
  reason: RotationReason
  /** Milliseconds since the epoch. */
  at: number
}

/**
 * nextRotation tells when and why a key is to be rotated by itself, or null for never. Timed turns replace the one on expiry, except
 * for an upstream that ends before the next of them: without renewal the endpoint would be dead until then. Those before `timedSince`
 * are left out. Never before the cooldown's end.
 */
export function nextRotation(key: ProxyKey, settings: Settings, timedSince: number): Due | null {
  if (!key.is_active || key.refused !== null) return null
  const due = key.remote_http === null ? dueWithoutUpstream(key, settings) : dueWithUpstream(key, settings, timedSince)
  return due && { ...due, at: Math.max(due.at, toMs(key.next_request_at) ?? 0) }
}

/** latestTurn is the last moment at which the upstream of a key is renewed in good time; infinite where it has no end. */
export function latestTurn(key: ProxyKey): number {
  const end = toMs(key.expiration_at)
  return end === null ? Number.POSITIVE_INFINITY : end - leadOf(key, end)
}

function dueWithoutUpstream(key: ProxyKey, settings: Settings): Due | null {
  if (key.last_rotated_at === null) return { reason: 'first', at: 0 }
  const isAutomatic = settings.auto_rotate_on_expiration || settings.auto_rotate_interval_enabled
  return isAutomatic ? { reason: 'expiration', at: 0 } : null
}

function dueWithUpstream(key: ProxyKey, settings: Settings, timedSince: number): Due | null {
  const latest = latestTurn(key)
  if (settings.auto_rotate_interval_enabled) {
    const at = nextTimed(key, settings.auto_rotate_interval_minutes * 60_000, timedSince)
    if (at <= latest) return { reason: 'interval', at }
  } else if (!settings.auto_rotate_on_expiration) return null
  return latest === Number.POSITIVE_INFINITY ? null : { reason: 'expiration', at: latest }
}

/** A turn that comes too soon after a rotation for another reason is left out; the first one after the key was added is not. */
function nextTimed(key: ProxyKey, intervalMs: number, timedSince: number): number {
  const created = toMs(key.created_at)
  const rotated = toMs(key.last_rotated_at) ?? created
  const after = rotated <= created ? rotated : rotated + intervalMs / 2
  return nextTurn(key.id, intervalMs, Math.max(after, timedSince))
}

/** Half the life counts from when we got the upstream: one that came with little left must not be renewed every second. */
function leadOf(key: ProxyKey, end: number): number {
  const life = end - toMs(key.last_rotated_at ?? key.created_at)
  return Math.min(leadMs, Math.max(0, life) / 2)
}
