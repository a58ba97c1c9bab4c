import type { Bus } from '../happenings/bus.ts'
import type { Clock, Stop } from '../lib/clock.ts'

/** So long the first ones of an address are gathered. */
const gatherMs = 60_000
const entryEveryMs = 60 * 60_000
/** Whoever has many addresses must not fill the log: what more of them do is told together. */
const maxSources = 100
const others = 'others'
const namedEndpoints = 3

interface Endpoint {
  id: number
  name: string
}

interface Source {
  count: number
  endpoints: Map<number, string>
  dueAt: number
}

interface WrongTokensParts {
  bus: Pick<Bus, 'tell'>
  clock: Clock
}

/**
 * WrongTokens writes down who tried wrong access tokens at the pages of endpoints: one entry an address and hour, the first a
 * minute or two after it began.
 */
export class WrongTokens {
  readonly #parts: WrongTokensParts
  readonly #sources = new Map<string, Source>()
  /** There is a timer only while there is something to write, or to forget. */
  #cancel: Stop | null = null

  constructor(parts: WrongTokensParts) {
    this.#parts = parts
  }

  note(address: string, { id, name }: Endpoint): void {
    const { clock } = this.#parts
    const key = this.#sources.has(address) || this.#sources.size < maxSources ? address : others
    const dueAt = clock.now() + gatherMs
    const source = this.#sources.get(key) ?? { count: 0, endpoints: new Map<number, string>(), dueAt }
    this.#sources.set(key, source)
    source.count++
    source.endpoints.set(id, name)
    this.#cancel ??= clock.after(gatherMs, this.#look)
  }

  /** Writes what was not yet, and looks no more. */
  stop(): void {
    this.#cancel?.()
    for (const [address, source] of this.#sources) {
      if (source.count > 0) this.#write(address, source)
    }
  }

  readonly #look = (): void => {
    const { clock } = this.#parts
    for (const [address, source] of this.#sources) {
      if (source.dueAt > clock.now()) continue
      if (source.count === 0) this.#sources.delete(address)
      else this.#write(address, source)
    }
    this.#cancel = this.#sources.size === 0 ? null : clock.after(gatherMs, this.#look)
  }

  #write(address: string, source: Source): void {
    const { bus, clock } = this.#parts
    const [only = null, ...more] = source.endpoints.keys()
    const names = [...source.endpoints.values()]
    const endpoints = names.slice(0, namedEndpoints)
    bus.tell({
      kind: 'wrong_tokens',
      proxy_id: more.length === 0 ? only : null,
      facts: { count: source.count, endpoints, more: names.length - endpoints.length },
      by: { kind: 'client', id: null, name: null, address: address === others ? null : address },
    })
    source.count = 0
    source.endpoints.clear()
    source.dueAt = clock.now() + entryEveryMs
  }
}
