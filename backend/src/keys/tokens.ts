import { subdomainOf, tokenPlace, type Endpoint } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { newToken, type Vault } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

interface TokensParts {
  store: Store
  history: History
  vault: Vault
}

/**
 * createReplaceToken makes the verb that gives the endpoint of a key another access token. The one before ends at once, and with it the addresses
 * that were allowed with it: whoever it leaked to may have let himself in. Throws Problem `not_found`.
 */
export function createReplaceToken({ store, history, vault }: TokensParts): (id: number) => Promise<Endpoint> {
  return async (id) => {
    const { endpoint } = store.getProxy(id)
    const token = vault.seal(newToken(), tokenPlace(endpoint.id))
    const ended = await store.change((draft) => {
      const row = draft.endpointOf(id)
      const { admin = [], token: let_in = [] } = Object.groupBy(row.access.allowed_addresses, ({ made_by }) => made_by)
      row.access.token = token
      row.access.allowed_addresses = admin
      return let_in.map(({ address }) => address)
    })
    const addresses = ended.length === 0 ? '' : `, and with it what it had let in: ${ended.join(', ')}`
    history.add({
      proxy_id: id,
      action: 'update',
      message: `${subdomainOf(endpoint)} has a new access token; the one before ended${addresses}.`,
    })
    return store.getProxy(id).endpoint
  }
}
