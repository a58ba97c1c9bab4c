import type { ProxyKey, RotationReason, Settings } from '../contract/index.ts'
import { toMs } from '../lib/clock.ts'

/** An upstream is renewed this long before it ends, or at half its life where that is shorter. */
const leadMs = 60_000

export interface Due {
  reason: RotationReason
  /** Milliseconds since the epoch. */
  at: number
}

/**
 * nextRotation tells when and why a key is to be rotated by itself, or null for never. The interval counts from the key's
 * own last rotation and replaces the one on expiry, except for an upstream that ends before the interval does: without
 * renewal the endpoint would be dead until then. Never before the cooldown's end.
 */
export function nextRotation(key: ProxyKey, settings: Settings): Due | null {
  if (!key.is_active || key.refused !== null) return null
  const due = key.remote_http === null ? dueWithoutUpstream(key, settings) : dueWithUpstream(key, settings)
  return due && { ...due, at: Math.max(due.at, toMs(key.next_request_at) ?? 0) }
}

function dueWithoutUpstream(key: ProxyKey, settings: Settings): Due | null {
  if (key.last_rotated_at === null) return { reason: 'first', at: 0 }
  const isAutomatic = settings.auto_rotate_on_expiration || settings.auto_rotate_interval_enabled
  return isAutomatic ? { reason: 'expiration', at: 0 } : null
}

function dueWithUpstream(key: ProxyKey, settings: Settings): Due | null {
  const end = toMs(key.expiration_at)
  if (settings.auto_rotate_interval_enabled) {
    const intervalEnd = toMs(key.last_rotated_at ?? key.created_at) + settings.auto_rotate_interval_minutes * 60_000
    if (end === null || end > intervalEnd) return { reason: 'interval', at: intervalEnd }
  } else if (!settings.auto_rotate_on_expiration) return null
  return end === null ? null : { reason: 'expiration', at: end - leadOf(key, end) }
}

/** Half the life counts from when we got the upstream: one that came with little left must not be renewed every second. */
function leadOf(key: ProxyKey, end: number): number {
  const life = end - toMs(key.last_rotated_at ?? key.created_at)
  return Math.min(leadMs, Math.max(0, life) / 2)
}
