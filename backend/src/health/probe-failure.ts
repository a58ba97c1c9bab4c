import { messageOf, systemCodeOf } from '../lib/problem.ts'

/**
 * ProbeFailure is a known reason why a request through an upstream failed, in words that follow "fails its health check:".
 * `isGone`: the upstream itself did not answer; otherwise what lies behind it may be to blame.
 */
export class ProbeFailure extends Error {
  override readonly name = 'ProbeFailure'
  readonly isGone: boolean

  constructor(message: string, { isGone }: { isGone: boolean }) {
    super(message)
    this.isGone = isGone
  }
}

/** deniedFailure is what an upstream says that wants other credentials than ours. */
export function deniedFailure(): ProbeFailure {
  return new ProbeFailure('the upstream refuses our credentials', { isGone: false })
}

/** closedFailure is an upstream that closes the connection instead of an answer. */
export function closedFailure(): ProbeFailure {
  return new ProbeFailure('the upstream closed the connection', { isGone: true })
}

const silentCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'UND_ERR_SOCKET',
])

const wordings: Record<string, string> = {
  ECONNREFUSED: 'the upstream refuses connections',
  ECONNRESET: 'the upstream closed the connection',
  EPIPE: 'the upstream closed the connection',
  UND_ERR_SOCKET: 'the upstream closed the connection',
}

/** toProbeFailure reads what a connection ended with; null for a fault of our own, which says nothing about the upstream. */
export function toProbeFailure(error: unknown): ProbeFailure | null {
  if (error instanceof ProbeFailure) return error
  const code = systemCodeOf(error instanceof Error ? error.cause : undefined) ?? systemCodeOf(error)
  // Without file descriptors left we can't connect anywhere.
  if (code === 'EMFILE' || code === 'ENFILE') return null
  if (code === undefined) return new ProbeFailure(messageOf(error), { isGone: false })
  return new ProbeFailure(wordings[code] ?? code, { isGone: silentCodes.has(code) })
}

/** What OpenSSL calls a certificate that can't be believed, and Node one for another name. */
const certificateCode = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|HOSTNAME_|CRL_|ERR_TLS_CERT)/

/** toTlsFailure says what is wrong with the TLS of `whom`; what has nothing to do with TLS is returned as it is. */
export function toTlsFailure(whom: string, error: Error): Error {
  const code = systemCodeOf(error) ?? ''
  if (certificateCode.test(code)) {
    return new ProbeFailure(`the certificate of ${whom} is not valid: ${error.message}`, { isGone: false })
  }
  const isTls = code.startsWith('ERR_SSL') || code === 'EPROTO'
  return isTls ? new ProbeFailure(`${whom} does not speak TLS (${code})`, { isGone: false }) : error
}
