import type { ProxyKey } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { newToken, type Vault } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

interface TokensParts {
  store: Store
  history: History
  vault: Vault
}

/** createReplaceToken makes the verb that gives a key another access token: the one before ends at once. Throws Problem `not_found`. */
export function createReplaceToken({ store, history, vault }: TokensParts): (id: number) => Promise<ProxyKey> {
  return async (id) => {
    const { subdomain } = store.getKey(id)
    const token = vault.seal(newToken())
    await store.change((draft) => void (draft.keys.get(id).access.token = token))
    history.add({
      proxy_id: id,
      action: 'update',
      message: `${subdomain} has a new access token; the one before ended.`,
    })
    return store.getKey(id)
  }
}
