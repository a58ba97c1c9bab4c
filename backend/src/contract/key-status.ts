import { z } from 'zod'

import { keyStatuses } from './choices.ts'

/**
 * keyStatus tells how a key is doing: `pending` (no upstream yet), `active`, `rotating`, `unreachable` (the health check
 * failed), `expired` (its upstream ended and nothing replaced it), `key_expired` (the key ran out at the provider),
 * `key_unknown` (the provider does not know it), `invalid` (the provider refuses it for another reason), `inactive` (paused by
 * the admin).
 */
export const keyStatus = z.enum(keyStatuses).meta({ id: 'KeyStatus' })

export type KeyStatus = z.infer<typeof keyStatus>

/** refusalCode is why a provider will have nothing more to do with a key. */
export const refusalCode = z.enum(['key_expired', 'key_unknown', 'key_rejected'])

export type RefusalCode = z.infer<typeof refusalCode>

/** troubleCode is why the last call of a provider gave no upstream, where it is worth another. */
export const troubleCode = z.enum(['out_of_stock', 'provider_unavailable'])

export type TroubleCode = z.infer<typeof troubleCode>

/** statusReason is what a person must know to act: beside the status, since a key that works may be in trouble too. */
export const statusReason = z.enum([...refusalCode.options, ...troubleCode.options, 'check_failed', 'cooldown'])

export type StatusReason = z.infer<typeof statusReason>

/** KeyFacts are what the status of a key follows from. */
export interface KeyFacts {
  readonly is_active: boolean
  readonly refused: { readonly code: RefusalCode } | null
  readonly remote_http: string | null
  readonly last_rotated_at: string | null
  readonly reachable: boolean | null
}

/** statusOf is the one word for all of it, the first that holds: what the admin decided, what is being done, what is wrong. */
export function statusOf(key: KeyFacts, isRotating: boolean): KeyStatus {
  if (!key.is_active) return 'inactive'
  if (isRotating) return 'rotating'
  if (key.refused !== null) return key.refused.code === 'key_rejected' ? 'invalid' : key.refused.code
  if (key.remote_http === null) return key.last_rotated_at === null ? 'pending' : 'expired'
  return key.reachable === false ? 'unreachable' : 'active'
}

/** Trouble is what keeps a key from another upstream for now, and until when it is not tried again. */
export interface Trouble {
  readonly code: TroubleCode
  /** ISO 8601. */
  readonly retryAt: string
}

/** reasonOf tells why a key is as it is, and when it is tried again by itself; both null where nothing is wrong, or nobody will. */
export function reasonOf(
  key: KeyFacts & { readonly next_request_at: string | null },
  trouble: Trouble | null,
  now: string,
): { reason: StatusReason | null; retry_at: string | null } {
  if (!key.is_active) return { reason: null, retry_at: null }
  if (key.refused !== null) return { reason: key.refused.code, retry_at: null }
  if (trouble !== null) return { reason: trouble.code, retry_at: trouble.retryAt }
  const isCooling = key.next_request_at !== null && key.next_request_at > now
  if (key.remote_http === null) {
    return isCooling ? { reason: 'cooldown', retry_at: key.next_request_at } : { reason: null, retry_at: null }
  }
  if (key.reachable !== false) return { reason: null, retry_at: null }
  return { reason: 'check_failed', retry_at: isCooling ? key.next_request_at : null }
}
