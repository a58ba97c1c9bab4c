import { connect, isIP, type NetConnectOpts, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

import type { Lease } from '../table.ts'

/** A connection begins with a small buffer, so that idle ones are cheap, and reads in larger pieces while it is busy. */
const smallBytes = 4 * 1024
const largeBytes = 256 * 1024
const growth = 4
/** Small buffers of connections that ended, for those that begin: memory in use already costs far less than fresh one. */
const spare: Buffer[] = []
const maxSpare = 256

/** Reader gets what an upstream sends. */
export interface Reader {
  /**
   * The chunk is only valid during the call, unless true is returned: then its memory may still be in use (a write that the
   * kernel has not taken yet) and is left alone.
   */
  onData(chunk: Buffer): boolean
  onEnd(): void
  /** Once, at the end of its life. `error` is null where it ended in order. */
  onClose(error: Error | null): void
  onDrain(): void
}

/** Dialer is the first reader: it is also told when the connection is there, over TLS when the certificate was found right. */
export interface Dialer extends Reader {
  onConnect(): void
}

/** UpstreamTls is what certificates of upstreams are checked by; by default the authorities that Node trusts. */
export type UpstreamTls = Pick<ConnectionOptions, 'ca'>

const nobody: Reader = { onData: () => true, onEnd() {}, onClose() {}, onDrain() {} }

/**
 * UpstreamSocket is a connection to an upstream that reads into a buffer of its own (`onread`), which costs half of what
 * 'data' events do. Whoever uses it sets `reader`.
 */
export class UpstreamSocket {
  readonly socket: Socket
  reader: Reader
  isClosed = false
  #dialer: Dialer | null
  #size = smallBytes
  #buffer = spare.pop() ?? Buffer.allocUnsafe(smallBytes)
  #isRetained = false
  #error: Error | null = null

  /** Throws for a place that is none (a port over 65535). */
  constructor(lease: Lease, dialer: Dialer, tls: UpstreamTls) {
    this.reader = dialer
    this.#dialer = dialer
    const isSecure = lease.protocol === 'https'
    const onread = { buffer: () => this.#provide(), callback: (length: number) => this.#take(length) }
    this.socket = isSecure ? openTls(lease, onread, tls) : open(lease, onread)
    this.socket.on('error', (error) => (this.#error = error))
    this.socket.on(isSecure ? 'secureConnect' : 'connect', () => this.#onConnect())
    this.socket.on('end', () => this.reader.onEnd())
    this.socket.on('drain', () => this.reader.onDrain())
    this.socket.on('close', () => {
      this.isClosed = true
      if (!this.#isRetained && this.#buffer.length === smallBytes && spare.length < maxSpare) spare.push(this.#buffer)
      this.reader.onClose(this.#error)
    })
  }

  /** Lets go of it for good. */
  destroy(): void {
    this.reader = nobody
    this.socket.destroy()
  }

  #onConnect(): void {
    const dialer = this.#dialer
    // Whoever dialled is kept alive no longer than for that.
    this.#dialer = null
    if (dialer !== null && this.reader === dialer) dialer.onConnect()
  }

  #provide(): Buffer {
    if (this.#isRetained || this.#buffer.length !== this.#size) this.#buffer = Buffer.allocUnsafe(this.#size)
    this.#isRetained = false
    return this.#buffer
  }

  #take(length: number): boolean {
    const whole = this.#buffer
    if (length === whole.length) this.#size = Math.min(largeBytes, this.#size * growth)
    else if (length < whole.length / (2 * growth)) this.#size = smallBytes
    this.#isRetained = this.reader.onData(whole.subarray(0, length))
    return true
  }
}

function open({ host, port }: Lease, onread: OnReadOpts): Socket {
  return connect({ host, port, noDelay: true, allowHalfOpen: true, onread })
}

/** An address is no name to ask for (RFC 6066, 3); Node then looks for it among the addresses of the certificate. */
function openTls({ host, port }: Lease, onread: OnReadOpts, { ca }: UpstreamTls): Socket {
  const options = {
    host,
    port,
    noDelay: true,
    allowHalfOpen: true,
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    onread,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  } satisfies ConnectionOptions & NetConnectOpts
  return connectTls(options)
}
