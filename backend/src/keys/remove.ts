import { namesOf, type Actor } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import type { Rotator } from '../leases/rotator.ts'
import type { Store } from '../store/store.ts'
import type { Deleted } from './deleted.ts'

export interface RemoveParts {
  store: Store
  bus: Bus
  rotator: Rotator
  deleted: Deleted
}

/**
 * createRemove makes the verb that removes a key, its endpoint and every connection through it; for ten seconds it can be brought back.
 * `release` also gives the upstream back to the provider. Throws Problem `not_found` or a storage problem.
 */
export function createRemove({ store, bus, rotator, deleted }: RemoveParts) {
  return async (id: number, options: { release: boolean }, by: Actor): Promise<void> => {
    const proxy = store.getProxy(id)
    const { key, endpoint } = proxy
    await store.change((draft) => {
      draft.endpoints.remove(draft.endpointOf(id).id)
      draft.keys.remove(id)
    })
    deleted.keep({ proxy, isReleased: options.release })
    bus.tell({ kind: 'key_deleted', proxy_id: id, facts: { ...namesOf(endpoint), old_ip: key.remote_ip }, by })
    rotator.forget(id)
    if (options.release) await rotator.release(proxy, by)
  }
}
