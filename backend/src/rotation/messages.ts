import type { ProxyKey } from '../contract/index.ts'
import { secondsUntil, toMs } from '../lib/clock.ts'
import { describeSeconds } from '../lib/time-text.ts'

/** whatStays says what still works when a rotation did not come about. */
export function whatStays(key: ProxyKey, now: number): string {
  if (key.remote_http === null) return `${key.subdomain} has no upstream until then.`
  const end = toMs(key.expiration_at)
  const stays = `${key.subdomain} stays on ${key.remote_ip ?? key.remote_http}`
  return end === null ? `${stays}.` : `${stays} for another ${describeSeconds(secondsUntil(end, now))}.`
}
