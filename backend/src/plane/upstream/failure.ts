import { systemCodeOf } from '../../lib/problem.ts'
import type { Refusal } from '../report.ts'

/**
 * FailureKind is why no way through an upstream came about. It could not be reached (`refused`, `timeout`, `broken`), can't be
 * trusted (`untrusted`), wants other credentials (`denied`), answers what can't be understood (`nonsense`), would not or could
 * not reach the target (`target`), is not there (`missing`); or we have no socket left (`overloaded`).
 */
export type FailureKind =
  | 'refused'
  | 'timeout'
  | 'broken'
  | 'untrusted'
  | 'denied'
  | 'nonsense'
  | 'target'
  | 'missing'
  | 'overloaded'

/** UpstreamFailure carries the answer for the client; its text names no secret. */
export interface UpstreamFailure {
  readonly kind: FailureKind
  /** What an HTTP client is answered. */
  readonly status: number
  readonly text: string
  readonly retryAfterSeconds: number | null
}

/** isUnreachable tells whether the failure speaks against the upstream itself and not against what was asked of it. */
export function isUnreachable({ kind }: UpstreamFailure): boolean {
  return kind === 'refused' || kind === 'timeout' || kind === 'broken' || kind === 'untrusted'
}

/** refusalOf is how a failure is counted. */
export function refusalOf({ kind }: UpstreamFailure): Refusal {
  switch (kind) {
    case 'missing':
      return 'upstream_missing'
    case 'denied':
      return 'upstream_denied'
    case 'target':
      return 'target'
    case 'overloaded':
      return 'too_many_connections'
    case 'refused':
    case 'timeout':
    case 'broken':
    case 'untrusted':
    case 'nonsense':
      return 'upstream'
    default:
      return kind satisfies never
  }
}

export function failure(
  kind: FailureKind,
  status: number,
  text: string,
  retryAfterSeconds: number | null = null,
): UpstreamFailure {
  return { kind, status, text, retryAfterSeconds }
}

/** connectFailure says why a connection did not come about, or broke before it was of use. */
export function connectFailure(error: unknown): UpstreamFailure {
  const code = systemCodeOf(error)
  switch (code) {
    case 'ETIMEDOUT':
      return connectTimeout()
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'EADDRNOTAVAIL':
      return failure('overloaded', 503, 'This proxy has no free socket now.', 1)
    case 'ECONNRESET':
    case 'EPIPE':
      return failure('broken', 502, 'The upstream proxy broke the connection off.')
    default:
      return certificateFailure(code) ?? refused(code)
  }
}

/** refused is also what a place is that can't be connected to at all. */
export function refused(code = 'no reason'): UpstreamFailure {
  return failure('refused', 502, `The upstream proxy can't be reached (${code}).`)
}

export function connectTimeout(): UpstreamFailure {
  return failure('timeout', 504, 'The upstream proxy did not answer in time.')
}

export function brokenOff(): UpstreamFailure {
  return failure('broken', 502, 'The upstream proxy broke the connection off before it answered.')
}

export function nonsense(text: string): UpstreamFailure {
  return failure('nonsense', 502, `The upstream proxy gave an answer that can't be used. ${text}`)
}

export function denied(what: string): UpstreamFailure {
  return failure('denied', 502, `The upstream proxy wants credentials of its own (it answered ${what}).`)
}

const certificateComplaints: Record<string, string> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by nobody else',
  SELF_SIGNED_CERT_IN_CHAIN: 'is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is signed by an authority that is not trusted here',
  CERT_REVOKED: 'was revoked',
  CERT_UNTRUSTED: 'is not trusted',
  CERT_REJECTED: 'is rejected',
  INVALID_PURPOSE: 'is not one of a server',
}

/** What Node calls all the other ways in which OpenSSL finds a certificate or its chain wrong. */
const anyComplaint = /CERT|CRL|ISSUER|INVALID_CA|PATH_LENGTH|HOSTNAME_MISMATCH|^UNSPECIFIED$/

/** Nothing is sent to an upstream whose certificate is not right. */
function certificateFailure(code: string | undefined): UpstreamFailure | null {
  if (code === undefined) return null
  const complaint = certificateComplaints[code] ?? (anyComplaint.test(code) ? "can't be verified" : undefined)
  if (complaint !== undefined)
    return failure(
      'untrusted',
      502,
      `The certificate of the upstream proxy ${complaint} (${code}); nothing was sent to it.`,
    )
  if (/^ERR_(?:SSL|TLS)_/.test(code) || code === 'EPROTO')
    return failure(
      'untrusted',
      502,
      `The upstream proxy does not speak TLS as it should (${code}); nothing was sent to it.`,
    )
  return null
}
