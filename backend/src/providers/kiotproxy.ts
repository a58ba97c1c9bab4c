import pLimit from 'p-limit'
import { Agent, request } from 'undici'

import type { Region } from '../contract/index.ts'
import type { Clock } from '../lib/clock.ts'
import { maskKey } from '../lib/mask.ts'
import { messageOf, systemCodeOf } from '../lib/problem.ts'
import {
  failureReply,
  readTime,
  releaseReply,
  toOneLine,
  upstreamReply,
  type FailureReply,
  type UpstreamData,
} from './kiotproxy-wire.ts'
import type { Lane, Provider, ProviderReply, Upstream } from './provider.ts'
import { createAcceptsPlace, type AcceptsPlace } from './upstream-place.ts'

const maxReplyBytes = 64 * 1024

interface KiotProxyOptions {
  baseUrl: string
  clock: Clock
  /** The whole of one call, in milliseconds. */
  timeoutMs?: number
  /** Calls at the same time in each lane; more wait their turn. */
  maxInFlight?: number
  /** Default: what is right for `baseUrl`. */
  acceptsPlace?: AcceptsPlace
}

type Failure = Exclude<ProviderReply, { kind: 'upstream' | 'none' }>

type Answer =
  | { kind: 'body'; status: number; body: unknown; retryAfterMs: number | null }
  | { kind: 'failed'; failure: Failure }

/** createKiotProxy speaks KiotProxy's API: `/proxies/new`, `/proxies/current`, `/proxies/out`. */
export function createKiotProxy(options: KiotProxyOptions): Provider {
  const { baseUrl, clock, timeoutMs = 10_000, maxInFlight = 16, acceptsPlace = createAcceptsPlace(baseUrl) } = options
  const agent = new Agent({ connections: 2 * maxInFlight, connect: { timeout: Math.min(5_000, timeoutMs) } })
  const lanes = { interactive: pLimit(maxInFlight), background: pLimit(maxInFlight) }

  async function call(verb: string, key: string, parameters: Record<string, string> = {}): Promise<Answer> {
    const url = `${baseUrl}/proxies/${verb}?${new URLSearchParams({ key, ...parameters }).toString()}`
    try {
      const reply = await request(url, {
        dispatcher: agent,
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await readBounded(reply.body)
      const retryAfterMs = readRetryAfter(reply.headers['retry-after'])
      return { kind: 'body', status: reply.statusCode, body: parseJson(text), retryAfterMs }
    } catch (error) {
      return { kind: 'failed', failure: unavailable(describeNetworkError(error)) }
    }
  }

  function readUpstream(answer: Answer, key: string): ProviderReply {
    if (answer.kind === 'failed') return answer.failure
    const reply = upstreamReply.safeParse(answer.body)
    if (!reply.success) return readFailure(answer, key)
    const { data, timestamp } = reply.data
    if (!acceptsPlace(data.http)) return unavailable(describeRefusedPlace(data.http))
    const socks5 = data.socks5 != null && acceptsPlace(data.socks5) ? data.socks5 : null
    return { kind: 'upstream', upstream: toUpstream({ ...data, socks5 }, timestamp, clock.now()) }
  }

  return {
    rotate: (key: string, region: Region, lane: Lane) =>
      lanes[lane](async () => readUpstream(await call('new', key, { region }), key)),
    current: (key: string, lane: Lane) => lanes[lane](async () => readUpstream(await call('current', key), key)),
    release: (key) =>
      lanes.background(async () => {
        const answer = await call('out', key)
        if (answer.kind === 'failed') return answer.failure
        return releaseReply.safeParse(answer.body).success ? { kind: 'none' } : readFailure(answer, key)
      }),
    close: () => agent.destroy(),
  }
}

/**
 * toUpstream puts the provider's times on our clock: their clock may be wrong, so a time counts from the reply's own
 * `timestamp`.
 */
function toUpstream(data: UpstreamData, timestamp: number | null | undefined, now: number): Upstream {
  const ahead = now - (readTime(timestamp, now) ?? now)
  const onOurClock = (time: number | null | undefined) => {
    const at = readTime(time, now)
    return at === null ? null : at + ahead
  }
  const cooldownEnd = data.ttc == null ? null : now + data.ttc * 1000
  return {
    http: data.http,
    socks5: data.socks5 ?? null,
    exitIp: data.realIpAddress ?? null,
    location: data.location ?? null,
    expiresAt: onOurClock(data.expirationAt),
    nextRotationAt: onOurClock(data.nextRequestAt) ?? cooldownEnd,
    ttlSeconds: data.ttl == null ? null : Math.round(data.ttl),
    cooldownSeconds: data.ttc == null ? null : Math.round(data.ttc),
  }
}

function describeRefusedPlace(place: string): string {
  return `KiotProxy gave ${place} as the upstream, which is no IP address on the internet. It is not used: clients would get into this machine or its network. Only a KIOTPROXY_API_BASE on this machine may give such upstreams.`
}

/** failures tells what KiotProxy's error symbols mean; its numeric codes are not reliable. */
const failures: Record<string, (reply: FailureReply, key: string) => ProviderReply> = {
  KEY_NOT_FOUND: () => ({
    kind: 'key_rejected',
    code: 'key_unknown',
    message: "KiotProxy does not know this key. Check it for typing errors; an account's API token is not a key.",
  }),
  KEY_EXPIRED: () => ({
    kind: 'key_rejected',
    code: 'key_expired',
    message: 'This key has run out at KiotProxy. Renew it there to go on.',
  }),
  PROXY_NOT_FOUND_BY_KEY: () => ({ kind: 'none' }),
  TIME_TO_CHANGE_INVALID: (reply) => ({ kind: 'cooldown', retryAfterMs: readWaitSeconds(reply.message) }),
  SYSTEM_IS_HAVING_TROUBLE_ALLOCATING_RESOURCES: () => ({
    kind: 'out_of_stock',
    message: 'KiotProxy has no free IP for this key now.',
  }),
}

function readFailure(answer: Extract<Answer, { kind: 'body' }>, key: string): ProviderReply {
  const { status, body, retryAfterMs } = answer
  const reply = failureReply.safeParse(body)
  const read = reply.success ? failures[reply.data.error] : undefined
  if (reply.success && read) return read(reply.data, key)
  if (status === 429) return unavailable('KiotProxy asks for fewer requests (429).', retryAfterMs)
  if (reply.success) {
    const text = toOneLine(redact(`${reply.data.error} ${reply.data.message}`, key)).slice(0, 300)
    return unavailable(`KiotProxy answered with an error: ${text}`, retryAfterMs)
  }
  return unavailable(`KiotProxy gave an answer that can't be understood (HTTP ${status}).`, retryAfterMs)
}

function unavailable(message: string, retryAfterMs: number | null = null): Extract<Failure, { kind: 'unavailable' }> {
  return { kind: 'unavailable', message, retryAfterMs }
}

/** The seconds of a cooldown stand only in the message: "Gửi lại sau 109 giây". */
function readWaitSeconds(message: string): number | null {
  const seconds = /(\d+)\s*gi[aâ]y/i.exec(message.normalize('NFC'))?.[1]
  return seconds === undefined ? null : Number(seconds) * 1000
}

/** Some messages repeat the key. */
function redact(text: string, key: string): string {
  return text.replaceAll(key, maskKey(key))
}

function readRetryAfter(header: string | string[] | undefined): number | null {
  const seconds = Number(Array.isArray(header) ? header[0] : header)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > maxReplyBytes) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function describeNetworkError(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'KiotProxy did not answer in time.'
  const code = systemCodeOf(error)
  return `KiotProxy can't be reached (${code ?? messageOf(error)}).`
}
