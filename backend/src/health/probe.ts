import { isIP } from 'node:net'

import { askThrough } from './ask-through.ts'
import { deniedFailure, toProbeFailure } from './probe-failure.ts'
import type { ProbedUpstream } from './probed-upstream.ts'

/** ProbeResult is what one request through an upstream showed; `exitIp` is the address that the target saw, if it tells. */
export type ProbeResult =
  | { kind: 'reachable'; latencyMs: number; exitIp: string | null }
  /** `isGone`: the upstream itself did not answer; otherwise what lies behind it may be to blame. */
  | { kind: 'unreachable'; message: string; isGone: boolean }
  /** The probe could not be made, for a reason of our own. */
  | { kind: 'unknown'; message: string }

/** Judgement is a probe that says something about the upstream. */
export type Judgement = Exclude<ProbeResult, { kind: 'unknown' }>

/** Probe makes one request through an upstream. It never throws. */
export type Probe = (upstream: ProbedUpstream) => Promise<ProbeResult>

/** createProbe makes a Probe that fetches `url`; the whole of it may take `timeoutMs`, and ends when `stopping` aborts. */
export function createProbe(url: string, timeoutMs: number, stopping: AbortSignal): Probe {
  const { host } = new URL(url)
  const headers = { host, 'user-agent': 'Stillpoint health check', accept: 'text/plain, application/json' }
  const question = { url, headers, byTunnel: false, timeoutMs, stopping }
  return async (upstream) => {
    if (stopping.aborted) return stopped
    const startedAt = performance.now()
    try {
      const { status, text } = await askThrough(upstream, question)
      if (status === 407) throw deniedFailure()
      if (status >= 400) return { kind: 'unreachable', message: `it answered with status ${status}`, isGone: false }
      return { kind: 'reachable', latencyMs: Math.round(performance.now() - startedAt), exitIp: findAddress(text) }
    } catch (error) {
      if (stopping.aborted) return stopped
      const failure = toProbeFailure(error)
      if (failure === null) return { kind: 'unknown', message: 'this process has no file descriptor left to look' }
      return { kind: 'unreachable', message: failure.message, isGone: failure.isGone }
    }
  }
}

const stopped: ProbeResult = { kind: 'unknown', message: 'Stillpoint is stopping' }

/** The first IP address in a text such as `203.0.113.7`, `{"ip": "203.0.113.7"}` or `ip=203.0.113.7`. */
export function findAddress(text: string): string | null {
  const words = text.split(/[\s"'=,{}<>[\]]+/)
  return words.find((word) => isIP(word) !== 0) ?? null
}
