import { namesOf, type Actor, type ProxyKey } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { newToken, type Vault } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

interface TokensParts {
  store: Store
  bus: Bus
  vault: Vault
}

/**
 * createReplaceToken makes the verb that gives a key another access token. The one before ends at once, and with it the addresses
 * that were allowed with it: whoever it leaked to may have let himself in. Throws Problem `not_found`.
 */
export function createReplaceToken({ store, bus, vault }: TokensParts) {
  return async (id: number, by: Actor): Promise<ProxyKey> => {
    const key = store.getKey(id)
    const token = vault.seal(newToken())
    const ended = await store.change((draft) => {
      const row = draft.keys.get(id)
      const { admin = [], token: let_in = [] } = Object.groupBy(row.access.allowed_addresses, ({ made_by }) => made_by)
      row.access.token = token
      row.access.allowed_addresses = admin
      return let_in.map(({ address }) => address)
    })
    bus.tell({ kind: 'token_replaced', proxy_id: id, facts: { ...namesOf(key), ended }, by })
    return store.getKey(id)
  }
}
