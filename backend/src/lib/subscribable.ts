import type { Stop } from './clock.ts'

/** Subscribable calls every subscriber, in order of subscription, for each `emit`. */
export class Subscribable<Args extends unknown[]> {
  readonly #subscribers = new Set<(...args: Args) => void>()

  subscribe(subscriber: (...args: Args) => void): Stop {
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  emit(...args: Args): void {
    for (const subscriber of this.#subscribers) subscriber(...args)
  }
}
