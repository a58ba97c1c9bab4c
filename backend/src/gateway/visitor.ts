import type { Socket } from 'node:net'

import type { Clock } from '../lib/clock.ts'
import { labelUnder } from '../lib/host-name.ts'
import { formatAnswer } from '../lib/http-answer.ts'
import type { Adopted } from '../proxy/listener.ts'
import type { SocksStep } from '../proxy/socks-session.ts'
import type { Perishable } from '../lib/sweep.ts'
import type { Clues } from './identify.ts'
import { peek } from './peek.ts'

const headTimeoutMs = 10_000
const lingerMs = 2_000
const maxSocksBytes = 1_024
const socksVersion = 5
const socksPassword = 2
const socksRefused = 255

/** Origin is where a visitor comes from, after PROXY protocol and TLS. */
export interface Origin {
  socket: Socket
  clientAddress: string
  localAddress: string
  /** Null without TLS; empty where the client named nobody. */
  serverName: string | null
  /** Counts the connection no more among those of the gateway; may be called again. */
  release: () => void
}

/** Host is what a visitor needs of the gateway. */
export interface Host {
  readonly clock: Clock
  readonly domain: string
  identify(clues: Clues): string | null
  /** Hands a connection to an endpoint; false where it has no listener now. */
  handOver(name: string, adopted: Adopted): boolean
  /** Hands a connection to the web site, with what was read of it. */
  receive(origin: Origin, bytes: Buffer): void
  /** It is over here, one way or the other. */
  onLeft(visitor: Visitor): void
}

/** Visitor is a connection of which the gateway does not know yet whom it is for. */
export class Visitor implements Perishable {
  place = -1
  deadline: number
  readonly #origin: Origin
  readonly #host: Host
  #bytes: Buffer = Buffer.alloc(0)
  #isClosing = false
  /** Its SOCKS5 greeting was answered: what comes next is its user name. */
  #isGreeted = false

  get clientAddress(): string {
    return this.#origin.clientAddress
  }

  constructor(origin: Origin, host: Host) {
    this.#origin = origin
    this.#host = host
    this.deadline = host.clock.now() + headTimeoutMs
    const { socket } = origin
    socket.on('error', ignore)
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
  }

  /** Takes what was read of it before. */
  begin(bytes: Buffer): void {
    if (bytes.length > 0) this.#onData(bytes)
  }

  destroy(): void {
    this.#origin.socket.destroy()
  }

  expire(): void {
    if (this.#isClosing || this.#bytes[0] === socksVersion || this.#bytes.length === 0) return this.destroy()
    this.#close(formatAnswer({ status: 408, text: 'The request did not come within 10 s.' }))
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isClosing) return
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    if (this.#isGreeted) return this.#readSocksName()
    if (this.#bytes[0] === socksVersion) return this.#readSocksGreeting()
    this.#readRequest()
  }

  #readRequest(): void {
    const seen = peek(this.#bytes)
    switch (seen.kind) {
      case 'incomplete':
        return
      case 'bad':
        return this.#close(formatAnswer(seen))
      case 'site':
        this.#leave()
        return this.#host.receive(this.#origin, this.#bytes)
      case 'proxy':
        return this.#lead(seen)
      default:
        return seen satisfies never
    }
  }

  #lead({ username, hasBody, bytes }: { username: string | null; hasBody: boolean; bytes: number }): void {
    const name = this.#identify(username)
    if (name !== null) return this.#handOver(name, 'greeting')
    const label = labelUnder(this.#host.domain, this.#origin.serverName ?? '')
    if (label !== null) return this.#close(formatAnswer({ status: 404, text: `There is no endpoint ${label} here.` }))
    const text = 'This proxy needs the user name (proxy1, proxy2, ...) and access token of an endpoint.'
    const keepsConnection = !hasBody
    const refusal = formatAnswer({ status: 407, text, keepsConnection, realm: 'Stillpoint' })
    if (!keepsConnection) return this.#close(refusal)
    // A browser asks its user and tries again on the same connection.
    this.#origin.socket.write(refusal)
    this.#bytes = this.#bytes.subarray(bytes)
    this.deadline = this.#host.clock.now() + headTimeoutMs
    if (this.#bytes.length > 0) queueMicrotask(() => this.#isClosing || this.#readRequest())
  }

  /** RFC 1928, 3: version, number of methods, methods. Who is known by an address goes on with the endpoint itself. */
  #readSocksGreeting(): void {
    const count = this.#bytes[1] ?? 256
    if (this.#bytes.length < 2 + count) return this.#boundSocks()
    const name = this.#identify(null)
    if (name !== null) return this.#handOver(name, 'greeting')
    const hasPassword = this.#bytes.subarray(2, 2 + count).includes(socksPassword)
    const method = hasPassword ? socksPassword : socksRefused
    if (!hasPassword) return this.#close(Buffer.from([socksVersion, method]))
    this.#origin.socket.write(Buffer.from([socksVersion, method]))
    this.#bytes = this.#bytes.subarray(2 + count)
    this.#isGreeted = true
    if (this.#bytes.length > 0) this.#readSocksName()
  }

  /** RFC 1929: version 1, length, user name; the rest is for the endpoint to judge. */
  #readSocksName(): void {
    const length = this.#bytes[1] ?? 256
    if (this.#bytes.length < 2 + length) return this.#boundSocks()
    const name = this.#identify(this.#bytes.toString('utf8', 2, 2 + length))
    if (name === null) return this.#close(Buffer.from([1, 1]))
    this.#handOver(name, 'password')
  }

  #boundSocks(): void {
    if (this.#bytes.length > maxSocksBytes) this.destroy()
  }

  #identify(username: string | null): string | null {
    const { serverName, localAddress, clientAddress } = this.#origin
    return this.#host.identify({ serverName, username, localAddress, clientAddress })
  }

  #handOver(name: string, socksStep: SocksStep): void {
    const { socket, clientAddress, release } = this.#origin
    this.#leave()
    // From here on the endpoint counts it.
    release()
    const isTaken = this.#host.handOver(name, { socket, clientAddress, bytes: this.#bytes, socksStep })
    if (isTaken) return
    socket.end(formatAnswer({ status: 503, text: `${name} is not available now.` }))
    socket.destroySoon()
  }

  /** Sends this and ends; what still comes is thrown away for a moment, lest the client lose the answer to a reset. */
  #close(bytes: Buffer | string): void {
    this.#isClosing = true
    this.deadline = this.#host.clock.now() + lingerMs
    this.#origin.socket.end(bytes)
  }

  readonly #onEnd = (): void => {
    if (this.#isClosing) this.destroy()
    else this.#close('')
  }

  readonly #onClose = (): void => this.#leave()

  #leave(): void {
    const { socket } = this.#origin
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#host.onLeft(this)
  }
}

/** What broke shows in 'close', which always follows. */
function ignore(): void {}
