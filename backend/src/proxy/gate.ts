import type { Clock } from '../lib/clock.ts'
import type { Lifetime } from './lifetime.ts'
import type { Route } from './route.ts'
import { isUnreachable, UpstreamError } from './upstream-error.ts'
import type { AvailableUpstream } from './upstream-socket.ts'

/** Changes of upstream that one piece of work follows before it gives up. */
const maxAttempts = 5

interface Waiter {
  wake(): void
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
  readonly #waiting = new Set<Waiter>()
  #route: Route

  constructor(route: Route, parts: GateParts) {
    this.#route = route
    this.#parts = parts
  }

  get route(): Route {
    return this.#route
  }

  /** Work that waits for an upstream now. */
  get waiting(): number {
    return this.#waiting.size
  }

  update(route: Route): void {
    this.#route = route
    for (const waiter of this.#waiting) waiter.wake()
  }

  /** Connects through the present upstream. Rejects with an UpstreamError when there is no way. */
  async pass<T>(connect: (upstream: AvailableUpstream) => Promise<T>, lifetime: Lifetime): Promise<T> {
    const deadline = this.#parts.clock.now() + this.#route.limits.holdMs
    for (let attempt = 1; ; attempt++) {
      const { upstream } = this.#route
      if (upstream.kind === 'missing') {
        await this.#hold(deadline, lifetime, missingError(this.#route))
        continue
      }
      try {
        const connection = await connect(upstream)
        this.#parts.onAttempt(upstream, null)
        return connection
      } catch (error) {
        if (!(error instanceof UpstreamError) || lifetime.isOver || attempt >= maxAttempts) throw error
        if (isUnreachable(error) && this.#isCurrent(upstream)) this.#parts.onAttempt(upstream, error)
        if (!this.#isCurrent(upstream)) continue
        if (!this.#route.isRotating || !isUnreachable(error)) throw error
        await this.#hold(deadline, lifetime, error)
      }
    }
  }

  #isCurrent(upstream: AvailableUpstream): boolean {
    const present = this.#route.upstream
    return present.kind === 'available' && present.host === upstream.host && present.port === upstream.port
  }

  /** Waits for a change of the route, and throws `reason` when none can be expected or came in time. */
  async #hold(deadline: number, lifetime: Lifetime, reason: UpstreamError): Promise<void> {
    const { clock, maxWaiting } = this.#parts
    const isHopeless = !this.#route.isRotating && !this.#route.isExpected
    const left = deadline - clock.now()
    if (isHopeless || left <= 0 || lifetime.isOver || this.#waiting.size >= maxWaiting) throw reason
    const isWoken = await this.#wait(left, lifetime)
    if (!isWoken) throw reason
  }

  #wait(ms: number, lifetime: Lifetime): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (isWoken: boolean) => {
        this.#waiting.delete(waiter)
        cancel()
        lifetime.delete(onGone)
        resolve(isWoken)
      }
      const onGone = () => finish(false)
      const waiter = { wake: () => finish(true) }
      const cancel = this.#parts.clock.after(ms, () => finish(false))
      lifetime.add(onGone)
      this.#waiting.add(waiter)
    })
  }
}

function missingError({ name, upstream }: Route): UpstreamError {
  const { message, retryAfterSeconds } =
    upstream.kind === 'missing' ? upstream : { message: 'it has no upstream now.', retryAfterSeconds: null }
  const advice = retryAfterSeconds === null ? '' : ` Try again in ${retryAfterSeconds} s.`
  return new UpstreamError('missing', { status: 503, text: `${name}: ${message}${advice}`, retryAfterSeconds })
}
