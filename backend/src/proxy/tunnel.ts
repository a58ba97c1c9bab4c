import type { Socket } from 'node:net'

import { breakOff } from '../lib/break-off.ts'
import type { Endpoint } from './endpoint.ts'
import type { Way } from './passage.ts'
import { TunnelActivity, type DrainTimes } from './tunnel-activity.ts'
import { addressOf, type Reader, type UpstreamSocket } from './upstream-socket.ts'

const tcpKeepAliveMs = 60_000

/** How long a tunnel of which one side has ended may be silent. It is also how often tunnels are looked at. */
const halfClosedMs = 60_000

/** How a tunnel ended: by itself, or by the drain in a pause or in the middle. */
export type TunnelEnd = 'finished' | 'idle' | 'cut'

interface TunnelParts {
  client: Socket
  endpoint: Pick<Endpoint, 'clock' | 'gate' | 'onTunnelEnd'>
}

/**
 * Tunnel relays bytes both ways, at the pace of the slower side, and passes a half-close on. It holds nothing but what the
 * sockets' own buffers hold.
 */
export class Tunnel implements Reader {
  readonly upstreamAddress: string
  readonly #parts: TunnelParts & { upstream: UpstreamSocket }
  readonly #activity: TunnelActivity
  #end: TunnelEnd = 'finished'
  isOver = false
  #isKeptAlive = false
  readonly #openedAt: number

  constructor({ socket, via }: Way, { client, endpoint }: TunnelParts) {
    this.upstreamAddress = addressOf(via)
    this.#parts = { client, endpoint, upstream: socket }
    this.#openedAt = endpoint.clock.now()
    this.#activity = new TunnelActivity(this.#openedAt)
  }

  /** Begins to relay; first what either side sent before the tunnel was open. */
  start(earlyUp: Buffer | null, earlyDown: Buffer | null): void {
    const { client, upstream } = this.#parts
    upstream.reader = this
    if (earlyDown !== null) this.onData(earlyDown)
    if (earlyUp !== null) this.onClientData(earlyUp)
    if (client.readableEnded) upstream.socket.end()
    else if (client.isPaused() && !upstream.socket.writableNeedDrain) client.resume()
    if (upstream.socket.isPaused() && !client.writableNeedDrain) upstream.socket.resume()
    if (client.destroyed || upstream.isClosed) this.#finish()
  }

  /** What a drain makes of it now, see TunnelActivity. Returns whether it is over. */
  drain(since: number, times: DrainTimes): boolean {
    const verdict = this.#activity.judge(this.#parts.endpoint.clock.now(), since, times)
    if (verdict !== 'leave') this.close(verdict === 'cut' ? 'cut' : 'idle')
    return this.isOver
  }

  /** Ends it when nothing has gone through it for too long. Returns when to look again, in milliseconds since the epoch. */
  checkIdle(): number {
    const { client, upstream, endpoint } = this.#parts
    const { tunnelIdleMs } = endpoint.gate.route.limits
    // What the other side still has to say after one has ended is waited for less long.
    const isHalfClosed = client.readableEnded || upstream.socket.readableEnded
    const end = this.#activity.lastAt + (isHalfClosed ? Math.min(halfClosedMs, tunnelIdleMs) : tunnelIdleMs)
    const now = endpoint.clock.now()
    if (end <= now) this.close('finished')
    else if (now - this.#openedAt >= tcpKeepAliveMs) this.#keepAlive()
    return Math.min(end, now + halfClosedMs)
  }

  /** Ends it. In a pause the client is told in order (FIN), after all that was written; otherwise at once. */
  close(end: TunnelEnd): void {
    if (this.isOver) return
    this.#end = end
    const { client, upstream } = this.#parts
    upstream.destroy()
    if (end === 'cut') breakOff(client)
    else client.destroySoon()
    this.#finish()
  }

  onData(chunk: Buffer): boolean {
    const { client, upstream, endpoint } = this.#parts
    this.#activity.down(endpoint.clock.now())
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
    if (error) breakOff(client)
    else client.destroySoon()
    this.#finish()
  }

  onDrain(): void {
    this.#parts.client.resume()
  }

  onClientData(chunk: Buffer): void {
    const { client, upstream, endpoint } = this.#parts
    this.#activity.up(chunk, endpoint.clock.now())
    if (!upstream.socket.write(chunk)) client.pause()
  }

  onClientEnd(): void {
    this.#parts.upstream.socket.end()
  }

  onClientDrain(): void {
    const { socket } = this.#parts.upstream
    if (socket.isPaused()) socket.resume()
  }

  onClientClose(): void {
    this.#finish()
  }

  /** Has the system look from time to time whether both sides are still there; short tunnels are spared the cost. */
  #keepAlive(): void {
    if (this.#isKeptAlive) return
    this.#isKeptAlive = true
    this.#parts.client.setKeepAlive(true, tcpKeepAliveMs)
    this.#parts.upstream.socket.setKeepAlive(true, tcpKeepAliveMs)
  }

  #finish(): void {
    if (this.isOver) return
    this.isOver = true
    this.#parts.upstream.destroy()
    this.#parts.endpoint.onTunnelEnd(this, this.#end)
  }
}
