import { namesOf, subdomainOf, type Actor, type JoinedProxy } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import type { Store } from '../store/store.ts'

export interface RestartParts {
  store: Store
  bus: Bus
  restartListener: (endpointId: number) => Promise<void>
}

/**
 * createRestart makes the verb that closes the own port of a key's endpoint with all its connections and opens it again. Throws Problem
 * `not_found`, `listener_failed`.
 */
export function createRestart({ store, bus, restartListener }: RestartParts) {
  return async (id: number, by: Actor): Promise<JoinedProxy> => {
    const proxy = store.getProxy(id)
    const { endpoint } = proxy
    try {
      await restartListener(endpoint.id)
    } catch (error) {
      const reason = `Port ${endpoint.port} of ${subdomainOf(endpoint)} could not be opened: ${messageOf(error)}.`
      throw new Problem('listener_failed', `${reason} It is tried again every few seconds.`, { cause: error })
    }
    bus.tell({ kind: 'listener_restarted', proxy_id: id, facts: namesOf(endpoint), by })
    return proxy
  }
}
