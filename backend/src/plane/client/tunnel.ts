import { release } from '../../lib/release.ts'
import type { Drainable, Draining, WorkEnd } from '../drain/drainer.ts'
import { TunnelActivity, type DrainTimes } from '../drain/tunnel-activity.ts'
import { breakOff } from '../sockets/break-off.ts'
import type { Way } from '../upstream/dial.ts'
import type { Reader, UpstreamSocket } from '../upstream/upstream-socket.ts'
import type { Endpoint } from './endpoint.ts'
import type { Downstream, Stage } from './stage.ts'

const tcpKeepAliveMs = 60_000

/** How long a tunnel of which one side has ended may be silent. It is also how often tunnels are looked at. */
const halfClosedMs = 60_000

/**
 * Tunnel relays bytes both ways, at the pace of the slower side, and passes a half-close on. It holds nothing but what the
 * sockets' own buffers hold.
 */
export class Tunnel implements Stage, Reader, Drainable {
  readonly kind = 'tunnels'
  readonly leaseId: string
  draining: Draining | null = null
  place = -1
  readonly #client: Downstream
  readonly #upstream: UpstreamSocket
  readonly #early: Buffer | null
  readonly #endpoint: Endpoint
  readonly #activity: TunnelActivity
  readonly #openedAt: number
  #end: WorkEnd = 'finished'
  #isOver = false
  #isKeptAlive = false

  constructor({ socket, lease, early }: Way, client: Downstream, endpoint: Endpoint) {
    this.leaseId = lease.leaseId
    this.#client = client
    this.#upstream = socket
    this.#early = early
    this.#endpoint = endpoint
    this.#openedAt = endpoint.clock.monotonic()
    this.#activity = new TunnelActivity(this.#openedAt)
  }

  /** Begins to relay; first what either side sent before the tunnel was open. */
  start(): void {
    const { socket, unread } = this.#client
    const upstream = this.#upstream
    this.#client.become(this)
    this.#endpoint.work.add(this)
    this.#endpoint.counters.openTunnel(1)
    upstream.reader = this
    const earlyUp = unread.take()
    if (this.#early !== null) this.onData(this.#early)
    if (earlyUp !== null) this.#sendUp(earlyUp)
    if (socket.readableEnded) upstream.socket.end()
    else if (socket.isPaused() && !upstream.socket.writableNeedDrain) socket.resume()
    if (upstream.socket.isPaused() && !socket.writableNeedDrain) upstream.socket.resume()
    this.expire()
    if (socket.destroyed || upstream.isClosed) this.#finish()
  }

  leaveIdle(): boolean {
    return false
  }

  drain(since: number, times: DrainTimes): void {
    const verdict = this.#activity.judge(this.#endpoint.clock.monotonic(), since, times)
    if (verdict !== 'leave') this.#close(verdict === 'cut' ? 'cut' : 'idle')
  }

  /** Ends it when nothing has gone through it for too long; else says when to look again. */
  expire(): void {
    const { tunnelIdleMs } = this.#endpoint.route.limits
    // What the other side still has to say after one has ended is waited for less long.
    const isHalfClosed = this.#client.socket.readableEnded || this.#upstream.socket.readableEnded
    const end = this.#activity.lastAt + (isHalfClosed ? Math.min(halfClosedMs, tunnelIdleMs) : tunnelIdleMs)
    const now = this.#endpoint.clock.monotonic()
    if (end <= now) return this.#close('finished')
    if (now - this.#openedAt >= tcpKeepAliveMs) this.#keepAlive()
    this.#client.deadline = Math.min(end, now + halfClosedMs)
  }

  onData(chunk: Buffer): boolean {
    const { socket } = this.#client
    this.#activity.down(this.#endpoint.clock.monotonic())
    if (!this.#client.send(chunk)) this.#upstream.socket.pause()
    return socket.writableLength > 0
  }

  onEnd(): void {
    const { socket } = this.#client
    // Where both sides have ended and all is sent there is nothing left to tell anybody.
    if (socket.readableEnded && socket.writableLength === 0) socket.destroy()
    else socket.end()
  }

  onClose(error: Error | null): void {
    const { socket } = this.#client
    // A break is passed on as a break: the client must not take half an answer for a whole one.
    if (error) breakOff(socket)
    else socket.destroySoon()
    this.#finish()
  }

  onDrain(): void {
    this.#client.socket.resume()
  }

  onClientData(chunk: Buffer): void {
    this.#sendUp(chunk)
    // Else the kernel has not taken all of it yet.
    if (this.#upstream.socket.writableLength === 0) release(chunk)
  }

  onClientEnd(): void {
    this.#upstream.socket.end()
  }

  onClientDrain(): void {
    const { socket } = this.#upstream
    if (socket.isPaused()) socket.resume()
  }

  onClientClose(): void {
    this.#finish()
  }

  #sendUp(chunk: Buffer): void {
    this.#activity.up(chunk, this.#endpoint.clock.monotonic())
    if (!this.#upstream.socket.write(chunk)) this.#client.socket.pause()
  }

  /** In a pause the client is told in order (FIN), after all that was written; otherwise at once. */
  #close(end: WorkEnd): void {
    if (this.#isOver) return
    this.#end = end
    const { socket } = this.#client
    this.#upstream.destroy()
    if (end === 'cut') breakOff(socket)
    else socket.destroySoon()
    this.#finish()
  }

  /** Has the system look from time to time whether both sides are still there; short tunnels are spared the cost. */
  #keepAlive(): void {
    if (this.#isKeptAlive) return
    this.#isKeptAlive = true
    this.#client.socket.setKeepAlive(true, tcpKeepAliveMs)
    this.#upstream.socket.setKeepAlive(true, tcpKeepAliveMs)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#upstream.destroy()
    this.#endpoint.counters.openTunnel(-1)
    this.#endpoint.ended(this, this.#end)
  }
}
