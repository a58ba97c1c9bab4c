import { formatAuthority } from '../bytes/addresses.ts'
import { formatBasic } from '../bytes/basic.ts'
import { parseConnectReply } from '../bytes/connect-reply.ts'
import type { UpstreamCredentials } from '../table.ts'
import { denied, failure, nonsense, type UpstreamFailure } from './failure.ts'
import { more, type Handshake, type Progress, type TunnelTarget } from './handshake.ts'

/** ConnectHandshake asks with CONNECT host:port HTTP/1.1 (RFC 9110, 9.3.6): an answer of 2xx has no body, whatever its fields say. */
export class ConnectHandshake implements Handshake {
  readonly first: string

  constructor(credentials: UpstreamCredentials | null, { host, port }: TunnelTarget) {
    const authority = formatAuthority(host, port)
    const authorization = credentials === null ? '' : `Proxy-Authorization: ${formatBasic(credentials)}\r\n`
    this.first = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`
  }

  next(bytes: Buffer): Progress {
    const reply = parseConnectReply(bytes)
    if (reply.kind === 'incomplete') return more
    if (reply.kind === 'bad') return { kind: 'failed', failure: nonsense(reply.text) }
    const status = reply.value
    if (status === 101) return { kind: 'failed', failure: nonsense('It switches to a protocol that nobody asked for.') }
    if (status < 200) return { kind: 'send', bytes: null, taken: reply.bytes }
    return status < 300 ? { kind: 'open', taken: reply.bytes } : { kind: 'failed', failure: refusal(status) }
  }
}

function refusal(status: number): UpstreamFailure {
  if (status === 407 || status === 401) return denied(String(status))
  const isError = status >= 400 && status <= 599
  return failure('target', isError ? status : 502, `The upstream proxy refused this target (it answered ${status}).`)
}
