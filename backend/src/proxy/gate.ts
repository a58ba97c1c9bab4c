import type { Clock, Stop } from '../lib/clock.ts'
import type { Route } from './route.ts'
import { isUnreachable, UpstreamError } from './upstream-error.ts'
import type { AvailableUpstream } from './upstream-socket.ts'

/** Changes of upstream that one piece of work follows before it gives up. */
const maxAttempts = 5

/** Passenger is a piece of work that needs an upstream. Gate calls one of these for each time it asks. */
export interface Passenger {
  /** Until when it may wait, in milliseconds since the epoch. */
  readonly holdUntil: number
  /** Try this upstream. */
  go(upstream: AvailableUpstream): void
  /** There is no way. */
  bar(error: UpstreamError): void
}

interface GateParts {
  clock: Clock
  maxWaiting: number
  /** Told of each connection that came about (null) or failed because of the upstream. */
  onAttempt: (upstream: AvailableUpstream, failure: UpstreamError | null) => void
}

/**
 * Gate leads new work to the upstream that a key holds now. While there is none, or the present one fails during a rotation,
 * work waits for the next, at most the route's hold time; a connection that failed on an upstream which was replaced
 * meanwhile is tried on the new one. Nothing of a request has been sent on before it passes the gate.
 */
export class Gate {
  readonly #parts: GateParts
  /** Who waits, and what ends the waiting. */
  readonly #waiting = new Map<Passenger, Stop>()
  #route: Route

  constructor(route: Route, parts: GateParts) {
    this.#route = route
    this.#parts = parts
  }

  get route(): Route {
    return this.#route
  }

  update(route: Route): void {
    this.#route = route
    for (const [passenger, stop] of Array.from(this.#waiting)) {
      stop()
      this.#waiting.delete(passenger)
      this.enter(passenger)
    }
  }

  /** Leads work to the present upstream, now or when there is one. */
  enter(passenger: Passenger): void {
    const { upstream } = this.#route
    if (upstream.kind === 'available') passenger.go(upstream)
    else this.#hold(passenger, missingError(this.#route))
  }

  /** Work that is over waits no longer. */
  leave(passenger: Passenger): void {
    this.#waiting.get(passenger)?.()
    this.#waiting.delete(passenger)
  }

  passed(upstream: AvailableUpstream): void {
    this.#parts.onAttempt(upstream, null)
  }

  /** Work could not connect to this upstream, at its `attempts`-th: it is led to another, waits for one, or is barred. */
  failed(passenger: Passenger, upstream: AvailableUpstream, error: UpstreamError, attempts: number): void {
    const isCurrent = this.#isCurrent(upstream)
    if (isUnreachable(error) && isCurrent) this.#parts.onAttempt(upstream, error)
    if (attempts >= maxAttempts) return passenger.bar(error)
    if (!isCurrent) return this.enter(passenger)
    if (!this.#route.isRotating || !isUnreachable(error)) return passenger.bar(error)
    this.#hold(passenger, error)
  }

  #isCurrent(upstream: AvailableUpstream): boolean {
    const present = this.#route.upstream
    return present.kind === 'available' && present.host === upstream.host && present.port === upstream.port
  }

  /** Has work wait for a change of the route, and bars it for `reason` when none can be expected or came in time. */
  #hold(passenger: Passenger, reason: UpstreamError): void {
    const { clock, maxWaiting } = this.#parts
    const isHopeless = !this.#route.isRotating && !this.#route.isExpected
    const left = passenger.holdUntil - clock.now()
    if (isHopeless || left <= 0 || this.#waiting.size >= maxWaiting) return passenger.bar(reason)
    const stop = clock.after(left, () => {
      this.#waiting.delete(passenger)
      passenger.bar(reason)
    })
    this.#waiting.set(passenger, stop)
  }
}

function missingError({ name, upstream }: Route): UpstreamError {
  const { message, retryAfterSeconds } =
    upstream.kind === 'missing' ? upstream : { message: 'it has no upstream now.', retryAfterSeconds: null }
  const advice = retryAfterSeconds === null ? '' : ` Try again in ${retryAfterSeconds} s.`
  return new UpstreamError('missing', { status: 503, text: `${name}: ${message}${advice}`, retryAfterSeconds })
}
