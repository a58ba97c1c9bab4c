import type { LiveEvent, ProxyKeyView } from '../contract/index.ts'
import { Subscribable } from '../lib/subscribable.ts'

const keptEvents = 2_000

type KeyEvent = Extract<LiveEvent, { type: 'proxy.added' | 'proxy.updated' }>

/** News is what happened. Of a key it names only which: whoever hears of it wants the key as it is by then. */
export type News = { type: KeyEvent['type']; id: number } | Exclude<LiveEvent, KeyEvent>

export interface NumberedEvent {
  id: string
  event: LiveEvent
}

/** View shows a key as it is now, to one who has reached us by this host; null where it is gone. */
type View = (id: number, reachedBy: string | null) => ProxyKeyView | null

/** Missed is what came after an id, oldest first, and the id to go on from. */
export interface Missed {
  events: NumberedEvent[]
  lastId: string
}

/**
 * LiveEvents numbers what happens and keeps at least the last 2,000 events, so that a client that was away can go on after the last
 * one it saw. An id is `<start of this process>-<number>`: one from before a restart is recognised as such.
 */
export class LiveEvents {
  readonly published = new Subscribable<[]>()
  readonly #epoch: string
  readonly #view: View
  #news: News[] = []
  /** The number of the first event kept. */
  #first = 1
  /** The number of the last event so far. */
  #last = 0

  constructor(startedAt: number, view: View) {
    this.#epoch = startedAt.toString(36)
    this.#view = view
  }

  publish(news: News): void {
    this.#last += 1
    this.#news.push(news)
    if (this.#news.length >= keptEvents * 2) {
      this.#news = this.#news.slice(-keptEvents)
      this.#first = this.#last - keptEvents + 1
    }
    this.published.emit()
  }

  /** The id after which only new events come. */
  get lastId(): string {
    return this.#idOf(this.#last)
  }

  /**
   * The events after this id, or null when some of them are no longer known. A key that changed more than once is in it once,
   * as it is now, in the place of its last change; one that is gone meanwhile only as removed.
   */
  after(id: string, reachedBy: string | null = null): Missed | null {
    const [, epoch, number] = /^([a-z0-9]+)-(\d+)$/.exec(id) ?? []
    const from = Number(number) + 1
    if (epoch !== this.#epoch || from < this.#first || from > this.#last + 1) return null
    const missed = this.#news.slice(from - this.#first)
    const lastChanges = new Map<number, number>()
    missed.forEach((news, index) => {
      if (news.type === 'proxy.updated') lastChanges.set(news.id, index)
    })
    const events: NumberedEvent[] = []
    missed.forEach((news, index) => {
      const isOld = news.type === 'proxy.updated' && lastChanges.get(news.id) !== index
      const event = isOld ? null : this.#show(news, reachedBy)
      if (event !== null) events.push({ id: this.#idOf(from + index), event })
    })
    return { events, lastId: this.lastId }
  }

  #show(news: News, reachedBy: string | null): LiveEvent | null {
    if ('data' in news) return news
    const data = this.#view(news.id, reachedBy)
    return data && { type: news.type, data }
  }

  #idOf(number: number): string {
    return `${this.#epoch}-${number}`
  }
}
