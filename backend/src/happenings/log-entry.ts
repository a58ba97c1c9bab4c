import type { Happened, Happening, HappeningKind, LogEntry } from '../contract/index.ts'
import { describe } from './wording/describe.ts'

/** What the log files each kind of happening under. */
const places: Record<HappeningKind, readonly [LogEntry['action'], LogEntry['status']]> = {
  signed_in: ['login', 'success'],
  sign_in_failed: ['login', 'failure'],
  signed_out: ['logout', 'success'],
  password_changed: ['password', 'success'],
  password_reset: ['password', 'success'],
  wrong_tokens: ['login', 'failure'],
  keys_exported: ['export', 'success'],
  export_refused: ['export', 'failure'],
  settings_changed: ['settings', 'success'],
  key_added: ['add', 'success'],
  key_pending: ['add', 'failure'],
  key_changed: ['update', 'success'],
  key_deleted: ['delete', 'success'],
  key_restored: ['update', 'success'],
  key_refused: ['status', 'failure'],
  listener_restarted: ['restart', 'success'],
  token_replaced: ['update', 'success'],
  address_allowed: ['update', 'success'],
  address_removed: ['update', 'success'],
  addresses_ended: ['update', 'success'],
  rotated: ['rotate', 'success'],
  upstream_taken_over: ['rotate', 'success'],
  rotation_failed: ['rotate', 'failure'],
  upstream_ended: ['status', 'failure'],
  upstream_released: ['delete', 'success'],
  release_failed: ['delete', 'failure'],
  drained: ['drain', 'success'],
  upstream_reachable: ['status', 'success'],
  upstream_unreachable: ['status', 'failure'],
}

/** toLogEntry is how the operation log tells of what happened: the facts, the columns that it is filtered by, a sentence in English. */
export function toLogEntry({ kind, facts, by, proxy_id, at }: Happening) {
  const [action, status] = places[kind]
  return {
    proxy_id,
    action,
    status,
    reason: 'reason' in facts ? facts.reason : null,
    region: 'region' in facts ? facts.region : null,
    old_ip: 'old_ip' in facts ? facts.old_ip : null,
    new_ip: 'new_ip' in facts ? facts.new_ip : null,
    message: describe('en', { kind, facts, by }),
    timestamp: at,
    // Taken apart above, they are known to belong together no longer.
    happened: { kind, facts, by } as Happened,
  }
}
