import { z } from 'zod'

/**
 * keyStatus tells how a key is doing: `pending` (no upstream yet), `active`, `rotating`, `unreachable` (the health check
 * failed), `expired` (its upstream ended and nothing replaced it), `invalid` (the provider refuses the key), `inactive`
 * (paused by the admin).
 */
export const keyStatus = z
  .enum(['pending', 'active', 'rotating', 'unreachable', 'expired', 'invalid', 'inactive'])
  .meta({ id: 'KeyStatus' })

export type KeyStatus = z.infer<typeof keyStatus>

/** KeyFacts are what the status of a key follows from. */
export interface KeyFacts {
  readonly is_active: boolean
  readonly refused: object | null
  readonly remote_http: string | null
  readonly last_rotated_at: string | null
  readonly reachable: boolean | null
}

/** statusOf is the one word for all of it, the first that holds: what the admin decided, what is being done, what is wrong. */
export function statusOf(key: KeyFacts, isRotating: boolean): KeyStatus {
  if (!key.is_active) return 'inactive'
  if (isRotating) return 'rotating'
  if (key.refused !== null) return 'invalid'
  if (key.remote_http === null) return key.last_rotated_at === null ? 'pending' : 'expired'
  return key.reachable === false ? 'unreachable' : 'active'
}
