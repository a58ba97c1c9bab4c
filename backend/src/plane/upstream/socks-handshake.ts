import type { Parsed } from '../bytes/parsed.ts'
import {
  formatConnect,
  formatGreeting,
  formatPassword,
  parseLoginStatus,
  parseMethod,
  parseSocksReply,
  socksMethod,
  socksReply,
} from '../bytes/socks5.ts'
import type { UpstreamCredentials } from '../table.ts'
import { denied, failure, nonsense, type UpstreamFailure } from './failure.ts'
import { more, type Handshake, type Progress, type TunnelTarget } from './handshake.ts'

/** SocksHandshake speaks SOCKS5 with an upstream (RFC 1928), with user name and password where there are some (RFC 1929). */
export class SocksHandshake implements Handshake {
  readonly first: Buffer
  readonly #credentials: UpstreamCredentials | null
  readonly #target: TunnelTarget
  #step: 'method' | 'login' | 'reply' = 'method'

  constructor(credentials: UpstreamCredentials | null, target: TunnelTarget) {
    this.#credentials = credentials
    this.#target = target
    this.first = formatGreeting(credentials === null ? [socksMethod.none] : [socksMethod.none, socksMethod.password])
  }

  next(bytes: Buffer): Progress {
    switch (this.#step) {
      case 'method':
        return read(parseMethod(bytes), (method, taken) => this.#begin(method, taken))
      case 'login':
        return read(parseLoginStatus(bytes), (status, taken) =>
          status === 0 ? this.#ask(taken) : failed(denied(`${status} to the login`)),
        )
      case 'reply':
        return read(parseSocksReply(bytes), (code, taken) =>
          code === socksReply.done ? { kind: 'open', taken } : failed(refusal(code)),
        )
      default:
        return this.#step satisfies never
    }
  }

  #begin(method: number, taken: number): Progress {
    if (method === socksMethod.none) return this.#ask(taken)
    if (method !== socksMethod.password || this.#credentials === null) {
      return failed(denied(`method ${method} to the greeting`))
    }
    this.#step = 'login'
    return { kind: 'send', bytes: formatPassword(this.#credentials), taken }
  }

  #ask(taken: number): Progress {
    const request = formatConnect(this.#target.host, this.#target.port)
    if (request === null)
      return failed(failure('target', 400, 'The name of the target has no place in a SOCKS5 request.'))
    this.#step = 'reply'
    return { kind: 'send', bytes: request, taken }
  }
}

function read<T>(parsed: Parsed<T>, onWhole: (value: T, taken: number) => Progress): Progress {
  if (parsed.kind === 'incomplete') return more
  if (parsed.kind === 'bad') return failed(nonsense(parsed.text))
  return onWhole(parsed.value, parsed.bytes)
}

function failed(reason: UpstreamFailure): Progress {
  return { kind: 'failed', failure: reason }
}

function refusal(code: number): UpstreamFailure {
  const status = code === socksReply.notAllowed ? 403 : code === socksReply.expired ? 504 : 502
  return failure('target', status, `The upstream proxy could not reach this target (SOCKS code ${code}).`)
}
