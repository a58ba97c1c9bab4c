import { formatBasic } from '../bytes/basic.ts'
import { formatAnswer } from '../bytes/http-answer.ts'
import type { PlainRequest } from '../bytes/request-head.ts'
import type { RequestForm } from '../bytes/write-head.ts'
import { breakOff } from '../sockets/break-off.ts'
import { lookedAtEverySecond } from '../sockets/sweep.ts'
import type { Lease } from '../table.ts'
import { Dial, type DialOwner, type Way } from '../upstream/dial.ts'
import { nonsense, refusalOf, type UpstreamFailure } from '../upstream/failure.ts'
import type { Endpoint } from './endpoint.ts'
import { Exchange, isRepeatable, type ExchangeOwner } from './exchange.ts'
import { KeptUpstream } from './kept-upstream.ts'
import type { Downstream, Stage } from './stage.ts'
import { Tunnel } from './tunnel.ts'

/** A client that goes to and fro between endpoints, or origins behind SOCKS, has so many connections kept for it. */
const maxKept = 8
const goneAfterMs = 30_000

/** Job is the request under way. */
interface Job {
  readonly request: PlainRequest
  readonly endpoint: Endpoint
  /** It was sent before, on a kept connection that was dead. */
  isRepeated: boolean
}

/**
 * PlainPath passes the plain requests of one client connection on, one after the other, over connections to upstreams that are
 * kept from request to request as long as the key holds the lease.
 */
export class PlainPath implements Stage, ExchangeOwner, DialOwner {
  readonly #client: Downstream
  readonly #http: { onAnswered(isKept: boolean): void }
  readonly #kept: KeptUpstream[] = []
  #job: Job | null = null
  #dial: Dial | null = null
  #exchange: Exchange | null = null
  /** The one in use. */
  #present: KeptUpstream | null = null
  #seenBytes = -1

  constructor(client: Downstream, http: { onAnswered(isKept: boolean): void }) {
    this.#client = client
    this.#http = http
  }

  begin(request: PlainRequest, endpoint: Endpoint): void {
    endpoint.counters.addRequest()
    this.#job = { request, endpoint, isRepeated: false }
    const { lease } = endpoint.holding
    const kept = lease === null ? undefined : this.#find(lease, originOf(lease, request))
    if (kept === undefined) return this.#connect(this.#job)
    if (isRepeatable(request)) return this.#send(this.#job, kept)
    // A kept connection may be at its end without our knowing, and what can't be asked twice must not be lost with it.
    this.#forget(kept)
    this.#connect(this.#job)
  }

  /** Lets go of all upstreams. */
  drop(): void {
    this.#dial?.stop()
    this.#exchange?.abandon()
    this.#dial = null
    this.#exchange = null
    this.#present = null
    for (const kept of this.#kept.splice(0)) kept.drop()
  }

  onClientData(chunk: Buffer): void {
    const exchange = this.#exchange
    if (exchange === null || exchange.isRequestDone) {
      this.#client.hold(chunk)
      // Its next request, of a client that does not wait for answers, is read when its turn comes.
      if (exchange !== null) this.#client.socket.pause()
      return
    }
    this.#postpone()
    this.#keepRest(chunk, exchange.feed(chunk))
  }

  /**
   * A client that has ended its side may wait for its answer as long as any. One that has gone looks the same until its system
   * is asked, which then knows nothing of the connection any more.
   */
  onClientEnd(): void {
    this.#client.socket.setKeepAlive(true, goneAfterMs)
  }

  onClientDrain(): void {
    if (this.#present?.upstream.socket.isPaused() === true) this.#present.upstream.socket.resume()
  }

  /** A request through which nothing went since it was last looked at is over. */
  expire(): void {
    if (this.#dial !== null) return this.#dial.checkTime()
    const { socket } = this.#client
    if (socket.bytesWritten === this.#seenBytes) return this.#client.destroy()
    this.#seenBytes = socket.bytesWritten
    this.#postpone()
  }

  onClientClose(): void {
    this.drop()
  }

  onWay(way: Way): void {
    const job = this.#job
    this.#dial = null
    if (job === null) return way.socket.destroy()
    if (way.early !== null) {
      way.socket.destroy()
      return this.onBarred(nonsense('It speaks before it was asked.'))
    }
    const kept = new KeptUpstream(way, job.endpoint, originOf(way.lease, job.request), {
      cut: (cut) => this.#cut(cut),
      onGone: (gone) => this.#forget(gone),
    })
    this.#kept.push(kept)
    const [oldest] = this.#kept
    if (this.#kept.length > maxKept && oldest !== undefined) this.#forget(oldest)
    this.#send(job, kept)
  }

  onBarred(failure: UpstreamFailure): void {
    this.#dial = null
    this.#job = null
    this.#client.refused(refusalOf(failure))
    const { status, text, retryAfterSeconds } = failure
    this.#client.close(formatAnswer({ status, text, retryAfterSeconds }))
    this.drop()
  }

  onDone(keep: { client: boolean; upstream: boolean }): void {
    const kept = this.#present
    this.#exchange = null
    this.#present = null
    this.#job = null
    if (kept !== null) {
      if (keep.upstream && kept.draining === null) kept.rest()
      else this.#forget(kept)
    }
    if (!keep.client) this.drop()
    this.#http.onAnswered(keep.client)
  }

  onFailed(failure: UpstreamFailure, canRepeat: boolean): void {
    const job = this.#job
    const kept = this.#present
    const wasUsed = kept?.isUsed === true
    if (kept !== null && failure.kind === 'denied') kept.endpoint.denied(kept.lease)
    this.#endExchange()
    if (job === null) return
    // Only a connection that was kept may have been dead before the request came.
    if (canRepeat && wasUsed && !job.isRepeated) {
      job.isRepeated = true
      return this.#connect(job)
    }
    this.onBarred(failure)
  }

  onBroken(isTold: boolean): void {
    this.#endExchange()
    // What came is delivered where the client can see that it is not all.
    if (isTold) this.#client.close()
    else breakOff(this.#client.socket)
    this.drop()
  }

  onUpgraded(early: Buffer | null): void {
    const kept = this.#present
    this.#exchange = null
    this.#present = null
    if (kept === null) return
    const tunnel = new Tunnel({ socket: kept.upstream, lease: kept.lease, early }, this.#client, kept.endpoint)
    kept.handOver(tunnel)
    this.#kept.splice(this.#kept.indexOf(kept), 1)
    this.drop()
    tunnel.start()
  }

  #find(lease: Lease, origin: string): KeptUpstream | undefined {
    for (const kept of this.#kept) if (kept.leadsTo(lease, origin)) return kept
    return undefined
  }

  #connect({ request, endpoint }: Job): void {
    this.#client.deadline = lookedAtEverySecond
    const { host, port } = request.target
    this.#dial = new Dial({ place: endpoint, target: { host, port }, isPlain: true, owner: this })
    this.#dial.start()
  }

  #send({ request }: Job, kept: KeptUpstream): void {
    this.#seenBytes = -1
    this.#postpone()
    const { socket, unread } = this.#client
    kept.isBusy = true
    this.#present = kept
    const exchange = new Exchange(request, {
      client: this.#client,
      upstream: kept.upstream,
      form: formFor(kept.lease),
      owner: this,
    })
    this.#exchange = exchange
    const body = unread.take()
    this.#keepRest(body, exchange.start(body))
    if (!exchange.isRequestDone && socket.isPaused()) socket.resume()
  }

  #keepRest(chunk: Buffer | null, taken: number): void {
    if (taken === -1) {
      this.#endExchange()
      this.#client.answer('malformed', { status: 400, text: 'The chunks of the body are malformed.' })
      return this.drop()
    }
    if (chunk !== null && taken < chunk.length) this.#client.hold(chunk.subarray(taken))
  }

  /** Something goes on: the request may be idle for as long as a tunnel from now. */
  #postpone(): void {
    const { door, endpoint } = this.#client
    this.#client.deadline = door.clock.monotonic() + (endpoint?.route.limits.tunnelIdleMs ?? 0)
  }

  #cut(kept: KeptUpstream): void {
    this.#exchange?.abandon()
    this.#exchange = null
    this.#forget(kept)
    // An answer that is under way must not look like a whole one.
    breakOff(this.#client.socket)
  }

  #endExchange(): void {
    const kept = this.#present
    this.#exchange?.abandon()
    this.#exchange = null
    this.#present = null
    if (kept !== null) this.#forget(kept)
  }

  #forget(kept: KeptUpstream): void {
    const index = this.#kept.indexOf(kept)
    if (index !== -1) this.#kept.splice(index, 1)
    kept.drop()
  }
}

function formFor({ protocol, credentials }: Lease): RequestForm {
  if (protocol === 'socks5') return toOrigin
  return credentials === null ? toProxy : { form: 'absolute', authorization: formatBasic(credentials) }
}

const toOrigin: RequestForm = { form: 'origin', authorization: null }
const toProxy: RequestForm = { form: 'absolute', authorization: null }

/** A connection through SOCKS leads to one origin; one to an HTTP proxy to all. */
function originOf({ protocol }: Lease, { target }: PlainRequest): string {
  return protocol === 'socks5' ? `${target.host}:${target.port}` : ''
}
