import type { AccessVerdict, Credentials } from './access.ts'
import type { ClientConnection } from './client.ts'
import type { PassageOwner, Way } from './passage.ts'
import {
  formatReply,
  parseGreeting,
  parsePassword,
  parseRequest,
  socksMethod,
  socksReply,
  socksVersion,
  type Parsed,
  type SocksRequest,
} from './socks5.ts'
import type { UpstreamError, UpstreamFailure } from './upstream-error.ts'

const maxMessageBytes = 1024
const connectCommand = 1

const replies: Record<UpstreamFailure, number> = {
  refused: socksReply.refused,
  timeout: socksReply.expired,
  broken: socksReply.failed,
  denied: socksReply.unreachable,
  missing: socksReply.unreachable,
  overloaded: socksReply.failed,
}

/** What is to come from the client next; `verdict`: nothing, its credentials are looked at. */
export type SocksStep = 'greeting' | 'password' | 'verdict' | 'request'

/**
 * SocksSession speaks SOCKS5 with one client (RFC 1928), with user name and password (RFC 1929) unless its address is
 * allowed. CONNECT only; the target's name goes to the upstream as it is.
 */
export class SocksSession implements PassageOwner {
  readonly #client: ClientConnection
  #step: SocksStep
  #bytes: Buffer = Buffer.alloc(0)

  constructor(client: ClientConnection, step: SocksStep) {
    this.#client = client
    this.#step = step
  }

  /** Takes what the client sends, up to its request. */
  feed(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    // A client that does not wait for our replies is read no further than this.
    if (this.#bytes.length > 64 * maxMessageBytes) this.#client.socket.pause()
    this.#advance()
  }

  onPassed(way: Way): void {
    this.#client.socket.write(formatReply(socksReply.done))
    this.#client.startTunnel(way)
  }

  onBarred(error: UpstreamError): void {
    this.#client.close(formatReply(replies[error.kind]))
  }

  #advance(): void {
    switch (this.#step) {
      case 'greeting':
        return this.#take(
          parseGreeting,
          (methods) => this.#greet(methods),
          () => this.#client.destroy(),
        )
      case 'password':
        return this.#take(
          parsePassword,
          (credentials) => this.#judge(credentials),
          () => this.#client.close(Buffer.from([1, 1])),
        )
      case 'request':
        return this.#take(
          parseRequest,
          (request) => this.#connect(request),
          () => this.#client.close(formatReply(socksReply.failed)),
        )
      case 'verdict':
        return
      default:
        return this.#step satisfies never
    }
  }

  /** Reads one message once it is whole; one that is malformed or too long is none. */
  #take<T>(parse: (bytes: Buffer) => Parsed<T>, onMessage: (value: T) => void, onBad: () => void): void {
    const parsed = parse(this.#bytes)
    if (parsed === 'bad' || (parsed === null && this.#bytes.length > maxMessageBytes)) return onBad()
    if (parsed === null) return
    this.#bytes = this.#bytes.subarray(parsed.bytes)
    onMessage(parsed.value)
  }

  #greet(methods: ReadonlySet<number>): void {
    if (!methods.has(socksMethod.none)) return this.#askForPassword(methods)
    this.#client.judge(null, (verdict) => {
      if (verdict !== 'allowed') return this.#askForPassword(methods)
      this.#client.socket.write(Buffer.from([socksVersion, socksMethod.none]))
      this.#await('request')
    })
  }

  #askForPassword(methods: ReadonlySet<number>): void {
    const isPossible = methods.has(socksMethod.password)
    const reply = Buffer.from([socksVersion, isPossible ? socksMethod.password : socksMethod.refused])
    if (!isPossible) return this.#client.close(reply)
    this.#client.socket.write(reply)
    this.#await('password')
  }

  #judge(credentials: Credentials): void {
    this.#step = 'verdict'
    this.#client.judge(credentials, (verdict: AccessVerdict) => {
      if (verdict !== 'allowed') return this.#client.close(Buffer.from([1, 1]))
      this.#client.socket.write(Buffer.from([1, 0]))
      this.#await('request')
    })
  }

  #await(step: SocksStep): void {
    this.#step = step
    this.#advance()
  }

  #connect({ command, host, port }: SocksRequest): void {
    if (command !== connectCommand) return this.#client.close(formatReply(socksReply.unknownCommand))
    if (host === null) return this.#client.close(formatReply(socksReply.unknownAddress))
    if (port === 0) return this.#client.close(formatReply(socksReply.notAllowed))
    if (this.#bytes.length > 0) this.#client.hold(this.#bytes)
    this.#client.reach({ host, port }, this)
  }
}
