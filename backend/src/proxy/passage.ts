import { messageOf } from '../lib/problem.ts'
import type { Endpoint } from './endpoint.ts'
import type { Passenger } from './gate.ts'
import { createHandshake, type Handshake, type TunnelTarget } from './handshake.ts'
import { brokenOff, connectError, connectTimeout, UpstreamError } from './upstream-error.ts'
import { UpstreamSocket, type AvailableUpstream, type Reader } from './upstream-socket.ts'

const connectTimeoutMs = 10_000
/** The upstream has to reach the target before it answers. */
const answerTimeoutMs = 30_000

/** Way is an open way through an upstream; `early` are bytes that came with its answer. */
export interface Way {
  socket: UpstreamSocket
  via: AvailableUpstream
  early: Buffer | null
}

/** PassageOwner is told what came of it; one of these is called, once, and none after `stop`. */
export interface PassageOwner {
  onPassed(way: Way): void
  onBarred(error: UpstreamError): void
}

interface PassageParts {
  endpoint: Pick<Endpoint, 'gate' | 'clock' | 'log'>
  /** Null for a connection to the upstream itself. */
  target: TunnelTarget | null
  owner: PassageOwner
}

/**
 * Passage opens a way through the upstream: it passes the gate, connects and asks for the target. It is tried again on
 * another upstream as the gate says. Its owner has `checkTime` called about every second.
 */
export class Passage implements Passenger, Reader {
  readonly holdUntil: number
  readonly #parts: PassageParts
  #attempts = 0
  #via: AvailableUpstream | null = null
  #socket: UpstreamSocket | null = null
  #handshake: Handshake | null = null
  #received: Buffer | null = null
  #deadline = Number.POSITIVE_INFINITY
  #isConnected = false

  constructor(parts: PassageParts) {
    const { clock, gate } = parts.endpoint
    this.#parts = parts
    this.holdUntil = clock.now() + gate.route.limits.holdMs
  }

  start(): void {
    this.#parts.endpoint.gate.enter(this)
  }

  /** Gives up without a word. */
  stop(): void {
    this.#parts.endpoint.gate.leave(this)
    this.#dropSocket()
  }

  /** Notes that connecting, or the answer, takes too long. */
  checkTime(): void {
    if (this.#parts.endpoint.clock.now() >= this.#deadline) this.#fail(connectTimeout())
  }

  go(upstream: AvailableUpstream): void {
    this.#attempts += 1
    this.#via = upstream
    this.#isConnected = false
    this.#deadline = this.#parts.endpoint.clock.now() + connectTimeoutMs
    this.#socket = new UpstreamSocket(upstream.host, upstream.port, this)
  }

  bar(error: UpstreamError): void {
    this.#parts.owner.onBarred(error)
  }

  onConnect(): void {
    const { target, endpoint } = this.#parts
    if (this.#socket === null || this.#via === null) return
    this.#isConnected = true
    if (target === null) return this.#pass(null)
    this.#deadline = endpoint.clock.now() + answerTimeoutMs
    this.#handshake = createHandshake(this.#via, target)
    this.#received = null
    this.#socket.socket.write(this.#handshake.first, 'latin1')
  }

  onData(chunk: Buffer): boolean {
    this.#received = this.#received === null ? chunk : Buffer.concat([this.#received, chunk])
    try {
      this.#converse()
    } catch (error) {
      if (error instanceof UpstreamError) return this.#refuse(error)
      // Nothing an upstream says may end the process; it is our fault and must be seen.
      this.#parts.endpoint.log.error({ reason: messageOf(error) }, 'an answer of an upstream was not understood')
      return this.#refuse(brokenOff())
    }
    // The chunk's memory is the socket's: what is kept is a copy.
    if (this.#received !== null) this.#received = Buffer.from(this.#received)
    return false
  }

  #refuse(error: UpstreamError): false {
    this.#fail(error)
    return false
  }

  onEnd(): void {
    this.#fail(brokenOff())
  }

  onClose(error: Error | null): void {
    this.#fail(this.#isConnected ? brokenOff() : connectError(error))
  }

  onDrain(): void {}

  #converse(): void {
    while (this.#received !== null && this.#handshake !== null) {
      const progress = this.#handshake.next(this.#received)
      if (progress.kind === 'more') return
      const rest = progress.taken < this.#received.length ? this.#received.subarray(progress.taken) : null
      this.#received = rest
      if (progress.kind === 'done') {
        this.#received = null
        return this.#pass(rest === null ? null : Buffer.from(rest))
      }
      if (progress.bytes !== null) this.#socket?.socket.write(progress.bytes)
    }
  }

  #pass(early: Buffer | null): void {
    const socket = this.#socket
    const via = this.#via
    if (socket === null || via === null) return
    this.#socket = null
    this.#deadline = Number.POSITIVE_INFINITY
    this.#parts.endpoint.gate.passed(via)
    this.#parts.owner.onPassed({ socket, via, early })
  }

  #fail(error: UpstreamError): void {
    const via = this.#via
    if (this.#socket === null || via === null) return
    this.#dropSocket()
    this.#parts.endpoint.gate.failed(this, via, error, this.#attempts)
  }

  #dropSocket(): void {
    this.#socket?.destroy()
    this.#socket = null
    this.#received = null
    this.#deadline = Number.POSITIVE_INFINITY
  }
}
