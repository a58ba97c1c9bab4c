import {
  namesOf,
  providerKeyPlace,
  subdomainOf,
  type Actor,
  type AddProxyRequest,
  type JoinedProxy,
  type ProxyKey,
  type Region,
  type UpdateProxyRequest,
} from '../contract/index.ts'
import type { Bus, Told } from '../happenings/bus.ts'
import { describe } from '../happenings/wording/describe.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { hashToken, type Vault } from '../lib/vault.ts'
import type { Acquire, Acquisition } from '../rotation/acquire.ts'
import type { Rotator } from '../rotation/rotator.ts'
import type { Store } from '../store/store.ts'
import { changesOf, whatCameOf } from './changes.ts'
import type { Deleted } from './deleted.ts'
import { parseImport } from './import-lines.ts'
import { previewImport, type PreviewLine } from './import-preview.ts'
import { chooseLines, runImport, type Added, type ImportOutcome } from './import-run.ts'
import { createAddProxy, isInPlaceOf } from './new-proxy.ts'
import type { Numbers, Place } from './numbers.ts'
import { derivedFromProviderKey } from './sealed-key.ts'
import { updateEndpoint, updateKey } from './update-proxy.ts'

interface KeysParts {
  store: Store
  bus: Bus
  vault: Vault
  clock: Clock
  acquire: Acquire
  rotator: Rotator
  numbers: Numbers
  deleted: Deleted
  restartListener: (endpointId: number) => Promise<void>
  /** Resolves when the first attempt to open the port is over. */
  listenerStarted: (endpointId: number) => Promise<void>
}

/** Keys are the verbs on keys and their endpoints. Each changes the store; listeners and the rest follow it. */
export class Keys {
  readonly #parts: KeysParts
  /** Provider keys that are being added: the second of two equal requests must not reach the provider. */
  readonly #arriving = new Set<string>()
  /** Tells equal provider keys without opening all of them for each that comes. */
  readonly #fingerprintOf: (key: ProxyKey) => string

  constructor(parts: KeysParts) {
    this.#parts = parts
    this.#fingerprintOf = derivedFromProviderKey(parts.vault, hashToken)
  }

  list(): readonly JoinedProxy[] {
    return this.#parts.store.proxies
  }

  /** Throws Problem `not_found`. */
  get(id: number): JoinedProxy {
    return this.#parts.store.getProxy(id)
  }

  /**
   * Adds a key with its first upstream; while the provider can give none it is stored as `pending`. Throws Problem
   * `duplicate_key`, `no_free_number`, `key_rejected` (nothing is stored then), or a storage problem.
   */
  async add(request: AddProxyRequest, by: Actor): Promise<Added> {
    const { store, acquire, numbers } = this.#parts
    return await this.#exclusively(request.kiotproxy_key, () =>
      numbers.withPlace(
        () => store.data.endpoints,
        async (place) => {
          const acquisition = await acquire(request.kiotproxy_key, request.region)
          return await this.#insert(request, place, acquisition, by)
        },
      ),
    )
  }

  /**
   * Changes what is given. Another provider key is checked first and brings its own upstream. Throws Problem `not_found`,
   * `duplicate_key`, `key_rejected`, `provider_unavailable`, `provider_out_of_stock`; nothing is changed then.
   */
  async update(id: number, request: UpdateProxyRequest, by: Actor): Promise<JoinedProxy> {
    const { key } = this.get(id)
    const wanted = request.kiotproxy_key
    if (wanted === undefined || wanted === this.#providerKeyOf(key)) return await this.#apply(id, request, null, by)
    return await this.#exclusively(wanted, async () => {
      const acquisition = await this.#parts.acquire(wanted, request.region ?? key.region)
      if (acquisition.kind === 'pending') {
        const { code, message } = acquisition.problem
        throw new Problem(code, `${message} The new key could not be checked, so nothing was changed.`)
      }
      return await this.#apply(id, request, acquisition, by)
    })
  }

  /**
   * Removes the key, its endpoint and every connection through it; for ten seconds `restore` brings it back. `release` also gives the
   * upstream back to the provider. Throws Problem `not_found` or a storage problem.
   */
  async remove(id: number, options: { release: boolean }, by: Actor): Promise<void> {
    const { store, bus, rotator, deleted } = this.#parts
    const proxy = this.get(id)
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

  /**
   * Brings a key back that was deleted in the last ten seconds, as it was: id, number, token, upstream, history. Throws Problem
   * `not_found`, `duplicate_key` where its provider key was added again meanwhile, `number_taken` where another key got its number, or
   * a storage problem; it can be tried again then, within the time.
   */
  async restore(id: number, by: Actor): Promise<JoinedProxy> {
    const { store, bus, deleted } = this.#parts
    const found = deleted.find(id)
    if (!found) throw new Problem('not_found', `No key with the id ${id} was deleted in the last 10 s.`)
    const { proxy, isReleased } = found
    const { key, endpoint } = proxy
    return await this.#exclusively(this.#providerKeyOf(key), async () => {
      const taker = this.list().find((other) => isInPlaceOf(other, proxy))
      if (taker) {
        const what = taker.endpoint.number === endpoint.number ? 'number' : 'address of this machine'
        const message = `${taker.endpoint.name} has the ${what} of ${endpoint.name} by now, so that can't come back. Add its key anew.`
        throw new Problem('number_taken', message)
      }
      const row = isReleased ? { ...key, ...givenBack } : key
      await store.change((draft) => {
        draft.keys.add(row)
        draft.endpoints.add(endpoint)
      })
      deleted.forget(id)
      bus.tell({ kind: 'key_restored', proxy_id: id, facts: namesOf(endpoint), by })
      return this.get(id)
    })
  }

  /** Closes the key's port with all its connections and opens it again. Throws Problem `not_found`, `listener_failed`. */
  async restart(id: number, by: Actor): Promise<JoinedProxy> {
    const proxy = this.get(id)
    const { endpoint } = proxy
    try {
      await this.#parts.restartListener(endpoint.id)
    } catch (error) {
      const reason = `Port ${endpoint.port} of ${subdomainOf(endpoint)} could not be opened: ${messageOf(error)}.`
      throw new Problem('listener_failed', `${reason} It is tried again every few seconds.`, { cause: error })
    }
    this.#parts.bus.tell({ kind: 'listener_restarted', proxy_id: id, facts: namesOf(endpoint), by })
    return proxy
  }

  /** Adds a key for each line, or for those of `only`; every one is answered for, in order. */
  async import(text: string, region: Region, only: readonly number[] | undefined, by: Actor): Promise<ImportOutcome[]> {
    return await runImport(chooseLines(parseImport(text, region), only), (request) => this.add(request, by))
  }

  /** Tells of each line whether `import` would try to add it. */
  preview(text: string, region: Region, only?: readonly number[]): PreviewLine[] {
    const { store, numbers } = this.#parts
    const holders = new Map(this.list().map(({ key, endpoint }) => [this.#providerKeyOf(key), subdomainOf(endpoint)]))
    const places = numbers.listFree(store.data.endpoints)
    return previewImport(chooseLines(parseImport(text, region), only), holders, places)
  }

  async #insert(request: AddProxyRequest, place: Place, acquisition: Acquisition, by: Actor): Promise<Added> {
    const { store, bus, vault, clock, rotator } = this.#parts
    const now = toTimestamp(clock.now())
    const id = await store.change(createAddProxy({ request, place, acquisition, now, vault }))
    const added = this.get(id)
    await this.#parts.listenerStarted(added.endpoint.id)
    const told: Told = { ...whatCameOf(added, acquisition), proxy_id: id, by }
    bus.tell(told)
    // The provider may have given an upstream although its answer did not arrive.
    if (acquisition.kind === 'pending') rotator.distrust(id)
    return { proxy: this.get(id), message: describe('en', told) }
  }

  async #apply(
    id: number,
    request: UpdateProxyRequest,
    acquisition: Acquisition | null,
    by: Actor,
  ): Promise<JoinedProxy> {
    const { store, bus, vault, clock, rotator } = this.#parts
    const before = this.get(id)
    this.#checkLocalAddress(before, request.local_address ?? null)
    const changes = changesOf(before, request, acquisition !== null)
    if (Object.keys(changes).length === 0 && before.key.refused === null) return before
    const now = toTimestamp(clock.now())
    const providerKey = request.kiotproxy_key
    const isOther = acquisition !== null && providerKey !== undefined
    const other = isOther
      ? { sealed: vault.seal(providerKey, providerKeyPlace(id)), fields: acquisition.fields, now }
      : null
    await store.change((draft) => {
      updateKey(draft.keys.get(id), request, other)
      updateEndpoint(draft.endpointOf(id), request)
    })
    const after = this.get(id)
    const facts = { ...namesOf(after.endpoint), new_ip: after.key.remote_ip, changes }
    bus.tell({ kind: 'key_changed', proxy_id: id, facts, by })
    if (acquisition !== null) rotator.forget(id)
    if (request.is_active === true) rotator.distrust(id)
    return after
  }

  /** An address of this machine can lead to one endpoint only. */
  #checkLocalAddress({ endpoint }: JoinedProxy, address: string | null): void {
    if (address === null) return
    const { endpoints } = this.#parts.store.data
    const holder = endpoints.find(({ id, access }) => id !== endpoint.id && access.local_address === address)
    if (!holder) return
    const message = `is the address of ${subdomainOf(holder)} already`
    throw new Problem('invalid_input', `local_address ${message}.`, { fields: [{ path: 'local_address', message }] })
  }

  async #exclusively<T>(providerKey: string, work: () => Promise<T>): Promise<T> {
    const wanted = hashToken(providerKey)
    const holder = this.list().find(({ key }) => this.#fingerprintOf(key) === wanted)?.endpoint
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

  #providerKeyOf(key: ProxyKey): string {
    return this.#parts.vault.open(key.kiotproxy_key, providerKeyPlace(key.id))
  }
}

/** What is left of an upstream that was given back. */
const givenBack = { remote_http: null, remote_socks5: null, lease_id: null, reachable: null }
