import type { Clock, Stop } from '../../lib/clock.ts'
import type { Lease, Route } from '../table.ts'
import type { UpstreamFailure } from './failure.ts'
import { nextUpstream, type Tried } from './next-upstream.ts'

/** Waiter is a piece of work that needs an upstream. Holding calls one of these for each time it asks. */
export interface Waiter {
  /** Until when it may wait, by the monotonic clock in milliseconds. */
  readonly holdUntil: number
  /** Try this upstream. */
  go(lease: Lease): void
  /** There is no way. */
  bar(failure: UpstreamFailure): void
}

interface HoldingParts {
  clock: Clock
  maxWaiting: number
  /** Told of each connection that came about (null) or failed because of the upstream. */
  onAttempt: (lease: Lease, failure: UpstreamFailure | null) => void
}

/**
 * Holding leads new work to the lease that a key holds now, and holds it while there is none, at most the route's hold time.
 * A lease is over at its own end, whatever the route says. Nothing of a request has been sent on before it went here.
 */
export class Holding {
  readonly #parts: HoldingParts
  /** Who waits, and what ends the waiting. */
  readonly #waiting = new Map<Waiter, Stop>()
  #route: Route
  /** The end of the present lease by the monotonic clock: setting the wall clock moves it no more. */
  #endsAt = Number.POSITIVE_INFINITY

  constructor(route: Route, parts: HoldingParts) {
    this.#route = route
    this.#parts = parts
    this.#endsAt = this.#readEnd(route)
  }

  get route(): Route {
    return this.#route
  }

  /** The lease in use; null where there is none, or it is over. */
  get lease(): Lease | null {
    const { upstream } = this.#route
    return upstream.kind === 'available' && this.#parts.clock.monotonic() < this.#endsAt ? upstream : null
  }

  /** When the lease of the route ends, by the monotonic clock. */
  get endsAt(): number {
    return this.#endsAt
  }

  update(route: Route): void {
    const before = this.#route.upstream
    const next = route.upstream
    const isSame = before.kind === 'available' && next.kind === 'available' && before.leaseId === next.leaseId
    if (!isSame || before.endsAt !== next.endsAt) this.#endsAt = this.#readEnd(route)
    this.#route = route
    for (const [waiter, stop] of Array.from(this.#waiting)) {
      stop()
      this.#waiting.delete(waiter)
      this.enter(waiter)
    }
  }

  /** Leads work to the present upstream, now or when there is one. `tried` is what became of it before. */
  enter(waiter: Waiter, tried: Tried | null = null): void {
    const decision = nextUpstream(this.#route, this.lease, tried)
    switch (decision.kind) {
      case 'go':
        return waiter.go(decision.lease)
      case 'bar':
        return waiter.bar(decision.failure)
      case 'wait':
        return this.#hold(waiter, decision.failure)
      default:
        return decision satisfies never
    }
  }

  /** Work that is over waits no longer. */
  leave(waiter: Waiter): void {
    this.#waiting.get(waiter)?.()
    this.#waiting.delete(waiter)
  }

  passed(lease: Lease): void {
    this.#parts.onAttempt(lease, null)
  }

  /** Work could not get through this lease: it is led to another, waits for one, or is barred. */
  failed(waiter: Waiter, lease: Lease, failure: UpstreamFailure, attempts: number): void {
    if (lease.leaseId === this.lease?.leaseId) this.#parts.onAttempt(lease, failure)
    this.enter(waiter, { leaseId: lease.leaseId, failure, attempts })
  }

  #hold(waiter: Waiter, failure: UpstreamFailure): void {
    const { clock, maxWaiting } = this.#parts
    const left = waiter.holdUntil - clock.monotonic()
    if (left <= 0 || this.#waiting.size >= maxWaiting) return waiter.bar(failure)
    const stop = clock.after(left, () => {
      this.#waiting.delete(waiter)
      waiter.bar(failure)
    })
    this.#waiting.set(waiter, stop)
  }

  #readEnd({ upstream }: Route): number {
    if (upstream.kind === 'missing' || upstream.endsAt === null) return Number.POSITIVE_INFINITY
    const { clock } = this.#parts
    return clock.monotonic() + (upstream.endsAt - clock.now())
  }
}
