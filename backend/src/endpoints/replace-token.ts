import { namesOf, tokenPlace, type Actor, type Endpoint } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { newToken, type Vault } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

interface TokensParts {
  store: Store
  bus: Bus
  vault: Vault
}

/**
 * createReplaceToken makes the verb that gives the endpoint of a key another access token. The one before ends at once, and with it the addresses
 * that were allowed with it: whoever it leaked to may have let himself in. Throws Problem `not_found`.
 */
export function createReplaceToken({ store, bus, vault }: TokensParts) {
  return async (id: number, by: Actor): Promise<Endpoint> => {
    const { endpoint } = store.getProxy(id)
    const token = vault.seal(newToken(), tokenPlace(endpoint.id))
    const ended = await store.change((draft) => {
      const row = draft.endpointOf(id)
      const { admin = [], token: let_in = [] } = Object.groupBy(row.access.allowed_addresses, ({ made_by }) => made_by)
      row.access.token = token
      row.access.allowed_addresses = admin
      return let_in.map(({ address }) => address)
    })
    bus.tell({ kind: 'token_replaced', proxy_id: id, facts: { ...namesOf(endpoint), ended }, by })
    return store.getProxy(id).endpoint
  }
}
