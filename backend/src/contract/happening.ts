import { z } from 'zod'

import { drainCounts } from './api.ts'
import { settings } from './data-file.ts'
import { subdomainOf, type Endpoint } from './endpoint.ts'
import { refusalCode, troubleCode } from './key-status.ts'
import { region, rotationReason } from './proxy-key.ts'
import { overrides } from './traffic.ts'

/** languages are those in which a happening can be told, the first where none is asked for. */
export const languages = ['en', 'vi'] as const

export type Language = (typeof languages)[number]

/**
 * actor is who did something: an admin, whoever has an access token, a client, or Stillpoint by itself. What is not known of him is
 * null; of a stranger that is all but the address.
 */
export const actor = z
  .object({
    kind: z.enum(['admin', 'token', 'client', 'system']),
    id: z.int().nullable(),
    name: z.string().nullable().meta({ description: 'His name at that time.' }),
    address: z.string().nullable().meta({ description: 'Where he came from.' }),
  })
  .meta({ id: 'Actor' })

export type Actor = z.infer<typeof actor>

/** systemActor is the actor of what happens by itself. */
export const systemActor: Actor = { kind: 'system', id: null, name: null, address: null }

const nothing = z.object({})
const text = z.string().nullable()

const names = {
  endpoint: z.string().meta({ description: 'Name of the endpoint at that time.', example: 'proxy3' }),
  key_name: z.string().meta({ description: 'Name of the key at that time.', example: 'Shop A' }),
}

/** namesOf are the facts of what happened to a key that tell which one it was, also when it is gone. */
export function namesOf(endpoint: Pick<Endpoint, 'number' | 'name'>) {
  return { endpoint: subdomainOf(endpoint), key_name: endpoint.name }
}

const ofKey = z.object(names)
const ofRotation = z.object({ ...names, reason: rotationReason, region, old_ip: text })
const trouble = {
  trouble: troubleCode,
  detail: z.string().meta({ description: 'What the provider’s answer came to, in English.' }),
}

/** keyChanges are what a request changed of a key; of another provider key only that it is another. */
export const keyChanges = z
  .object({
    key_name: z.string(),
    region,
    is_active: z.boolean(),
    allowed_ips: z.array(z.string()),
    local_address: text,
    always_ask: z.boolean(),
    upstream_protocol: z.enum(['http', 'socks5']),
    overrides,
    has_other_key: z.literal(true),
  })
  .partial()

export type KeyChanges = z.infer<typeof keyChanges>

function about<Kind extends string, Facts extends z.ZodType>(kind: Kind, facts: Facts) {
  return z.object({ kind: z.literal(kind), facts, by: actor })
}

/** happened is a fact worth telling and who did it. What people read is made of it, in their language. */
export const happened = z.discriminatedUnion('kind', [
  about('signed_in', nothing),
  about('sign_in_failed', nothing),
  about('signed_out', nothing),
  about('password_changed', nothing),
  about('password_reset', z.object({ username: z.string() })),
  about(
    'wrong_tokens',
    z.object({
      count: z.int(),
      endpoints: z.array(z.string()).meta({ description: 'The first of those whose pages were tried.' }),
      more: z.int().meta({ description: 'How many more.' }),
    }),
  ),
  about('keys_exported', z.object({ count: z.int(), holds_whole_keys: z.boolean() })),
  about('export_refused', nothing),
  about('settings_changed', z.object({ changes: settings.partial() })),
  about(
    'key_added',
    z.object({ ...names, reason: rotationReason, region, new_ip: text, upstream: text, location: text }),
  ),
  about('key_pending', z.object({ ...names, reason: rotationReason, region, ...trouble })),
  about('key_changed', ofKey.extend({ new_ip: text, changes: keyChanges })),
  about('key_deleted', ofKey.extend({ old_ip: text })),
  about('key_restored', ofKey),
  about('key_refused', ofKey.extend({ code: refusalCode, detail: z.string() })),
  about('listener_restarted', ofKey),
  about('token_replaced', ofKey.extend({ ended: z.array(z.string()) })),
  about('address_allowed', ofKey.extend({ address: z.string(), until: text })),
  about('address_removed', ofKey.extend({ address: z.string() })),
  about('addresses_ended', ofKey.extend({ addresses: z.array(z.string()) })),
  about('rotated', ofRotation.extend({ new_ip: text, upstream: z.string() })),
  about('upstream_taken_over', ofRotation.extend({ new_ip: text, upstream: z.string() })),
  about(
    'rotation_failed',
    ofRotation.extend({
      ...trouble,
      upstream: text.meta({ description: 'What the key stays on; null for nothing.' }),
      seconds_left: z.int().nullable().meta({ description: 'How long it can; null for no end.' }),
      retry_seconds: z.int(),
    }),
  ),
  about('upstream_ended', ofKey.extend({ old_ip: text })),
  about('upstream_released', ofKey.extend({ old_ip: text })),
  about('release_failed', ofKey.extend({ old_ip: text, detail: text })),
  about('drained', ofKey.extend({ new_ip: text, tunnels: drainCounts, requests: drainCounts })),
  about('upstream_reachable', ofKey),
  about('upstream_unreachable', ofKey.extend({ detail: z.string() })),
])

export type Happened = z.infer<typeof happened>

export type HappeningKind = Happened['kind']

/** FactsOf are the facts of each kind of happening. */
export type FactsOf = { [Each in Happened as Each['kind']]: Each['facts'] }

/** Happening is what happened, when, and to which key; null where it is about none, or several. */
export type Happening = Happened & { proxy_id: number | null; at: string }
