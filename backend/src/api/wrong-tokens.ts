import type { History } from '../history/history.ts'
import type { Clock, Stop } from '../lib/clock.ts'

/** So long the first ones of an address are gathered. */
const gatherMs = 60_000
const entryEveryMs = 60 * 60_000
/** Whoever has many addresses must not fill the log: what more of them do is told together. */
const maxSources = 100
const others = 'other addresses'
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
  history: Pick<History, 'add'>
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
    const { history, clock } = this.#parts
    const [only = null, ...more] = source.endpoints.keys()
    history.add({
      proxy_id: more.length === 0 ? only : null,
      action: 'login',
      status: 'failure',
      message: `${source.count} wrong access ${source.count === 1 ? 'token' : 'tokens'} from ${address} at ${describePages([...source.endpoints.values()])}.`,
    })
    source.count = 0
    source.endpoints.clear()
    source.dueAt = clock.now() + entryEveryMs
  }
}

function describePages(names: readonly string[]): string {
  if (names.length === 1) return `the page of ${names.join()}`
  const rest = names.length - namedEndpoints
  const named = names.slice(0, namedEndpoints).join(', ')
  return `the pages of ${named}${rest > 0 ? ` and ${rest} more` : ''}`
}
