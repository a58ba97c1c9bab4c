import { isIP } from 'node:net'

import { buildConnector, Client, ProxyAgent, type Dispatcher } from 'undici'

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
  const { origin, pathname, search, host } = new URL(url)
  const headers = { host, 'user-agent': 'Stillpoint health check', accept: 'text/plain, application/json' }
  // A plain URL is asked of the proxy as it is; only https needs a tunnel, and the agent that opens it.
  const isPlain = url.startsWith('http:')
  // Made once: it costs as much as a connection. The time to connect is bounded by the time for all.
  const connect = buildConnector({ timeout: 0, keepAlive: false })
  return async (upstream) => {
    const startedAt = performance.now()
    const uri = `http://${upstream}`
    const dispatcher = isPlain ? new Client(uri, { connect }) : new ProxyAgent({ uri, connect: { timeout: timeoutMs } })
    const end = (reason: Error) => void dispatcher.destroy(reason).catch(() => {})
    const onStopping = () => end(new Error('stopping'))
    const timer = setTimeout(() => end(new ProbeTimeout()), timeoutMs)
    stopping.addEventListener('abort', onStopping, { once: true })
    try {
      const path = isPlain ? url : `${pathname}${search}`
      const options = { origin: isPlain ? uri : origin, path, method: 'GET', headers } as const
      const { status, text } = await ask(dispatcher, options)
      if (status >= 400) return { kind: 'unreachable', message: `it answered with status ${status}`, isGone: false }
      return { kind: 'reachable', latencyMs: Math.round(performance.now() - startedAt), exitIp: findAddress(text) }
    } catch (error) {
      if (isOwnFault(error)) return { kind: 'unknown', message: 'this process has no file descriptor left to look' }
      return { kind: 'unreachable', message: describe(error, timeoutMs), isGone: isSilent(error) }
    } finally {
      clearTimeout(timer)
      stopping.removeEventListener('abort', onStopping)
      end(over)
    }
  }
}

/** Ends the connection of a probe that was answered. One for all: the trace of an error costs more than the probe. */
const over = new Error('the probe is over')

/** ProbeTimeout ends a probe whose whole time is over. */
class ProbeTimeout extends Error {
  override readonly name = 'TimeoutError'
}

/** The status of an answer and the start of its body, without the streams that a request of its own would make. */
function ask(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let status = 0
    const finish = () => resolve({ status, text: Buffer.concat(chunks).toString('utf8') })
    dispatcher.dispatch(options, {
      onRequestStart() {},
      onResponseStart(_, statusCode) {
        status = statusCode
      },
      onResponseData(_, chunk) {
        chunks.push(Buffer.from(chunk))
        length += chunk.length
        if (length >= maxBodyBytes) finish()
      },
      onResponseEnd: finish,
      onResponseError: (_, error) => reject(error),
    })
  })
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
