import { providerKeyPlace, type ProxyKey } from '../contract/index.ts'
import type { Vault } from '../lib/vault.ts'

/** There are fewer ports, so it is deleted keys that fill it. */
const maxKnown = 100_000

/**
 * derivedFromProviderKey computes something of the provider key of a row. That is sealed, and seldom changes, unlike the rest
 * of the row: it is opened again only when it did.
 */
export function derivedFromProviderKey<T>(vault: Vault, compute: (providerKey: string) => T): (key: ProxyKey) => T {
  const known = new Map<number, { sealed: string; value: T }>()
  return ({ id, kiotproxy_key: sealed }) => {
    const found = known.get(id)
    if (found?.sealed === sealed) return found.value
    const value = compute(vault.open(sealed, providerKeyPlace(id)))
    if (known.size >= maxKnown) known.clear()
    known.set(id, { sealed, value })
    return value
  }
}
