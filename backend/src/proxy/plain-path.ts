import { breakOff } from '../lib/break-off.ts'
import { Exchange, type ExchangeOwner, type PlainRequest } from './exchange.ts'
import { lookedAtEverySecond } from '../lib/sweep.ts'
import type { ClientConnection } from './client.ts'
import type { Endpoint } from './endpoint.ts'
import { Passage, type PassageOwner, type Way } from './passage.ts'
import type { UpstreamError } from './upstream-error.ts'
import { addressOf, type AvailableUpstream, type UpstreamSocket } from './upstream-socket.ts'

/**
 * PlainPath passes the plain requests of one client connection on, one after the other, over one connection to the upstream,
 * which is kept from request to request as long as the key holds that upstream.
 */
export class PlainPath implements ExchangeOwner, PassageOwner {
  readonly #client: ClientConnection
  readonly #endpoint: Endpoint
  #exchange: Exchange | null = null
  #request: PlainRequest | null = null
  /** The request under way was sent before, to no avail. */
  #isRepeated = false
  #upstream: UpstreamSocket | null = null
  #passage: Passage | null = null
  /** Where it leads. */
  #via: AvailableUpstream | null = null
  /** When that was replaced, where it was. */
  #replacedAt: number | null = null

  constructor(client: ClientConnection, endpoint: Endpoint) {
    this.#client = client
    this.#endpoint = endpoint
  }

  /** Passes a request on, over the connection of the one before where that leads to the present upstream. */
  begin(request: PlainRequest): void {
    this.#endpoint.counters.requests += 1
    this.#request = request
    this.#isRepeated = false
    const { upstream } = this.#endpoint.gate.route
    if (upstream.kind === 'available' && this.#leadsTo(upstream)) return this.#send(request, upstream.authorization)
    this.#connect()
  }

  /** Whether the request has no upstream yet; then what opens a way to one is asked to look at its time. */
  checkTime(): boolean {
    const passage = this.#passage
    passage?.checkTime()
    return passage !== null
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
    if (this.#upstream?.socket.isPaused() === true) this.#upstream.socket.resume()
  }

  /** Lets go of a connection to another upstream than the present one; one in use is cut `drainMs` after it was replaced. */
  leave(present: string, drainMs: number | null): void {
    if (this.#upstream === null || this.#via === null || addressOf(this.#via) === present) return
    if (this.#exchange === null) return this.#drop()
    const now = this.#endpoint.clock.now()
    this.#replacedAt ??= now
    // Half an answer must not look like a whole one.
    if (drainMs !== null && now - this.#replacedAt >= drainMs) breakOff(this.#client.socket)
  }

  stop(): void {
    this.#passage?.stop()
    this.#exchange?.abandon()
    this.#drop()
  }

  onPassed({ socket, via }: Way): void {
    const request = this.#request
    this.#passage = null
    this.#upstream = socket
    this.#via = via
    this.#replacedAt = null
    if (request === null) return
    if (via.protocol === 'http') return this.#send(request, via.authorization)
    this.#drop()
    this.#client.handOver(request.raw)
  }

  onBarred(error: UpstreamError): void {
    this.#passage = null
    this.#client.onBarred(error)
  }

  onDone(keep: { client: boolean; upstream: boolean }): void {
    this.#exchange = null
    this.#request = null
    if (keep.upstream) this.#rest()
    else this.#drop()
    this.#client.onAnswered(keep.client)
  }

  onFailed(error: UpstreamError, canRepeat: boolean): void {
    const request = this.#request
    this.#exchange = null
    this.#upstream = null
    if (!canRepeat || request === null || this.#isRepeated) return this.#client.onBarred(error)
    this.#isRepeated = true
    this.#connect()
  }

  onBroken(): void {
    this.#upstream = null
    breakOff(this.#client.socket)
  }

  onUpgraded(early: Buffer | null): void {
    const socket = this.#upstream
    this.#exchange = null
    this.#upstream = null
    const via = this.#via
    if (socket !== null && via !== null) this.#client.startTunnel({ socket, via, early })
  }

  #connect(): void {
    this.#drop()
    this.#client.deadline = lookedAtEverySecond
    this.#passage = new Passage({ endpoint: this.#endpoint, target: null, owner: this })
    this.#passage.start()
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
    if (!exchange.isRequestDone && socket.isPaused()) socket.resume()
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
    if (this.#upstream === null || this.#via === null) return false
    return !this.#upstream.isClosed && this.#via.host === upstream.host && this.#via.port === upstream.port
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
