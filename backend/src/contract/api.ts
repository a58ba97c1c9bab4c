import { z } from 'zod'

import { settings } from './data-file.ts'
import { newPassword } from './password.ts'
import { cleanProviderKey, holdsSeveralKeys, isOnePiece, looksLikeKey, providerKeyPattern } from './patterns.ts'
import { boundedText, keyLikePattern, pastedKeyPattern } from './text.ts'
import { overrides } from './traffic.ts'
import {
  addressDuration,
  allowedAddress,
  allowedNetwork,
  alwaysAsk,
  keyName,
  localAddress,
  proxyKeyView,
  region,
  timestamp,
} from './proxy-key.ts'

/**
 * providerKey is what an admin pastes: white space is dropped. KiotProxy's keys are a K and hexadecimal digits; whether one
 * is good is the provider's word, so only what can't be a key at all is refused here, and what is two keys or more than a key.
 */
const providerKey = z
  .string()
  .refine(
    (text) => !holdsSeveralKeys(text),
    'holds several keys: add one at a time, or all of them with an import (POST /api/proxies/import)',
  )
  .refine(
    (text) => holdsSeveralKeys(text) || isOnePiece(text),
    'must be the key alone: a name goes into key_name, several keys are added with an import (POST /api/proxies/import)',
  )
  .transform(cleanProviderKey)
  .pipe(z.string().regex(providerKeyPattern, 'must be a provider key: 8 to 128 letters and digits'))
  .meta({
    type: 'string',
    pattern: pastedKeyPattern,
    description: 'As it was given or pasted; a text that holds several keys is refused.',
    example: 'K0123456789abcdef0123456789abcdef',
  })

/** newName is a name that is given now: one that looks like a key would stand in clear in the file, the log and every list. */
const newName = keyName
  .refine(
    (name) => !looksLikeKey(name),
    'must not look like a provider key: names are stored and shown in clear. The key goes into kiotproxy_key',
  )
  .meta({ not: { pattern: keyLikePattern } })

export const loginRequest = z
  .strictObject({ username: boundedText(200), password: boundedText(1000) })
  .meta({ id: 'LoginRequest' })

export const loginReply = z
  .object({ session_id: z.string().meta({ description: 'For `Authorization: Bearer`; also set as a cookie.' }) })
  .meta({ id: 'LoginReply' })

export type LoginReply = z.infer<typeof loginReply>

export const meReply = z
  .object({
    id: z.int(),
    username: z.string(),
    has_generated_password: z.boolean().meta({ description: 'The first start made the password: choose another.' }),
  })
  .meta({ id: 'Me' })

export type Me = z.infer<typeof meReply>

/** sessionView is one place where the admin is signed in. Its id can't be used to sign in. */
export const sessionView = z
  .object({
    id: z.string(),
    address: z.string(),
    user_agent: z.string(),
    created_at: timestamp,
    last_used_at: timestamp,
    is_current: z.boolean(),
  })
  .meta({ id: 'Session' })

export type SessionView = z.infer<typeof sessionView>

export const passwordRequest = z
  .strictObject({ current_password: boundedText(1000), new_password: newPassword })
  .meta({ id: 'PasswordRequest' })

const allowedNetworks = z.array(allowedNetwork).max(1000)

export const addProxyRequest = z
  .strictObject({
    key_name: newName.optional().meta({ description: 'Default: the name of the endpoint, e.g. proxy3.' }),
    kiotproxy_key: providerKey,
    region: region.default('random'),
    allowed_ips: allowedNetworks.default([]),
    upstream_protocol: proxyKeyView.shape.upstream_protocol.default('http'),
  })
  .meta({ id: 'AddProxyRequest' })

export type AddProxyRequest = z.infer<typeof addProxyRequest>

export const addProxyReply = proxyKeyView
  .extend({
    message: z.string().meta({ description: 'What came of it, in a sentence.', example: 'proxy3 is ready.' }),
  })
  .meta({ id: 'AddProxyReply' })

export type AddProxyReply = z.infer<typeof addProxyReply>

export const updateProxyRequest = z
  .strictObject({
    key_name: newName.optional(),
    kiotproxy_key: providerKey.optional(),
    region: region.optional(),
    is_active: z.boolean().optional(),
    allowed_ips: allowedNetworks.optional(),
    local_address: localAddress.optional(),
    always_ask: alwaysAsk.optional(),
    upstream_protocol: proxyKeyView.shape.upstream_protocol.optional(),
    overrides: overrides.strict().optional().meta({ description: 'Takes the place of all overrides so far.' }),
  })
  .meta({ id: 'UpdateProxyRequest' })

export type UpdateProxyRequest = z.infer<typeof updateProxyRequest>

export const allowAddressRequest = z
  .strictObject({ address: allowedAddress.shape.address, for: addressDuration.default('24h') })
  .meta({ id: 'AllowAddressRequest' })

export const allowAddressReply = allowedAddress
  .extend({
    endpoint: z.string().meta({ example: 'proxy3' }),
    also_allowed_for: z.array(z.string()).meta({
      description: 'Other endpoints that this address may use: on the shared port it then needs a user name.',
    }),
  })
  .meta({ id: 'AllowAddressReply' })

export type AllowAddressReply = z.infer<typeof allowAddressReply>

export const rotateRequest = z
  .strictObject({
    region: region.optional().meta({ description: "For this time only; default: the key's region." }),
    wait: z
      .boolean()
      .default(false)
      .meta({ description: 'Answer when the old tunnels have ended, at most after drain_seconds.' }),
  })
  .meta({ id: 'RotateRequest' })

/** drainCounts say what became of the tunnels that were open when an upstream was replaced. */
export const drainCounts = z
  .object({
    open: z.int().meta({ description: 'Open when it was replaced.' }),
    idle: z.int().meta({ description: 'Closed in a pause.' }),
    finished: z.int().meta({ description: 'Ended by themselves.' }),
    cut: z.int().meta({ description: 'Cut when the time was over.' }),
  })
  .meta({ id: 'DrainCounts' })

export type DrainCounts = z.infer<typeof drainCounts>

export const rotateReply = z
  .object({
    new_ip: z.string().nullable(),
    location: z.string().nullable(),
    old_ip: z.string().nullable(),
    expiration_at: timestamp.nullable(),
    next_request_at: timestamp.nullable(),
    tunnels: drainCounts.meta({ description: 'What became so far of the tunnels that were open.' }),
    requests: drainCounts.meta({ description: 'The same of plain requests, which are never closed in a pause.' }),
  })
  .meta({ id: 'RotateReply' })

export type RotateReply = z.infer<typeof rotateReply>

/** Rotated is a rotation without what became of the tunnels: that is known later. */
export type Rotated = Omit<RotateReply, 'tunnels' | 'requests'>

export const checkReply = z
  .object({
    reachable: z.boolean(),
    latency_ms: z.int().nullable(),
    remote_ip: z.string().nullable(),
    status: proxyKeyView.shape.status,
    last_check_at: timestamp.nullable(),
    message: z.string().nullable().meta({ description: 'Why it is not reachable.' }),
  })
  .meta({ id: 'CheckReply' })

export type CheckReply = z.infer<typeof checkReply>

export const connectionReply = z
  .object({
    host: z.string().meta({
      description: 'Of the first way that clients reach: the own port, else the shared port, else the one over TLS.',
      example: 'proxy3.example.com',
    }),
    port: z.int().meta({ example: 9003 }),
    username: z.string().meta({ example: 'proxy3' }),
    password: z.string().meta({ description: "The key's access token." }),
    http_url: z.string().meta({
      description: 'The same; https where clients reach it over TLS alone.',
      example: 'http://proxy3:password@proxy3.example.com:9003',
    }),
    socks5_url: z.string().nullable().meta({
      description: 'Null where clients reach it over TLS alone.',
      example: 'socks5h://proxy3:password@proxy3.example.com:9003',
    }),
    shared_url: z.string().nullable().meta({
      description: 'Through the port that all endpoints share, in clear; null where clients do not reach it.',
      example: 'http://proxy3:password@proxy3.example.com:80',
    }),
    tls_url: z.string().nullable().meta({
      description: 'The same over TLS to the proxy; null where clients do not reach it.',
      example: 'https://proxy3:password@proxy3.example.com:443',
    }),
  })
  .meta({ id: 'Connection' })

/** Connection is what a client needs to use an endpoint, its access token in clear. */
export type Connection = z.infer<typeof connectionReply>

export const keyConnection = connectionReply.extend({ id: z.int() }).meta({ id: 'KeyConnection' })

export type KeyConnection = z.infer<typeof keyConnection>

export const settingsRequest = settings.partial().strict().meta({ id: 'SettingsRequest' })

export type SettingsRequest = z.infer<typeof settingsRequest>

export const settingsReply = z.object({ success: z.literal(true), settings }).meta({ id: 'SettingsReply' })

export type SettingsReply = z.infer<typeof settingsReply>

/** Strangers get the status alone. */
export const healthReply = z
  .object({ status: z.literal('ok'), version: z.string().optional(), uptime_seconds: z.int().optional() })
  .meta({ id: 'Health' })

/** Strangers get `ready` alone. */
export const readyReply = z
  .object({
    ready: z.boolean(),
    store: z.enum(['open', 'closed']).optional(),
    listeners: z.object({ wanted: z.int(), listening: z.int(), failed: z.array(z.string()) }).optional(),
  })
  .meta({ id: 'Ready' })

export type ReadyReply = z.infer<typeof readyReply>
