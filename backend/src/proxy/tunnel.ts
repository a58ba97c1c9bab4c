import type { Socket } from 'node:net'

import type { Clock } from '../lib/clock.ts'
import { TunnelActivity, type DrainTimes } from './tunnel-activity.ts'
import type { Reader, UpstreamSocket } from './upstream-socket.ts'

const tcpKeepAliveMs = 60_000

/** How a tunnel ended: by itself, or by the drain in a pause or in the middle. */
export type TunnelEnd = 'finished' | 'idle' | 'cut'

interface TunnelParts {
  client: Socket
  upstream: UpstreamSocket
  clock: Clock
  onEnd: (end: TunnelEnd) => void
}

/**
 * Tunnel relays bytes both ways, at the pace of the slower side, and passes a half-close on. It holds nothing but what the
 * sockets' own buffers hold.
 */
export class Tunnel implements Reader {
  readonly upstreamAddress: string
  readonly #parts: TunnelParts
  readonly #activity: TunnelActivity
  #end: TunnelEnd = 'finished'
  #isOver = false
  #isKeptAlive = false

  constructor(upstreamAddress: string, parts: TunnelParts) {
    this.upstreamAddress = upstreamAddress
    this.#parts = parts
    this.#activity = new TunnelActivity(parts.clock.now())
  }

  /** One side has ended: what the other still has to say is waited for less long. */
  get isHalfClosed(): boolean {
    const { client, upstream } = this.#parts
    return client.readableEnded || upstream.socket.readableEnded
  }

  get lastAt(): number {
    return this.#activity.lastAt
  }

  /** Begins to relay; first what either side sent before the tunnel was open. */
  start(earlyUp: Buffer | null, earlyDown: Buffer | null): void {
    const { client, upstream } = this.#parts
    upstream.reader = this
    client.on('data', (chunk: Buffer) => this.#onClientData(chunk))
    client.on('end', () => upstream.socket.end())
    client.on('drain', () => upstream.socket.resume())
    client.on('close', () => this.#finish())
    if (earlyDown !== null) this.onData(earlyDown)
    if (earlyUp !== null) this.#onClientData(earlyUp)
    if (client.readableEnded) upstream.socket.end()
    else client.resume()
    upstream.socket.resume()
    if (client.destroyed || upstream.isClosed) this.#finish()
  }

  /** What a drain makes of it now, see TunnelActivity. Returns whether it is over. */
  drain(since: number, times: DrainTimes): boolean {
    const verdict = this.#activity.judge(this.#parts.clock.now(), since, times)
    if (verdict !== 'leave') this.close(verdict === 'cut' ? 'cut' : 'idle')
    return this.#isOver
  }

  /** Has the system look from time to time whether both sides are still there; short tunnels are spared the cost. */
  keepAlive(): void {
    if (this.#isKeptAlive) return
    this.#isKeptAlive = true
    this.#parts.client.setKeepAlive(true, tcpKeepAliveMs)
    this.#parts.upstream.socket.setKeepAlive(true, tcpKeepAliveMs)
  }

  /** Ends it. In a pause the client is told in order (FIN), after all that was written; otherwise at once. */
  close(end: TunnelEnd): void {
    if (this.#isOver) return
    this.#end = end
    const { client, upstream } = this.#parts
    upstream.destroy()
    if (end === 'cut') client.resetAndDestroy()
    else client.destroySoon()
    this.#finish()
  }

  onData(chunk: Buffer): boolean {
    const { client, upstream, clock } = this.#parts
    this.#activity.down(clock.now())
    if (!client.write(chunk)) upstream.socket.pause()
    return client.writableLength > 0
  }

  onEnd(): void {
    const { client } = this.#parts
    // Where both sides have ended and all is sent there is nothing left to tell anybody.
    if (client.readableEnded && client.writableLength === 0) client.destroy()
    else client.end()
  }

  onClose(error: Error | null): void {
    const { client } = this.#parts
    // A break is passed on as a break: the client must not take half an answer for a whole one.
    if (error) client.resetAndDestroy()
    else client.destroySoon()
    this.#finish()
  }

  onDrain(): void {
    this.#parts.client.resume()
  }

  #onClientData(chunk: Buffer): void {
    const { client, upstream, clock } = this.#parts
    this.#activity.up(chunk, clock.now())
    if (!upstream.socket.write(chunk)) client.pause()
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.upstream.destroy()
    this.#parts.onEnd(this.#end)
  }
}
