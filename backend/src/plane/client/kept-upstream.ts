import type { Drainable, Draining } from '../drain/drainer.ts'
import type { DrainTimes } from '../drain/tunnel-activity.ts'
import type { Lease } from '../table.ts'
import type { Way } from '../upstream/dial.ts'
import type { UpstreamSocket } from '../upstream/upstream-socket.ts'
import type { Endpoint } from './endpoint.ts'

interface KeptOwner {
  /** A request through it has to end now. */
  cut(kept: KeptUpstream): void
  /** It is of no use any more. */
  onGone(kept: KeptUpstream): void
}

/**
 * KeptUpstream is a connection to an upstream for plain requests, kept from one to the next as long as its key holds that
 * lease. Through SOCKS it leads to one origin.
 */
export class KeptUpstream implements Drainable {
  readonly kind = 'requests'
  readonly lease: Lease
  readonly upstream: UpstreamSocket
  readonly endpoint: Endpoint
  readonly origin: string
  draining: Draining | null = null
  place = -1
  /** A request is under way. */
  isBusy = false
  /** One was answered through it before. */
  isUsed = false
  readonly #owner: KeptOwner
  #isOver = false

  constructor({ socket, lease }: Way, endpoint: Endpoint, origin: string, owner: KeptOwner) {
    this.lease = lease
    this.upstream = socket
    this.endpoint = endpoint
    this.origin = origin
    this.#owner = owner
    endpoint.work.add(this)
  }

  get leaseId(): string {
    return this.lease.leaseId
  }

  /** Whether it leads where a request to this origin through this lease has to go. */
  leadsTo(lease: Lease, origin: string): boolean {
    return this.lease.leaseId === lease.leaseId && this.origin === origin && !this.upstream.isClosed
  }

  /** Waits for the next request; whatever comes on it meanwhile means that it is of no use. */
  rest(): void {
    this.isBusy = false
    this.isUsed = true
    const gone = () => {
      this.#owner.onGone(this)
      return false
    }
    this.upstream.reader = { onData: gone, onEnd: gone, onClose: gone, onDrain() {} }
  }

  leaveIdle(): boolean {
    if (this.isBusy) return false
    this.#owner.onGone(this)
    return true
  }

  drain(since: number, { drainMs }: DrainTimes): void {
    if (drainMs === null || this.endpoint.clock.monotonic() - since < drainMs) return
    this.#finish('cut')
    this.#owner.cut(this)
  }

  /** Lets go of it; a request that was under way has ended. */
  drop(): void {
    this.upstream.destroy()
    this.#finish('finished')
  }

  /** It goes on as something else, which takes the connection over. */
  handOver(next: Drainable): void {
    this.#isOver = true
    this.endpoint.passedOn(this, next)
  }

  #finish(end: 'finished' | 'cut'): void {
    if (this.#isOver) return
    this.#isOver = true
    this.endpoint.ended(this, end)
  }
}
