import { systemCodeOf } from '../lib/problem.ts'

/** UpstreamFailure is why no connection came about: the upstream refused it, was silent, broke off or answered nonsense. */
export type UpstreamFailure = 'refused' | 'timeout' | 'broken' | 'denied' | 'missing' | 'overloaded'

interface Details {
  /** What the client is answered. */
  status: number
  text: string
  retryAfterSeconds?: number | null
}

/** UpstreamError carries the answer for the client; its text names no secret. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly kind: UpstreamFailure
  readonly status: number
  readonly retryAfterSeconds: number | null

  constructor(kind: UpstreamFailure, { status, text, retryAfterSeconds = null }: Details) {
    super(text)
    this.kind = kind
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** isUnreachable tells whether the failure speaks against the upstream itself and not against what was asked of it. */
export function isUnreachable(error: UpstreamError): boolean {
  return error.kind === 'refused' || error.kind === 'timeout' || error.kind === 'broken'
}

export function connectError(error: unknown): UpstreamError {
  const code = systemCodeOf(error)
  switch (code) {
    case 'ETIMEDOUT':
      return connectTimeout()
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'EADDRNOTAVAIL':
      return new UpstreamError('overloaded', {
        status: 503,
        text: 'This proxy has no free socket now.',
        retryAfterSeconds: 1,
      })
    case 'ECONNRESET':
    case 'EPIPE':
      return new UpstreamError('broken', { status: 502, text: 'The upstream proxy broke the connection off.' })
    default:
      return new UpstreamError('refused', {
        status: 502,
        text: `The upstream proxy can't be reached (${code ?? 'no reason'}).`,
      })
  }
}

export function connectTimeout(): UpstreamError {
  return new UpstreamError('timeout', { status: 504, text: 'The upstream proxy did not answer in time.' })
}

export function brokenOff(): UpstreamError {
  return new UpstreamError('broken', {
    status: 502,
    text: 'The upstream proxy broke the connection off before it answered.',
  })
}

export function nonsense(text: string): UpstreamError {
  return new UpstreamError('denied', {
    status: 502,
    text: `The upstream proxy gave an answer that can't be used. ${text}`,
  })
}
