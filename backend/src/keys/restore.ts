import { namesOf, type Actor, type JoinedProxy } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { Problem } from '../lib/problem.ts'
import type { Store } from '../store/store.ts'
import type { Deleted } from './deleted.ts'
import { isInPlaceOf } from './new-proxy.ts'
import type { ProviderKeys } from './provider-keys.ts'

export interface RestoreParts {
  store: Store
  bus: Bus
  deleted: Deleted
  providerKeys: ProviderKeys
}

/** What is left of an upstream that was given back. */
const givenBack = { remote_http: null, remote_socks5: null, lease_id: null, reachable: null }

/**
 * createRestore makes the verb that brings a key back that was deleted in the last ten seconds, as it was: id, number, token, upstream,
 * history. Throws Problem `not_found`, `duplicate_key` where its provider key was added again meanwhile, `number_taken` where another
 * key got its number, or a storage problem; it can be tried again then, within the time.
 */
export function createRestore({ store, bus, deleted, providerKeys }: RestoreParts) {
  return async (id: number, by: Actor): Promise<JoinedProxy> => {
    const found = deleted.find(id)
    if (!found) throw new Problem('not_found', `No key with the id ${id} was deleted in the last 10 s.`)
    const { proxy, isReleased } = found
    const { key, endpoint } = proxy
    return await providerKeys.bringIn(providerKeys.of(key), async () => {
      refuseTaken(store.proxies, proxy)
      const row = isReleased ? { ...key, ...givenBack } : key
      await store.change((draft) => {
        draft.keys.add(row)
        draft.endpoints.add(endpoint)
      })
      deleted.forget(id)
      bus.tell({ kind: 'key_restored', proxy_id: id, facts: namesOf(endpoint), by })
      return store.getProxy(id)
    })
  }
}

function refuseTaken(proxies: readonly JoinedProxy[], proxy: JoinedProxy): void {
  const taker = proxies.find((other) => isInPlaceOf(other, proxy))?.endpoint
  if (!taker) return
  const { endpoint } = proxy
  const what = taker.number === endpoint.number ? 'number' : 'address of this machine'
  const message = `${taker.name} has the ${what} of ${endpoint.name} by now, so that can't come back. Add its key anew.`
  throw new Problem('number_taken', message)
}
