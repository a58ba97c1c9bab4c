import type { Clock } from '../../lib/clock.ts'
import { createAccessCheck, type AccessCheck } from '../access/access.ts'
import type { Drainable, Drainer, Draining, WorkEnd } from '../drain/drainer.ts'
import type { DrainTimes } from '../drain/tunnel-activity.ts'
import { Roster } from '../sockets/roster.ts'
import { Tally, type Tallied } from '../sockets/tally.ts'
import type { Lease, Route } from '../table.ts'
import type { DialPlace } from '../upstream/dial.ts'
import { isUnreachable, type UpstreamFailure } from '../upstream/failure.ts'
import { Holding } from '../upstream/holding.ts'
import type { UpstreamTls } from '../upstream/upstream-socket.ts'
import { Counters } from './counters.ts'

const maxConnections = 2_000
/** One client can't use up a key. */
const maxPerAddress = 1_000
const maxWaiting = 1_000
/** So many connections in a row that fail on one upstream mean that something is wrong with it. */
const alarmingFailures = 3
const atOnce: DrainTimes = { drainMs: 0, idleDrainMs: 0 }

export interface EndpointParts {
  clock: Clock
  drainer: Drainer
  upstreamTls: UpstreamTls
  onTraffic: (endpoint: Endpoint) => void
  onFailing: (endpoint: Endpoint, lease: Lease, reason: 'unreachable' | 'denied') => void
  onDrain: (endpoint: Endpoint, draining: Draining, isOver: boolean) => void
}

/**
 * Endpoint is one constant address: who may use it, where its work goes now, what it has carried. New work goes to the lease
 * that the route names when it comes; work on one that was replaced is drained. There is no way in it to connect directly.
 */
export class Endpoint implements DialPlace {
  readonly id: number
  readonly holding: Holding
  readonly counters: Counters
  /** All that holds a connection to an upstream. */
  readonly work = new Roster<Drainable>()
  access: AccessCheck
  readonly #parts: EndpointParts
  readonly #byAddress = new Tally()
  #admitted = 0
  #failures = 0
  #deniedLease: string | null = null
  /** Leases that were replaced while work went on through them, and when they end. */
  readonly #former = new Map<string, number>()

  constructor(route: Route, parts: EndpointParts) {
    this.#parts = parts
    this.id = route.id
    this.access = createAccessCheck(route.access)
    this.counters = new Counters(() => parts.onTraffic(this))
    this.holding = new Holding(route, {
      clock: parts.clock,
      maxWaiting,
      onAttempt: (lease, failure) => this.#noteAttempt(lease, failure),
    })
  }

  get route(): Route {
    return this.holding.route
  }

  get name(): string {
    return this.holding.route.name
  }

  get clock(): Clock {
    return this.#parts.clock
  }

  get upstreamTls(): UpstreamTls {
    return this.#parts.upstreamTls
  }

  /** Takes another route over. Work on a lease that it replaces is drained, see Drainer. */
  update(route: Route): void {
    const before = this.route
    if (route === before) return
    const former = before.upstream.kind === 'available' ? before.upstream.leaseId : null
    const present = route.upstream.kind === 'available' ? route.upstream.leaseId : null
    if (former !== null && former !== present && this.holding.endsAt !== Number.POSITIVE_INFINITY)
      this.#former.set(former, this.holding.endsAt)
    if (route.access !== before.access) this.access = createAccessCheck(route.access)
    this.holding.update(route)
    if (former === null || former === present) return
    this.#failures = 0
    this.#drain(present, route.limits)
  }

  /** Admits a connection, which gives what it gets back when it leaves; null where there are too many, of this client or in all. */
  enter(address: string): Tallied | null {
    if (this.#admitted >= maxConnections) return null
    const tallied = this.#byAddress.take(address)
    this.#admitted += 1
    if (tallied.count <= maxPerAddress) return tallied
    this.leave(tallied)
    return null
  }

  leave(tallied: Tallied): void {
    this.#byAddress.giveBack(tallied)
    this.#admitted -= 1
  }

  /** A piece of work goes on as something else. */
  passedOn(work: Drainable, next: Drainable): void {
    this.#parts.drainer.passOn(work, next)
    this.ended(work, 'finished')
  }

  /** A piece of work is over. */
  ended(work: Drainable, end: WorkEnd): void {
    this.work.delete(work)
    this.#parts.drainer.ended(work, end)
  }

  /** The upstream refused our credentials. */
  denied(lease: Lease): void {
    if (this.#deniedLease === lease.leaseId) return
    this.#deniedLease = lease.leaseId
    this.#parts.onFailing(this, lease, 'denied')
  }

  /** Ends what goes through leases that are over, whatever the control plane does. */
  endLeases(now: number): void {
    const { upstream } = this.route
    if (upstream.kind === 'available' && this.holding.endsAt <= now) this.#cut(upstream.leaseId)
    for (const [leaseId, endsAt] of this.#former) {
      if (endsAt > now) continue
      this.#former.delete(leaseId)
      this.#cut(leaseId)
    }
  }

  #cut(leaseId: string): void {
    const now = this.#parts.clock.monotonic()
    this.work.forEach((work) => {
      if (work.leaseId === leaseId && !work.leaveIdle()) work.drain(now, atOnce)
    })
  }

  #drain(present: string | null, { drainMs, idleDrainMs }: Route['limits']): void {
    this.#parts.drainer.begin(this.work, { present, times: { drainMs, idleDrainMs } }, (draining, isOver) =>
      this.#parts.onDrain(this, draining, isOver),
    )
  }

  #noteAttempt(lease: Lease, failure: UpstreamFailure | null): void {
    if (failure?.kind === 'denied') return this.denied(lease)
    if (failure !== null && !isUnreachable(failure)) return
    this.#failures = failure === null ? 0 : this.#failures + 1
    if (this.#failures === alarmingFailures) this.#parts.onFailing(this, lease, 'unreachable')
  }
}
