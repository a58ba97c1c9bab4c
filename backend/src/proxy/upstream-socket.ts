import { connect, type Socket } from 'node:net'
import type { Lifetime } from './lifetime.ts'

import type { RouteUpstream } from './route.ts'
import { connectError, connectTimeout } from './upstream-error.ts'

export type AvailableUpstream = Extract<RouteUpstream, { kind: 'available' }>

/** A connection begins with a small buffer, so that idle ones are cheap, and reads in larger pieces while it is busy. */
const smallBytes = 4 * 1024
const largeBytes = 256 * 1024
const growth = 4

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

const nobody: Reader = { onData: () => true, onEnd() {}, onClose() {}, onDrain() {} }

/**
 * UpstreamSocket is a connection to an upstream that reads into a buffer of its own (`onread`), which costs half of what
 * 'data' events do. Whoever uses it sets `reader`.
 */
export class UpstreamSocket {
  readonly socket: Socket
  reader: Reader = nobody
  isClosed = false
  #size = smallBytes
  #buffer = Buffer.allocUnsafe(smallBytes)
  #isRetained = false
  #error: Error | null = null

  constructor(host: string, port: number) {
    this.socket = connect({
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      onread: { buffer: () => this.#provide(), callback: (length) => this.#take(length) },
    })
    this.socket.on('error', (error) => (this.#error = error))
    this.socket.on('end', () => this.reader.onEnd())
    this.socket.on('drain', () => this.reader.onDrain())
    this.socket.on('close', () => {
      this.isClosed = true
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

/** dial connects within `timeoutMs`. Rejects with an UpstreamError. */
export function dial(
  { host, port }: AvailableUpstream,
  timeoutMs: number,
  lifetime: Lifetime,
): Promise<UpstreamSocket> {
  return new Promise((resolve, reject) => {
    const upstream = new UpstreamSocket(host, port)
    const finish = () => {
      clearTimeout(timer)
      lifetime.delete(onGone)
    }
    const fail = (error: unknown) => {
      finish()
      upstream.destroy()
      reject(connectError(error))
    }
    const onGone = () => fail(new Error('the client is gone'))
    const timer = setTimeout(() => {
      finish()
      upstream.destroy()
      reject(connectTimeout())
    }, timeoutMs)
    lifetime.add(onGone)
    upstream.reader = { ...nobody, onClose: (error) => fail(error) }
    upstream.socket.once('connect', () => {
      finish()
      upstream.reader = nobody
      resolve(upstream)
    })
  })
}

/** addressOf names an upstream as one piece of text. */
export function addressOf({ host, port }: AvailableUpstream): string {
  return `${host}:${port}`
}
