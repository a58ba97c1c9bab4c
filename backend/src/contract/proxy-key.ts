import { z } from 'zod'

import { regions } from './choices.ts'
import { keyStatus, refusalCode, statusReason } from './key-status.ts'
import { sealed } from './sealed.ts'
import { lengthOf, namePattern } from './text.ts'
import { overrides } from './traffic.ts'

/** timestamp is a point in time on the wire and in the file: ISO 8601, UTC, with `Z`. */
export const timestamp = z.iso.datetime().meta({ example: '2026-01-31T08:15:30.000Z' })

/** region is where in Vietnam the exit IP shall be: anywhere, North (`bac`), Central (`trung`) or South (`nam`). */
export const region = z.enum(regions).meta({ id: 'Region' })

export type Region = z.infer<typeof region>

export const rotationReason = z
  .enum(['manual', 'expiration', 'interval', 'schedule', 'failure', 'link', 'first'])
  .meta({ id: 'RotationReason' })

export type RotationReason = z.infer<typeof rotationReason>

/** hostAndPort is where an upstream is: an IPv4 address, an IPv6 address in brackets or a host name, and a port. */
export const hostAndPort = z.string().refine(isHostAndPort, 'must be host:port, with a port from 1 to 65535')

function isHostAndPort(text: string): boolean {
  const [, bracketed, bare = '', port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  if (Number(port) < 1 || Number(port) > 65_535) return false
  if (bracketed !== undefined) return z.ipv6().safeParse(bracketed).success
  return isHostName(bare) || z.ipv4().safeParse(bare).success
}

/** isHostName refuses a name that ends in a number, which would be read as an IPv4 address (WHATWG URL, 3.5). */
export function isHostName(text: string): boolean {
  const labels = text.split('.')
  const isLong = text.length > 253
  return !isLong && labels.every((label) => /^[\w-]{1,63}$/.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

const maxNameLength = 100

export const keyName = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')
  .min(1, 'must not be empty')
  .refine((name) => lengthOf(name) <= maxNameLength, `must have at most ${maxNameLength} characters`)
  // Its own words, since a trim is something that no JSON Schema knows.
  .meta({ type: 'string', pattern: namePattern(maxNameLength) })

/** Named as JSON Schema and other tools name them. */
const ipv4 = z.ipv4().meta({ type: 'string', format: 'ipv4' })
const ipv6 = z.ipv6().meta({ type: 'string', format: 'ipv6' })
const cidrv4 = z.cidrv4().meta({ type: 'string', pattern: z.core.regexes.cidrv4.source })
const cidrv6 = z.cidrv6().meta({ type: 'string', pattern: z.core.regexes.cidrv6.source })

/** allowedNetwork is an IPv4 or IPv6 address or network: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/48`. */
export const allowedNetwork = z
  .union([ipv4, ipv6, cidrv4, cidrv6], 'must be an IP address or a network such as 203.0.113.0/24')
  .meta({ example: '203.0.113.0/24' })

/** allowedAddress is a client's own address that was let in without credentials, for a time or (`until` null) until it is removed. */
export const allowedAddress = z
  .object({
    address: z.union([ipv4, ipv6], 'must be an IP address'),
    until: timestamp.nullable(),
    added_at: timestamp,
    // Who allowed those of older files is not known. What may be the admin's is not taken away behind his back: a new token would.
    made_by: z.enum(['admin', 'token']).default('admin').meta({
      description: 'Who allowed it. A new token ends what was allowed with a token.',
    }),
  })
  .meta({ id: 'AllowedAddress' })

export type AllowedAddress = z.infer<typeof allowedAddress>

/** addressDurations are how long a client's address can be allowed for, in seconds; null for until it is removed. */
export const addressDurations = { '1h': 3_600, '24h': 86_400, '7d': 604_800, forever: null } as const

export const addressDuration = z.enum(['1h', '24h', '7d', 'forever']).meta({ id: 'AddressDuration' })

export type AddressDuration = z.infer<typeof addressDuration>

/** tokenDuration is what of these the access token is good for: only the admin lets an address in for ever. */
export const tokenDuration = addressDuration.exclude(['forever'])

export type TokenDuration = z.infer<typeof tokenDuration>

/** localAddress is an address of this machine that leads to one endpoint alone; null for none. */
export const localAddress = z
  .union([ipv4, ipv6], 'must be an IP address of this machine')
  .nullable()
  .meta({ description: 'An address of this machine that is for this endpoint alone.', example: '2001:db8::3' })

/** alwaysAsk has an endpoint ask for user name and token although the client's address is allowed. */
export const alwaysAsk = z
  .boolean()
  .meta({ description: 'Ask for user name and token although the address of the client is allowed.' })

/**
 * upstreamFields are what a key holds of its present upstream, stored and shown under the same names. `remote_http` is
 * null when the key has no usable upstream; `remote_ip` and `location` then still tell the last one.
 */
export const upstreamFields = {
  remote_http: hostAndPort.nullable().meta({ description: 'The upstream, host:port.', example: '27.73.175.36:33013' }),
  remote_socks5: hostAndPort.nullable().meta({ description: 'The same upstream as SOCKS5, host:port.' }),
  remote_ip: z.string().nullable().meta({ description: 'The exit IP.', example: '27.73.175.36' }),
  location: z.string().nullable().meta({ example: 'Bình Thuận' }),
  expiration_at: timestamp.nullable().meta({ description: 'When the upstream ends; null where it has no end.' }),
  next_request_at: timestamp.nullable().meta({ description: 'End of the cooldown: no rotation before.' }),
  ttl: z.int().nullable().meta({ description: "Seconds of the upstream's whole life." }),
  ttc: z.int().nullable().meta({ description: 'Seconds of cooldown that were left when the provider answered.' }),
}

const idField = { id: z.int().min(1).meta({ description: 'Never used again, also after a delete.' }) }

const wishFields = {
  region,
  is_active: z.boolean(),
  upstream_protocol: z.enum(['http', 'socks5']).meta({ description: "Which of the upstream's two ports is used." }),
}

const datedFields = {
  last_rotated_at: timestamp.nullable(),
  created_at: timestamp,
}

/** refusal is why a provider will have nothing more to do with a key. */
export const refusal = z.looseObject({
  at: timestamp,
  code: refusalCode,
  message: z.string(),
})

export type KeyRefusal = z.infer<typeof refusal>

/** proxyKey is a key in the data file: a source of upstreams, and what it holds. `kiotproxy_key` is encrypted. */
export const proxyKey = z.looseObject({
  ...idField,
  user_id: z.int().min(1),
  provider: z.enum(['kiotproxy']),
  kiotproxy_key: sealed,
  ...wishFields,
  ...upstreamFields,
  /** Which lease the upstream is: another id is another upstream, at whatever address. Null without an upstream. */
  lease_id: z.string().min(1).nullable().default(null),
  ...datedFields,
  /** The provider's final word against the key, until something else is heard or the admin tries anew. */
  refused: refusal.nullable(),
  /** What the last health check of this lease came to; null where there was none. */
  reachable: z.boolean().nullable(),
  tags: z.array(z.string()).default(() => []),
  note: z.string().default(''),
})

export type ProxyKey = z.infer<typeof proxyKey>

/** trafficCounters count what one listener carried since the process started; bytes as seen by the clients. */
export const trafficCounters = z
  .object({
    connections: z.int().meta({ description: 'Client connections open now.' }),
    requests: z.int(),
    bytes_in: z.int().meta({ description: 'From clients.' }),
    bytes_out: z.int().meta({ description: 'To clients.' }),
    tunnels: z.int().meta({ description: 'Tunnels open now.' }),
    refused: z.record(z.string(), z.int()).meta({ description: 'Work that was turned away, by reason.' }),
  })
  .meta({ id: 'Traffic' })

export type TrafficCounters = z.infer<typeof trafficCounters>

/** proxyKeyView is a key with its endpoint on the wire: no secret in it, the provider key masked. */
export const proxyKeyView = z
  .object({
    ...idField,
    key_name: keyName.meta({ example: 'Shop A' }),
    subdomain: z
      .string()
      .regex(/^proxy[1-9]\d*$/)
      .meta({ example: 'proxy3' }),
    port: z.int().min(1).max(65535).meta({ example: 9003 }),
    ...wishFields,
    overrides: overrides.meta({ description: 'Settings of this key that differ from the global ones.' }),
    endpoint: z.string().meta({ description: 'The constant public address.', example: 'proxy3.example.com:9003' }),
    kiotproxy_key: z.string().meta({ description: 'First 8 and last 6 characters.', example: 'K6fa3db6...9c01ab' }),
    ...upstreamFields,
    status: keyStatus,
    reason: statusReason.nullable().meta({ description: 'Why it is as it is; null where nothing is wrong.' }),
    retry_at: timestamp.nullable().meta({ description: 'When it is tried again by itself; null for not.' }),
    latency_ms: z.int().min(0).nullable(),
    last_check_at: timestamp.nullable(),
    ...datedFields,
    next_rotation_at: timestamp.nullable().meta({ description: 'When it rotates by itself next; null for never.' }),
    next_rotation_reason: z.union([rotationReason, z.null()]).meta({ description: 'Why it does then.' }),
    allowed_ips: z.array(allowedNetwork),
    local_address: localAddress,
    always_ask: alwaysAsk,
    allowed_addresses: z.array(allowedAddress),
    listener: z.enum(['listening', 'failed', 'stopped']).meta({ description: "State of the key's own port." }),
    traffic: trafficCounters,
    recent_checks: z
      .array(z.int().nullable())
      .meta({ description: 'The last health checks, oldest first: latency in milliseconds, null for a failure.' }),
  })
  .meta({ id: 'Proxy' })

export type ProxyKeyView = z.infer<typeof proxyKeyView>
