import { providerKeyPlace, subdomainOf, type ProxyKey } from '../contract/index.ts'
import { Problem } from '../lib/problem.ts'
import { hashToken, type Vault } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'
import { derivedFromProviderKey } from './sealed-key.ts'

interface ProviderKeysParts {
  store: Store
  vault: Vault
}

/** ProviderKeys are those of all keys: no two keys have the same. */
export class ProviderKeys {
  readonly #store: Store
  readonly #vault: Vault
  /** Those that are being added: the second of two equal requests must not reach the provider. */
  readonly #arriving = new Set<string>()
  /** Tells equal ones without opening all of them for each that comes. */
  readonly #fingerprintOf: (key: ProxyKey) => string

  constructor({ store, vault }: ProviderKeysParts) {
    this.#store = store
    this.#vault = vault
    this.#fingerprintOf = derivedFromProviderKey(vault, hashToken)
  }

  /** In clear. */
  of(key: ProxyKey): string {
    return this.#vault.open(key.kiotproxy_key, providerKeyPlace(key.id))
  }

  /** All in clear, with the name of the endpoint that each is behind. */
  holders(): Map<string, string> {
    return new Map(this.#store.proxies.map(({ key, endpoint }) => [this.of(key), subdomainOf(endpoint)]))
  }

  /** Does the work that brings a provider key in. Throws Problem `duplicate_key` where another key has it or is getting it. */
  async bringIn<T>(providerKey: string, work: () => Promise<T>): Promise<T> {
    const wanted = hashToken(providerKey)
    const holder = this.#store.proxies.find(({ key }) => this.#fingerprintOf(key) === wanted)?.endpoint
    if (holder)
      throw new Problem('duplicate_key', `${subdomainOf(holder)} (${holder.name}) has this provider key already.`)
    if (this.#arriving.has(providerKey)) {
      throw new Problem('duplicate_key', 'This provider key is just being added by another request or line.')
    }
    this.#arriving.add(providerKey)
    try {
      return await work()
    } finally {
      this.#arriving.delete(providerKey)
    }
  }
}
