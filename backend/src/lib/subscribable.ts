import type { Stop } from './clock.ts'

/**
 * Subscribable calls every subscriber, in order of subscription, for each `emit`. What one of them throws goes to `onError` and
 * keeps nothing from the others; without `onError` it is thrown.
 */
export class Subscribable<Args extends unknown[]> {
  readonly #subscribers = new Set<(...args: Args) => void>()
  readonly #onError: ((error: unknown) => void) | null

  constructor(onError: ((error: unknown) => void) | null = null) {
    this.#onError = onError
  }

  subscribe(subscriber: (...args: Args) => void): Stop {
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  emit(...args: Args): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(...args)
      } catch (error) {
        if (this.#onError === null) throw error
        this.#onError(error)
      }
    }
  }
}
