import { isIP } from 'node:net'

import { ProxyAgent, request } from 'undici'

import { messageOf, systemCodeOf } from '../lib/problem.ts'

const maxBodyBytes = 16 * 1024

/** ProbeResult is what one request through an upstream showed; `exitIp` is the address that the target saw, if it tells. */
export type ProbeResult =
  | { kind: 'reachable'; latencyMs: number; exitIp: string | null }
  /** `isGone`: the upstream itself did not answer; otherwise what lies behind it may be to blame. */
  | { kind: 'unreachable'; message: string; isGone: boolean }
  /** The probe could not be made, for a reason of our own. */
  | { kind: 'unknown'; message: string }

/** Judgement is a probe that says something about the upstream. */
export type Judgement = Exclude<ProbeResult, { kind: 'unknown' }>

/** Probe makes one request through the upstream at host:port. It never throws. */
export type Probe = (upstream: string) => Promise<ProbeResult>

/** createProbe makes a Probe that fetches `url`; the whole of it may take `timeoutMs`, and ends when `stopping` aborts. */
export function createProbe(url: string, timeoutMs: number, stopping: AbortSignal): Probe {
  return async (upstream) => {
    const startedAt = performance.now()
    let agent: ProxyAgent | null = null
    try {
      agent = new ProxyAgent({
        uri: `http://${upstream}`,
        connect: { timeout: timeoutMs },
        proxyTunnel: url.startsWith('https:'),
      })
      const reply = await request(url, {
        dispatcher: agent,
        headers: { 'user-agent': 'Stillpoint health check', accept: 'text/plain, application/json' },
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping]),
      })
      const text = await readStart(reply.body)
      if (reply.statusCode >= 400) {
        return { kind: 'unreachable', message: `it answered with status ${reply.statusCode}`, isGone: false }
      }
      return { kind: 'reachable', latencyMs: Math.round(performance.now() - startedAt), exitIp: findAddress(text) }
    } catch (error) {
      if (isOwnFault(error)) return { kind: 'unknown', message: 'this process has no file descriptor left to look' }
      return { kind: 'unreachable', message: describe(error, timeoutMs), isGone: isSilent(error) }
    } finally {
      await agent?.destroy()
    }
  }
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= maxBodyBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The first IP address in a text such as `203.0.113.7`, `{"ip": "203.0.113.7"}` or `ip=203.0.113.7`. */
export function findAddress(text: string): string | null {
  const words = text.split(/[\s"'=,{}<>[\]]+/)
  return words.find((word) => isIP(word) !== 0) ?? null
}

const silentCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
])

/** Whether nothing at all came back from the upstream. */
function isSilent(error: unknown): boolean {
  if (error instanceof Error && error.name === 'TimeoutError') return true
  return silentCodes.has(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  return systemCodeOf(error instanceof Error ? error.cause : undefined) ?? systemCodeOf(error)
}

/** Without file descriptors left we can't connect anywhere: that says nothing about the upstream. */
function isOwnFault(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'EMFILE' || code === 'ENFILE'
}

function describe(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  const code = codeOf(error)
  return code === 'ECONNREFUSED' ? 'the upstream refuses connections' : (code ?? messageOf(error))
}
