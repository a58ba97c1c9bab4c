import type { Actor, FactsOf, KeyChanges } from '../../contract/index.ts'
import { describeSeconds, describeTime } from '../../lib/time-text.ts'
import type { Wording } from './wording.ts'

/** en is English. */
export const en: Wording = {
  signed_in: (_, by) => `${nameOf(by)} signed in from ${placeOf(by)}.`,
  sign_in_failed: (_, by) => `A login from ${placeOf(by)} failed.`,
  signed_out: (_, by) => `${nameOf(by)} signed out.`,
  password_changed: (_, by) => `${nameOf(by)} changed the password; other sessions were ended.`,
  password_reset: ({ username }) => `The password of ${username} was reset on this machine.`,
  wrong_tokens: ({ count, endpoints, more }, by) => {
    const pages = endpoints.length === 1 ? 'the page' : 'the pages'
    const rest = more === 0 ? '' : ` and ${more} more`
    const from = by.address ?? 'other addresses'
    return `${count} wrong access ${count === 1 ? 'token' : 'tokens'} from ${from} at ${pages} of ${endpoints.join(', ')}${rest}.`
  },
  keys_exported: ({ count, holds_whole_keys }, by) => {
    const what = `${count} ${count === 1 ? 'key' : 'keys'} with ${holds_whole_keys ? 'whole' : 'masked'} provider keys`
    return `${nameOf(by)} exported ${what}, from ${placeOf(by)}.`
  },
  export_refused: (_, by) => `${nameOf(by)} gave a wrong password for an export, from ${placeOf(by)}.`,
  settings_changed: ({ changes }) => {
    const parts = Object.entries(changes).map(([name, value]) => `${name} is ${value}`)
    return `Settings: ${parts.join(', ')}.`
  },
  key_added: ({ endpoint, new_ip, upstream, location }) =>
    `${endpoint} is ready: ${new_ip ?? upstream}${location === null ? '' : ` (${location})`}.`,
  key_pending: ({ endpoint, detail }) =>
    `${detail} ${endpoint} is stored and becomes active as soon as there is an upstream.`,
  key_changed: ({ endpoint, changes }) => `${endpoint}: ${describeChanges(changes).join(', ') || 'tried anew'}.`,
  key_deleted: ({ endpoint }) => `${endpoint} was deleted.`,
  key_restored: ({ endpoint }) => `${endpoint} was brought back.`,
  key_refused: ({ detail }) => detail,
  listener_restarted: ({ endpoint }) => `${endpoint} was restarted.`,
  token_replaced: ({ endpoint, ended }) => {
    const addresses = ended.length === 0 ? '' : `, and with it what it had let in: ${ended.join(', ')}`
    return `${endpoint} has a new access token; the one before ended${addresses}.`
  },
  address_allowed: ({ endpoint, address, until }) =>
    `${address} may use ${endpoint} without its token${until === null ? '' : ` until ${describeTime(until)}`}.`,
  address_removed: ({ endpoint, address }) => `${address} is no longer allowed to use ${endpoint} without its token.`,
  addresses_ended: ({ endpoint, addresses }) =>
    `The time of ${addresses.join(', ')} to use ${endpoint} without its token is over.`,
  rotated: ({ endpoint, old_ip, new_ip, upstream }) =>
    `${endpoint} moved from ${old_ip ?? 'no upstream'} to ${new_ip ?? upstream}.`,
  upstream_taken_over: ({ endpoint, new_ip, upstream }) =>
    `${endpoint} took over ${new_ip ?? upstream}, which the provider gave it earlier.`,
  rotation_failed: (facts) =>
    `${facts.detail} ${describeStay(facts)} Trying again in ${describeSeconds(facts.retry_seconds)}.`,
  upstream_ended: ({ endpoint }) => `The upstream of ${endpoint} ended and nothing has replaced it yet.`,
  upstream_released: ({ endpoint }) => `The upstream of ${endpoint} was given back.`,
  release_failed: ({ detail }) => `The upstream was not given back. ${detail ?? 'The provider refused.'}`,
  drained: ({ endpoint, tunnels, requests }) =>
    `${describeDrain(endpoint, 'tunnel', tunnels)} ${describeDrain(endpoint, 'request', requests)}`.trim(),
  upstream_reachable: ({ endpoint }) => `${endpoint} is reachable again.`,
  upstream_unreachable: ({ endpoint, detail }) => `The upstream of ${endpoint} fails its health check: ${detail}.`,
}

/** Stay is what a key is left with when a rotation did not come about. */
export type Stay = Pick<FactsOf['rotation_failed'], 'endpoint' | 'old_ip' | 'upstream' | 'seconds_left'>

/** describeStay says what still works when a rotation did not come about. */
export function describeStay({ endpoint, old_ip, upstream, seconds_left }: Stay): string {
  if (upstream === null) return `${endpoint} has no upstream now.`
  const stays = `${endpoint} stays on ${old_ip ?? upstream}`
  return seconds_left === null ? `${stays}.` : `${stays} for another ${describeSeconds(seconds_left)}.`
}

function describeChanges(changes: KeyChanges): string[] {
  const { key_name, region, is_active, allowed_ips, local_address, always_ask, upstream_protocol, overrides } = changes
  const told: string[] = []
  if (key_name !== undefined) told.push(`named ${key_name}`)
  if (region !== undefined) told.push(`region ${region}`)
  if (is_active !== undefined) told.push(is_active ? 'resumed' : 'paused')
  if (allowed_ips !== undefined) told.push(`allowed addresses ${allowed_ips.join(', ') || 'none'}`)
  if (local_address !== undefined) told.push(`address of its own ${local_address ?? 'none'}`)
  if (always_ask !== undefined) {
    told.push(always_ask ? 'always asks for credentials' : 'asks only strangers for credentials')
  }
  if (upstream_protocol !== undefined) told.push(`upstream by ${upstream_protocol}`)
  if (overrides !== undefined) told.push(`own settings ${JSON.stringify(overrides)}`)
  if (changes.has_other_key) told.push('another provider key')
  return told
}

function describeDrain(endpoint: string, what: 'tunnel' | 'request', counts: FactsOf['drained']['tunnels']): string {
  const { open, idle, finished, cut } = counts
  if (open === 0) return ''
  const closed = what === 'tunnel' ? `${idle} closed in a pause, ` : ''
  return `${open} open ${what}${open === 1 ? '' : 's'} of ${endpoint} left the old exit: ${closed}${finished} finished, ${cut} cut.`
}

function nameOf({ name }: Actor): string {
  return name ?? 'Somebody'
}

function placeOf({ address }: Actor): string {
  return address ?? 'an unknown address'
}
