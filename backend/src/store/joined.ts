import type { Endpoint, JoinedProxy, ProxyKey } from '../contract/index.ts'
import type { RowChange } from './rows.ts'

/** Rows are frozen, so what is made of the same two stays the same. */
const known = new WeakMap<ProxyKey, JoinedProxy>()

/** join puts a key and its endpoint together; as long as neither changed it is the same object. */
export function join(key: ProxyKey, endpoint: Endpoint): JoinedProxy {
  const found = known.get(key)
  if (found?.endpoint === endpoint) return found
  const made = Object.freeze({ key, endpoint })
  known.set(key, made)
  return made
}

/** Former is what a list is made of: one before it, and the keys whose endpoints changed since. */
interface Former {
  readonly list: readonly JoinedProxy[]
  readonly touched: ReadonlySet<number>
}

const none: ReadonlySet<number> = new Set()

/** JoinedList is every key with its endpoint, made when it is asked for, of the list before where there is one. */
export class JoinedList {
  #former: Former | null
  #list: readonly JoinedProxy[] | null = null

  constructor(former: Former | null = null) {
    this.#former = former
  }

  /** The list after these changes. */
  after(endpoints: readonly RowChange<Endpoint>[]): JoinedList {
    const former = this.#list === null ? this.#former : { list: this.#list, touched: none }
    if (former === null || endpoints.length === 0) return new JoinedList(former)
    const ids = endpoints.flatMap(({ before, after }) => [...(before?.key_ids ?? []), ...(after?.key_ids ?? [])])
    return new JoinedList({ list: former.list, touched: new Set([...former.touched, ...ids]) })
  }

  /** The list for these keys, in their order; `find` joins one of them. */
  of(keys: readonly ProxyKey[], find: (keyId: number) => JoinedProxy | undefined): readonly JoinedProxy[] {
    if (this.#list !== null) return this.#list
    const { list, touched } = this.#former ?? { list: [], touched: none }
    this.#list = keys.flatMap((key, place) => {
      const before = list[place]
      return before?.key === key && !touched.has(key.id) ? before : (find(key.id) ?? [])
    })
    this.#former = null
    return this.#list
  }
}
