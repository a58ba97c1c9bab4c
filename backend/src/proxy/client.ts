import type { Socket } from 'node:net'

import { normalizeAddress } from '../lib/ip.ts'
import { messageOf } from '../lib/problem.ts'
import { readBasic, type AccessVerdict, type Credentials } from './access.ts'
import { credentialsAnswer, formatAnswer, type Answer } from './answer.ts'
import type { Endpoint } from './endpoint.ts'
import { isPlain } from './exchange.ts'
import { Lifetime } from './lifetime.ts'
import { openTunnel, type OpenedTunnel } from './open-tunnel.ts'
import { PlainPath } from './plain-path.ts'
import { parseRequestHead, type RequestHead } from './request-head.ts'
import { serveSocks } from './socks-session.ts'
import { socksVersion } from './socks5.ts'
import type { Perishable } from './sweep.ts'
import { Tunnel } from './tunnel.ts'
import { UpstreamError } from './upstream-error.ts'
import { addressOf } from './upstream-socket.ts'

const headTimeoutMs = 10_000
const keepAliveMs = 65_000
const lingerMs = 2_000
/** A client that has ended its side of a plain request has most likely left: so long it may still wait for its answer. */
const leavingMs = 10_000
/** How long a tunnel of which one side has ended may be silent. It is also how often tunnels are looked at. */
const halfClosedMs = 60_000
/** What a client may send before its tunnel is open; then it is read no further until it is. */
const maxEarlyBytes = 64 * 1024

/**
 * What a connection does now. `reading`: waits for a request; `opening`: a tunnel; `plain`: passes a plain request on;
 * `tunnel`: others read the socket; `closing`: what comes is thrown away.
 */
type Mode = 'reading' | 'opening' | 'plain' | 'tunnel' | 'closing'

/** ClientConnection is one connection of a client, from its first byte to its end: HTTP or, by its first byte, SOCKS5. */
export class ClientConnection implements Perishable {
  readonly socket: Socket
  readonly address: string
  deadline: number
  readonly #endpoint: Endpoint
  /** Ends when the client is gone. */
  readonly lifetime = new Lifetime()
  readonly #plain: PlainPath
  #mode: Mode = 'reading'
  #isFirst = true
  #pending: Buffer | null = null
  #tunnel: Tunnel | null = null
  #seenBytes = -1

  constructor(socket: Socket, endpoint: Endpoint) {
    this.socket = socket
    this.address = normalizeAddress(socket.remoteAddress ?? '')
    this.#endpoint = endpoint
    this.#plain = new PlainPath(this, endpoint)
    this.deadline = endpoint.clock.now() + headTimeoutMs
    endpoint.sweep.add(this)
    // What broke shows in 'close', which always follows.
    socket.on('error', () => {})
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#onDrain).on('close', this.#onClose)
  }

  get isGone(): boolean {
    return this.lifetime.isOver
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

  /** Answers what went wrong on the way to the upstream; anything unexpected is logged and ends the connection. */
  fail(error: unknown): void {
    if (this.isGone) return
    if (error instanceof UpstreamError) {
      return this.answer({ status: error.status, text: error.message, retryAfterSeconds: error.retryAfterSeconds })
    }
    this.#endpoint.log.error(
      { endpoint: this.#endpoint.gate.route.name, reason: messageOf(error) },
      'a connection failed',
    )
    this.destroy()
  }

  /** Goes on to the next request, or ends. */
  onAnswered(isKept: boolean): void {
    // A client that has ended its side will not ask again.
    if (!isKept || (this.socket.readableEnded && this.#pending === null)) return this.close('')
    this.#mode = 'reading'
    this.deadline = this.#endpoint.clock.now() + keepAliveMs
    this.socket.resume()
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
    const { clock, gate } = this.#endpoint
    const idleMs = this.socket.readableEnded ? leavingMs : gate.route.limits.tunnelIdleMs
    this.deadline = clock.now() + idleMs
  }

  /** Lets go of a connection to another upstream than this; a request on it is only cut when its time is over. */
  leaveUpstream(present: string, isOver: boolean): void {
    this.#plain.leave(present, isOver)
  }

  /** Whether these credentials, or none, let this client in. A wrong token is answered late after many of them. */
  async admits(credentials: Credentials | null): Promise<AccessVerdict> {
    const verdict = this.#endpoint.checkAccess(this.address, credentials)
    if (verdict === 'wrong_credentials') await this.#endpoint.failureDelay.punish(this.address, this.lifetime)
    return verdict
  }

  /** Opens a way to the target through the present upstream, for as long as the client is there. */
  async reach(target: { host: string; port: number }): Promise<{ opened: OpenedTunnel; upstreamAddress: string }> {
    this.#endpoint.counters.requests += 1
    this.#mode = 'opening'
    this.deadline = Number.POSITIVE_INFINITY
    return await this.#endpoint.gate.pass(async (upstream) => {
      const opened = await openTunnel(upstream, target, this.lifetime)
      return { opened, upstreamAddress: addressOf(upstream) }
    }, this.lifetime)
  }

  /** Relays from now on, first what the client sent already. */
  startTunnel({ upstream, early }: OpenedTunnel, upstreamAddress: string, sent: Buffer | null): void {
    const { clock, tunnels } = this.#endpoint
    this.#mode = 'tunnel'
    this.socket.off('data', this.#onData)
    const tunnel: Tunnel = new Tunnel(upstreamAddress, {
      client: this.socket,
      upstream,
      clock,
      onEnd: (end) => {
        tunnels.delete(tunnel)
        this.#endpoint.onTunnelEnd(tunnel, end)
      },
    })
    this.#tunnel = tunnel
    tunnels.add(tunnel)
    this.#expireTunnel()
    tunnel.start(sent, early)
  }

  /** Gives the socket away, with the bytes read of it so far. */
  handOver(head: Buffer): void {
    const rest = this.takePending()
    this.#endpoint.sweep.delete(this)
    this.socket.pause()
    this.socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('drain', this.#onDrain)
      .off('close', this.#onClose)
    this.#endpoint.handOver(this.socket, rest === null ? head : Buffer.concat([head, rest]))
  }

  expire(): void {
    switch (this.#mode) {
      case 'reading':
        if (this.#pending === null && !this.#isFirst) return this.close('')
        return this.answer({ status: 408, text: 'The request did not come within 10 s.' })
      case 'opening':
        return // What it waits for has time-outs of its own.
      case 'plain':
        return this.#expirePlain()
      case 'closing':
        return this.destroy()
      case 'tunnel':
        return this.#expireTunnel()
      default:
        return this.#mode satisfies never
    }
  }

  /** A request through which nothing went since it was last looked at is over. */
  #expirePlain(): void {
    const isStill = this.socket.bytesWritten === this.#seenBytes
    this.#seenBytes = this.socket.bytesWritten
    if (isStill) return this.destroy()
    this.postpone()
  }

  /** A tunnel is looked at again when it can have been idle for too long at the earliest. */
  #expireTunnel(): void {
    const { clock, gate } = this.#endpoint
    const { tunnelIdleMs } = gate.route.limits
    const tunnel = this.#tunnel
    if (this.deadline !== Number.POSITIVE_INFINITY) tunnel?.keepAlive()
    const idleMs = tunnel?.isHalfClosed === true ? Math.min(halfClosedMs, tunnelIdleMs) : tunnelIdleMs
    const end = (tunnel?.lastAt ?? 0) + idleMs
    if (end <= clock.now()) tunnel?.close('finished')
    else this.deadline = Math.min(end, clock.now() + halfClosedMs)
  }

  #read(): void {
    if (this.#pending === null || this.#mode !== 'reading') return
    if (this.#isFirst && this.#pending[0] === socksVersion) return this.#serveSocks()
    this.#isFirst = false
    const result = parseRequestHead(this.#pending)
    if (result.kind === 'incomplete') return
    if (result.kind === 'bad') return this.answer(result)
    const { head } = result
    const rest = this.#pending.subarray(head.bytes)
    this.#pending = rest.length > 0 ? rest : null
    const credentials = readBasic(head.hop.proxyAuthorization)
    this.#mode = isPlain(head) ? 'plain' : 'opening'
    this.deadline = Number.POSITIVE_INFINITY
    if (this.#endpoint.checkAccess(this.address, credentials) !== 'allowed') void this.#refuse(head, credentials)
    else if (isPlain(head)) this.#plain.begin(head)
    else if (head.target.kind === 'tunnel') void this.#tunnelTo(head.target)
  }

  #serveSocks(): void {
    this.#isFirst = false
    this.socket.off('data', this.#onData)
    serveSocks(this, this.takePending()).catch((error: unknown) => this.fail(error))
  }

  async #refuse(head: RequestHead, credentials: Credentials | null): Promise<void> {
    const verdict = await this.admits(credentials)
    if (this.isGone) return
    const keepsConnection = head.minor === 1 && head.hop.framing.kind === 'none' && !head.hop.connection.has('close')
    this.answer({ ...credentialsAnswer(this.#endpoint.gate.route.name, verdict), keepsConnection })
  }

  async #tunnelTo(target: { host: string; port: number }): Promise<void> {
    try {
      const { opened, upstreamAddress } = await this.reach(target)
      if (this.isGone) return opened.upstream.destroy()
      this.socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      this.startTunnel(opened, upstreamAddress, this.takePending())
    } catch (error) {
      this.fail(error)
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    switch (this.#mode) {
      case 'reading':
        // The time for a head runs from its first byte.
        if (this.#pending === null) this.deadline = this.#endpoint.clock.now() + headTimeoutMs
        this.hold(chunk)
        return this.#read()
      case 'opening':
        return this.hold(chunk)
      case 'plain':
        return this.#plain.onData(chunk)
      case 'tunnel':
      case 'closing':
        return
      default:
        return this.#mode satisfies never
    }
  }

  readonly #onDrain = (): void => this.#plain.resume()

  readonly #onEnd = (): void => {
    if (this.#mode === 'reading') this.close('')
    else if (this.#mode === 'plain') this.postpone()
    // Who ends before the tunnel is open, and has sent nothing for it, is gone.
    else if (this.#mode === 'closing' || (this.#mode === 'opening' && this.#pending === null)) this.destroy()
  }

  readonly #onClose = (): void => {
    this.lifetime.end()
    this.#endpoint.sweep.delete(this)
    this.#plain.stop()
  }
}
