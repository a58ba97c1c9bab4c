import type { Clock } from '../../lib/clock.ts'
import { messageOf } from '../../lib/problem.ts'
import type { Lease } from '../table.ts'
import { ConnectHandshake } from './connect-handshake.ts'
import { brokenOff, connectFailure, connectTimeout, refused, type UpstreamFailure } from './failure.ts'
import type { Handshake, TunnelTarget } from './handshake.ts'
import type { Holding, Waiter } from './holding.ts'
import { SocksHandshake } from './socks-handshake.ts'
import { UpstreamSocket, type Dialer, type UpstreamTls } from './upstream-socket.ts'

const connectTimeoutMs = 10_000
/** The upstream has to reach the target before it answers. */
const answerTimeoutMs = 30_000

/** Way is an open way through an upstream; `early` are bytes that came with its answer. */
export interface Way {
  readonly socket: UpstreamSocket
  readonly lease: Lease
  readonly early: Buffer | null
}

/** DialOwner is told what came of it; one of these is called, once, and none after `stop`. */
export interface DialOwner {
  onWay(way: Way): void
  onBarred(failure: UpstreamFailure): void
}

/** DialPlace is what a dial needs of the endpoint. */
export interface DialPlace {
  readonly holding: Holding
  readonly clock: Clock
  readonly upstreamTls: UpstreamTls
}

interface DialParts {
  place: DialPlace
  target: TunnelTarget
  /** The upstream itself is all that is asked for where it is an HTTP proxy: it is sent a plain request. */
  isPlain: boolean
  owner: DialOwner
}

/**
 * Dial opens a way through the upstream: it asks where to go, connects and asks for the target. It is tried again on another
 * upstream as `nextUpstream` says. Its owner has `checkTime` called about every second.
 */
export class Dial implements Waiter, Dialer {
  readonly holdUntil: number
  readonly #parts: DialParts
  #attempts = 0
  #lease: Lease | null = null
  #socket: UpstreamSocket | null = null
  #handshake: Handshake | null = null
  #received: Buffer | null = null
  #deadline = Number.POSITIVE_INFINITY
  #isConnected = false

  constructor(parts: DialParts) {
    const { clock, holding } = parts.place
    this.#parts = parts
    this.holdUntil = clock.monotonic() + holding.route.limits.holdMs
  }

  start(): void {
    this.#parts.place.holding.enter(this)
  }

  /** Gives up without a word. */
  stop(): void {
    this.#parts.place.holding.leave(this)
    this.#dropSocket()
  }

  /** Notes that connecting, or the answer, takes too long. */
  checkTime(): void {
    if (this.#parts.place.clock.monotonic() >= this.#deadline) this.#fail(connectTimeout())
  }

  go(lease: Lease): void {
    const { clock, upstreamTls } = this.#parts.place
    this.#attempts += 1
    this.#lease = lease
    this.#isConnected = false
    this.#deadline = clock.monotonic() + connectTimeoutMs
    try {
      this.#socket = new UpstreamSocket(lease, this, upstreamTls)
    } catch (error) {
      // What can't be connected to at all is barred like what does not answer.
      this.bar(refused(messageOf(error)))
    }
  }

  bar(failure: UpstreamFailure): void {
    this.#deadline = Number.POSITIVE_INFINITY
    this.#parts.owner.onBarred(failure)
  }

  onConnect(): void {
    const { target, isPlain, place } = this.#parts
    if (this.#socket === null || this.#lease === null || this.#turnBack(this.#lease)) return
    this.#isConnected = true
    if (isPlain && this.#lease.protocol !== 'socks5') return this.#pass(null)
    this.#deadline = place.clock.monotonic() + answerTimeoutMs
    this.#handshake = createHandshake(this.#lease, target)
    this.#received = null
    this.#socket.socket.write(this.#handshake.first, 'latin1')
  }

  onData(chunk: Buffer): boolean {
    this.#received = this.#received === null ? chunk : Buffer.concat([this.#received, chunk])
    this.#converse()
    // The chunk's memory is the socket's: what is kept is a copy.
    if (this.#received !== null) this.#received = Buffer.from(this.#received)
    return false
  }

  onEnd(): void {
    this.#fail(brokenOff())
  }

  onClose(error: Error | null): void {
    this.#fail(this.#isConnected ? brokenOff() : connectFailure(error))
  }

  onDrain(): void {}

  #converse(): void {
    while (this.#received !== null && this.#handshake !== null) {
      const progress = this.#handshake.next(this.#received)
      if (progress.kind === 'more') return
      if (progress.kind === 'failed') return this.#fail(progress.failure)
      const rest = progress.taken < this.#received.length ? this.#received.subarray(progress.taken) : null
      this.#received = rest
      if (progress.kind === 'open') {
        this.#received = null
        return this.#pass(rest === null ? null : Buffer.from(rest))
      }
      if (progress.bytes !== null) this.#socket?.socket.write(progress.bytes)
    }
  }

  #pass(early: Buffer | null): void {
    const socket = this.#socket
    const lease = this.#lease
    if (socket === null || lease === null || this.#turnBack(lease)) return
    this.#socket = null
    this.#handshake = null
    this.#deadline = Number.POSITIVE_INFINITY
    this.#parts.place.holding.passed(lease)
    this.#parts.owner.onWay({ socket, lease, early })
  }

  /** Whether the lease was replaced, or has ended, before the way was open: nothing was sent through it, so another is taken. */
  #turnBack(lease: Lease): boolean {
    const { holding } = this.#parts.place
    if (holding.lease?.leaseId === lease.leaseId) return false
    this.#dropSocket()
    holding.enter(this)
    return true
  }

  #fail(failure: UpstreamFailure): void {
    const lease = this.#lease
    if (this.#socket === null || lease === null) return
    this.#dropSocket()
    this.#parts.place.holding.failed(this, lease, failure, this.#attempts)
  }

  #dropSocket(): void {
    this.#socket?.destroy()
    this.#socket = null
    this.#received = null
    this.#handshake = null
    this.#deadline = Number.POSITIVE_INFINITY
  }
}

/** Speaks what the upstream speaks. The target's name is never resolved here. */
function createHandshake({ protocol, credentials }: Lease, target: TunnelTarget): Handshake {
  return protocol === 'socks5' ? new SocksHandshake(credentials, target) : new ConnectHandshake(credentials, target)
}
