import type { Socket } from 'node:net'

import type { Stop } from '../lib/clock.ts'
import type { AccessVerdict, Credentials } from './access.ts'
import { formatAnswer, type Answer } from '../lib/http-answer.ts'
import { credentialsAnswer } from './answer.ts'
import type { Endpoint } from './endpoint.ts'
import { isPlain } from './exchange.ts'
import type { TunnelTarget } from './handshake.ts'
import { Passage, type PassageOwner, type Way } from './passage.ts'
import { PlainPath } from './plain-path.ts'
import { parseRequestHead, type RequestHead } from './request-head.ts'
import { SocksSession, type SocksStep } from './socks-session.ts'
import { socksVersion } from './socks5.ts'
import { lookedAtEverySecond, type Perishable } from '../lib/sweep.ts'
import { Tunnel } from './tunnel.ts'
import type { UpstreamError } from './upstream-error.ts'

const headTimeoutMs = 10_000
const keepAliveMs = 65_000
const lingerMs = 2_000
/** A client that has ended its side of a plain request has most likely left: so long it may still wait for its answer. */
const leavingMs = 10_000
/** What a client may send before its tunnel is open; then it is read no further until it is. */
const maxEarlyBytes = 64 * 1024
const established = 'HTTP/1.1 200 Connection established\r\n\r\n'

/** `reading`: waits for a request; `refusing`: answers soon; `closing`: what comes is thrown away; others: what it does. */
type Mode = 'reading' | 'socks' | 'refusing' | 'opening' | 'plain' | 'tunnel' | 'closing' | 'given-away'

/** ClientConnection is one connection of a client, from its first byte to its end: HTTP or, by its first byte, SOCKS5. */
export class ClientConnection implements Perishable, PassageOwner {
  readonly socket: Socket
  readonly address: string
  deadline: number
  place = -1
  readonly #endpoint: Endpoint
  #mode: Mode = 'reading'
  #isFirst = true
  #pending: Buffer | null = null
  #plain: PlainPath | null = null
  #socks: SocksSession | null = null
  #passage: Passage | null = null
  #tunnel: Tunnel | null = null
  #cancelRefusal: Stop | null = null
  #seenBytes = -1

  /** `address` is where the client really is: it may have come through a proxy that we trust. */
  constructor(socket: Socket, address: string, endpoint: Endpoint) {
    this.socket = socket
    this.address = address
    this.#endpoint = endpoint
    this.deadline = endpoint.clock.now() + headTimeoutMs
    socket.on('error', () => {}) // What broke shows in 'close', which always follows.
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => this.#onEnd())
    socket.on('drain', () => this.#onDrain())
    socket.on('close', () => this.#onClose())
  }

  /** Takes what was read of it elsewhere; for SOCKS5, `step` tells what that is. */
  begin(bytes: Buffer, step: SocksStep): void {
    if (this.#mode !== 'reading' || bytes.length === 0) return
    if (step === 'greeting') this.#onData(bytes)
    else this.#serveSocks(bytes, step)
  }

  /** The tunnel through it, where there is one that is open. */
  get openTunnel(): Tunnel | null {
    return this.#tunnel === null || this.#tunnel.isOver ? null : this.#tunnel
  }

  /** Closes it at once. */
  destroy(): void {
    this.socket.destroy()
  }

  /** Sends this and ends; what still comes is thrown away for a moment, lest the client lose the answer to a reset. */
  close(bytes: Buffer | string): void {
    this.#mode = 'closing'
    this.deadline = this.#endpoint.clock.now() + lingerMs
    this.socket.end(bytes)
    this.socket.resume()
  }

  /** Answers in our own name and, unless the connection is kept, closes it. */
  answer(answer: Answer): void {
    this.#endpoint.counters.refuse(answer.status)
    const text = formatAnswer(answer)
    if (answer.keepsConnection !== true) return this.close(text)
    this.socket.write(text)
    this.onAnswered(true)
  }

  /** Goes on to the next request, or ends. */
  onAnswered(isKept: boolean): void {
    // A client that has ended its side will not ask again.
    if (!isKept || (this.socket.readableEnded && this.#pending === null)) return this.close('')
    this.#mode = 'reading'
    this.deadline = this.#endpoint.clock.now() + keepAliveMs
    if (this.socket.isPaused()) this.socket.resume()
    if (this.#pending !== null) queueMicrotask(() => this.#read())
  }

  /** Takes what the client sent and nobody has read yet. */
  takePending(): Buffer | null {
    const pending = this.#pending
    this.#pending = null
    return pending
  }

  hold(chunk: Buffer): void {
    this.#pending = this.#pending === null ? chunk : Buffer.concat([this.#pending, chunk])
    if (this.#pending.length > maxEarlyBytes) this.socket.pause()
  }

  /** Something goes on: the connection may be idle for as long as a tunnel from now. */
  postpone(): void {
    const idleMs = this.socket.readableEnded ? leavingMs : this.#endpoint.gate.route.limits.tunnelIdleMs
    this.deadline = this.#endpoint.clock.now() + idleMs
  }

  /** Lets go of a connection to another upstream than this; a request on it is cut `drainMs` after that was replaced. */
  leaveUpstream(present: string, drainMs: number | null): void {
    this.#plain?.leave(present, drainMs)
  }

  /** Calls `then` with whether this lets the client in: late for a wrong token after many, never once the client is gone. */
  judge(presented: Credentials | string | null, then: (verdict: AccessVerdict) => void): void {
    const verdict = this.#endpoint.checkAccess(this.address, presented)
    this.#cancelRefusal = this.#endpoint.failureDelay.tell(this.address, verdict, then)
  }

  /** Opens a way to the target through the present upstream; the owner is told unless the client leaves before. */
  reach(target: TunnelTarget, owner: PassageOwner): void {
    this.#endpoint.counters.requests += 1
    this.#mode = 'opening'
    this.deadline = lookedAtEverySecond
    this.#passage = new Passage({ endpoint: this.#endpoint, target, owner })
    this.#passage.start()
  }

  onPassed(way: Way): void {
    this.socket.write(established, 'latin1')
    this.startTunnel(way)
  }

  /** Answers why there is no way to the upstream. */
  onBarred({ status, message, retryAfterSeconds }: UpstreamError): void {
    this.answer({ status, text: message, retryAfterSeconds })
  }

  /** Relays from now on, first what the client sent already. */
  startTunnel(way: Way): void {
    this.#passage = null
    this.#mode = 'tunnel'
    this.#tunnel = new Tunnel(way, { client: this.socket, endpoint: this.#endpoint })
    this.deadline = this.#tunnel.checkIdle()
    this.#tunnel.start(this.takePending(), way.early)
  }

  /** Gives the socket away, to be served in the general way. */
  handOver(head: Buffer): void {
    this.#endpoint.handOver(this.socket, this.#give(head))
  }

  /** Lets go of the socket; returns what was read of it and nobody has understood. */
  #give(head: Buffer): Buffer {
    this.#mode = 'given-away'
    this.deadline = Number.POSITIVE_INFINITY
    this.socket.pause().removeAllListeners('data').removeAllListeners('end').removeAllListeners('drain')
    return Buffer.concat([head, this.takePending() ?? Buffer.alloc(0)])
  }

  expire(): void {
    switch (this.#mode) {
      case 'reading':
        if (this.#pending === null && !this.#isFirst) return this.close('')
        return this.answer({ status: 408, text: 'The request did not come within 10 s.' })
      case 'opening':
        return this.#passage?.checkTime()
      case 'plain':
        return this.#expirePlain()
      case 'socks':
        this.#endpoint.counters.refuse(408)
        return this.destroy()
      case 'closing':
        return this.destroy()
      case 'tunnel':
        this.deadline = this.#tunnel?.checkIdle() ?? Number.POSITIVE_INFINITY
        return
      case 'refusing':
      case 'given-away':
        return
      default:
        return this.#mode satisfies never
    }
  }

  /** A request through which nothing went since it was last looked at is over. */
  #expirePlain(): void {
    if (this.#plain?.checkTime() === true) return
    if (this.socket.bytesWritten === this.#seenBytes) return this.destroy()
    this.#seenBytes = this.socket.bytesWritten
    this.postpone()
  }

  #read(): void {
    if (this.#pending === null || this.#mode !== 'reading') return
    if (this.#isFirst && this.#pending[0] === socksVersion) return this.#serveSocks(this.#pending, 'greeting')
    this.#isFirst = false
    const result = parseRequestHead(this.#pending)
    if (result.kind === 'incomplete') return
    if (result.kind === 'bad') return this.answer(result)
    const { head } = result
    const rest = this.#pending.subarray(head.bytes)
    this.#pending = rest.length > 0 ? rest : null
    if (head.target.kind === 'site') return this.#endpoint.receive(this, this.#give(head.raw))
    if (this.#endpoint.checkAccess(this.address, head.hop.proxyAuthorization) !== 'allowed') return this.#refuse(head)
    if (head.target.kind === 'tunnel') return this.reach(head.target, this)
    if (!isPlain(head)) return
    this.#mode = 'plain'
    this.#plain ??= new PlainPath(this, this.#endpoint)
    this.#plain.begin(head)
  }

  #serveSocks(first: Buffer, step: SocksStep): void {
    this.#pending = null
    this.#mode = 'socks'
    this.#socks = new SocksSession(this, step)
    this.#socks.feed(first)
  }

  #refuse(head: RequestHead): void {
    this.#mode = 'refusing'
    this.deadline = Number.POSITIVE_INFINITY
    const { name } = this.#endpoint.gate.route
    this.judge(head.hop.proxyAuthorization, (verdict) => this.answer(credentialsAnswer(name, verdict, head)))
  }

  #onData(chunk: Buffer): void {
    switch (this.#mode) {
      case 'reading':
        // The time for a head runs from its first byte.
        if (this.#pending === null) this.deadline = this.#endpoint.clock.now() + headTimeoutMs
        this.hold(chunk)
        return this.#read()
      case 'socks':
        return this.#socks?.feed(chunk)
      case 'refusing':
      case 'opening':
        return this.hold(chunk)
      case 'plain':
        return this.#plain?.onData(chunk)
      case 'tunnel':
        return this.#tunnel?.onClientData(chunk)
      case 'closing':
      case 'given-away':
        return
      default:
        return this.#mode satisfies never
    }
  }

  #onDrain(): void {
    if (this.#mode === 'tunnel') this.#tunnel?.onClientDrain()
    else this.#plain?.resume()
  }

  #onEnd(): void {
    switch (this.#mode) {
      case 'reading':
        return this.close('')
      case 'plain':
        return this.postpone()
      case 'tunnel':
        return this.#tunnel?.onClientEnd()
      case 'opening':
      case 'refusing':
        // Who ends before the tunnel is open, and has sent nothing for it, is gone.
        return this.#pending === null ? this.destroy() : undefined
      case 'socks':
      case 'closing':
        return this.destroy()
      case 'given-away':
        return
      default:
        return this.#mode satisfies never
    }
  }

  #onClose(): void {
    this.#cancelRefusal?.()
    this.#passage?.stop()
    this.#plain?.stop()
    this.#tunnel?.onClientClose()
    this.#endpoint.onClosed(this)
  }
}
