import type { ProxyKey } from '../contract/index.ts'
import type { Vault } from '../lib/vault.ts'

/**
 * derivedFromProviderKey computes something of the provider key of a row. That is sealed, and seldom changes, unlike the rest
 * of the row: it is opened again only when it did.
 */
export function derivedFromProviderKey<T>(vault: Vault, compute: (providerKey: string) => T): (key: ProxyKey) => T {
  // The access rules of a row stay the same object while its observations change.
  const known = new WeakMap<ProxyKey['access'], { sealed: string; value: T }>()
  return ({ access, kiotproxy_key: sealed }) => {
    const found = known.get(access)
    if (found?.sealed === sealed) return found.value
    const value = compute(vault.open(sealed))
    known.set(access, { sealed, value })
    return value
  }
}
