import { connect, type Socket } from 'node:net'

import type { RouteUpstream } from './route.ts'

export type AvailableUpstream = Extract<RouteUpstream, { kind: 'available' }>

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

/** Dialer is the first reader: it is also told when the connection is there. */
export interface Dialer extends Reader {
  onConnect(): void
}

const nobody: Reader = { onData: () => true, onEnd() {}, onClose() {}, onDrain() {} }

/**
 * UpstreamSocket is a connection to an upstream that reads into a buffer of its own (`onread`), which costs half of what
 * 'data' events do. Whoever uses it sets `reader`.
 */
export class UpstreamSocket {
  readonly socket: Socket
  reader: Reader
  isClosed = false
  #size = smallBytes
  #buffer = spare.pop() ?? Buffer.allocUnsafe(smallBytes)
  #isRetained = false
  #error: Error | null = null

  constructor(host: string, port: number, dialer: Dialer) {
    this.reader = dialer
    this.socket = connect({
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      onread: { buffer: () => this.#provide(), callback: (length) => this.#take(length) },
    })
    this.socket.on('error', (error) => (this.#error = error))
    this.socket.on('connect', () => {
      if (this.reader === dialer) dialer.onConnect()
    })
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

/** addressOf names an upstream as one piece of text. */
export function addressOf({ host, port }: AvailableUpstream): string {
  return `${host}:${port}`
}
