import type { LiveEvent } from '../contract/index.ts'
import { Subscribable } from '../lib/subscribable.ts'

const keptEvents = 2_000

export interface NumberedEvent {
  id: string
  event: LiveEvent
}

/**
 * LiveEvents numbers what happens and keeps at least the last 2,000 events, so that a client that was away can go on after the last
 * one it saw. An id is `<start of this process>-<number>`: one from before a restart is recognised as such.
 */
export class LiveEvents {
  readonly published = new Subscribable<[]>()
  readonly #epoch: string
  #events: LiveEvent[] = []
  /** The number of the first event kept. */
  #first = 1
  /** The number of the last event so far. */
  #last = 0

  constructor(startedAt: number) {
    this.#epoch = startedAt.toString(36)
  }

  publish(event: LiveEvent): void {
    this.#last += 1
    this.#events.push(event)
    if (this.#events.length >= keptEvents * 2) {
      this.#events = this.#events.slice(-keptEvents)
      this.#first = this.#last - keptEvents + 1
    }
    this.published.emit()
  }

  /** The id after which only new events come. */
  get lastId(): string {
    return `${this.#epoch}-${this.#last}`
  }

  /** The events after this id, or null when some of them are no longer known. */
  after(id: string): NumberedEvent[] | null {
    const [, epoch, number] = /^([a-z0-9]+)-(\d+)$/.exec(id) ?? []
    const from = Number(number) + 1
    if (epoch !== this.#epoch || from < this.#first || from > this.#last + 1) return null
    return this.#events
      .slice(from - this.#first)
      .map((event, index) => ({ id: `${this.#epoch}-${from + index}`, event }))
  }
}
