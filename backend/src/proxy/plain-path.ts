import { Exchange, type ExchangeOwner, type PlainRequest } from './exchange.ts'
import type { ClientConnection } from './client.ts'
import type { Endpoint } from './endpoint.ts'
import { connectUpstream } from './open-tunnel.ts'
import type { UpstreamError } from './upstream-error.ts'
import { addressOf, type AvailableUpstream, type UpstreamSocket } from './upstream-socket.ts'

/**
 * PlainPath passes the plain requests of one client connection on, one after the other, over one connection to the upstream,
 * which is kept from request to request as long as the key holds that upstream.
 */
export class PlainPath implements ExchangeOwner {
  readonly #client: ClientConnection
  readonly #endpoint: Endpoint
  #exchange: Exchange | null = null
  /** The request under way, while it may still be repeated. */
  #repeatable: PlainRequest | null = null
  #upstream: UpstreamSocket | null = null
  #upstreamAddress = ''

  constructor(client: ClientConnection, endpoint: Endpoint) {
    this.#client = client
    this.#endpoint = endpoint
  }

  /** Passes a request on, over the connection of the one before where that leads to the present upstream. */
  begin(request: PlainRequest): void {
    this.#endpoint.counters.requests += 1
    this.#repeatable = request
    const { upstream } = this.#endpoint.gate.route
    if (upstream.kind === 'available' && upstream.protocol === 'http' && this.#leadsTo(upstream)) {
      return this.#send(request, upstream.authorization)
    }
    this.#connect(request).catch((error: unknown) => this.#client.fail(error))
  }

  /** Takes what the client sends while a request is under way. */
  onData(chunk: Buffer): void {
    const exchange = this.#exchange
    if (exchange === null || exchange.isRequestDone) {
      this.#client.hold(chunk)
      // Its next request, of a client that does not wait for answers, is read when its turn comes.
      if (exchange !== null) this.#client.socket.pause()
      return
    }
    this.#client.postpone()
    this.#keepRest(chunk, exchange.feed(chunk))
  }

  /** Reads the upstream again, after the client has taken what it was sent. */
  resume(): void {
    this.#upstream?.socket.resume()
  }

  /** Lets go of a connection to another upstream than the present one; one in use is only cut when its time is over. */
  leave(present: string, isOver: boolean): void {
    if (this.#upstream === null || this.#upstreamAddress === present) return
    if (this.#exchange === null) this.#drop()
    else if (isOver) this.#client.destroy()
  }

  stop(): void {
    this.#exchange?.abandon()
    this.#drop()
  }

  onDone(keep: { client: boolean; upstream: boolean }): void {
    this.#exchange = null
    this.#repeatable = null
    if (keep.upstream) this.#rest()
    else this.#drop()
    this.#client.onAnswered(keep.client)
  }

  onFailed(error: UpstreamError, canRepeat: boolean): void {
    const request = this.#repeatable
    this.#exchange = null
    this.#upstream = null
    // Once: a second failure finds nothing to repeat.
    this.#repeatable = null
    if (!canRepeat || request === null || this.#client.isGone) return this.#client.fail(error)
    this.#connect(request).catch((failure: unknown) => this.#client.fail(failure))
  }

  onBroken(): void {
    this.#upstream = null
    this.#client.socket.resetAndDestroy()
  }

  onUpgraded(early: Buffer | null): void {
    const upstream = this.#upstream
    this.#exchange = null
    this.#upstream = null
    if (upstream) this.#client.startTunnel({ upstream, early }, this.#upstreamAddress, this.#client.takePending())
  }

  async #connect(request: PlainRequest): Promise<void> {
    this.#drop()
    const { lifetime } = this.#client
    const way = await this.#endpoint.gate.pass(async (available) => {
      if (available.protocol === 'socks5') return null
      const upstream = await connectUpstream(available, lifetime)
      return { upstream, address: addressOf(available), authorization: available.authorization }
    }, lifetime)
    if (this.#client.isGone) return way?.upstream.destroy()
    if (way === null) return this.#client.handOver(request.raw)
    this.#upstream = way.upstream
    this.#upstreamAddress = way.address
    this.#send(request, way.authorization)
  }

  #send(request: PlainRequest, authorization: string | null): void {
    const upstream = this.#upstream
    if (upstream === null) return
    this.#client.postpone()
    const { socket } = this.#client
    const exchange = new Exchange(request, { client: socket, upstream, authorization, owner: this })
    this.#exchange = exchange
    const body = this.#client.takePending()
    this.#keepRest(body, exchange.start(body))
    if (!exchange.isRequestDone) socket.resume()
  }

  #keepRest(chunk: Buffer | null, taken: number): void {
    if (taken === -1) {
      this.#exchange?.abandon()
      this.#exchange = null
      this.#upstream = null
      return this.#client.answer({ status: 400, text: 'The chunks of the body are malformed.' })
    }
    if (chunk !== null && taken < chunk.length) this.#client.hold(chunk.subarray(taken))
  }

  #leadsTo(upstream: AvailableUpstream): boolean {
    return this.#upstream !== null && !this.#upstream.isClosed && this.#upstreamAddress === addressOf(upstream)
  }

  /** Keeps the connection for the next request; whatever comes on it meanwhile means that it is of no use. */
  #rest(): void {
    const upstream = this.#upstream
    if (upstream === null) return
    const drop = () => {
      if (this.#upstream === upstream) this.#drop()
      return false
    }
    upstream.reader = { onData: drop, onEnd: drop, onClose: drop, onDrain() {} }
  }

  #drop(): void {
    this.#upstream?.destroy()
    this.#upstream = null
  }
}
