import {
  namesOf,
  proxyKey,
  type Actor,
  type AddProxyRequest,
  type ProxyKey,
  type Region,
  type UpdateProxyRequest,
} from '../contract/index.ts'
import type { Bus, Told } from '../happenings/bus.ts'
import { describe } from '../happenings/wording/describe.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { hashToken, newToken, type Vault } from '../lib/vault.ts'
import type { Acquire, Acquisition } from '../rotation/acquire.ts'
import type { Rotator } from '../rotation/rotator.ts'
import type { Store } from '../store/store.ts'
import { changesOf, whatCameOf } from './changes.ts'
import type { Deleted } from './deleted.ts'
import { parseImport } from './import-lines.ts'
import { previewImport, type PreviewLine } from './import-preview.ts'
import { chooseLines, runImport, type ImportOutcome } from './import-run.ts'
import type { Numbers, Place } from './numbers.ts'
import { derivedFromProviderKey } from './sealed-key.ts'

interface KeysParts {
  store: Store
  bus: Bus
  vault: Vault
  clock: Clock
  acquire: Acquire
  rotator: Rotator
  numbers: Numbers
  deleted: Deleted
  restartListener: (id: number) => Promise<void>
  /** Resolves when the first attempt to open the port is over. */
  listenerStarted: (id: number) => Promise<void>
}

/** Keys are the verbs on keys. Each changes the store; listeners and the rest follow it. */
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

  list(): readonly ProxyKey[] {
    return this.#parts.store.data.proxy_keys
  }

  /** Throws Problem `not_found`. */
  get(id: number): ProxyKey {
    return this.#parts.store.getKey(id)
  }

  /**
   * Adds a key with its first upstream; while the provider can give none it is stored as `pending`. Throws Problem
   * `duplicate_key`, `no_free_number`, `key_rejected` (nothing is stored then), or a storage problem.
   */
  async add(request: AddProxyRequest, by: Actor): Promise<{ key: ProxyKey; message: string }> {
    const { acquire, numbers } = this.#parts
    return await this.#exclusively(request.kiotproxy_key, () =>
      numbers.withPlace(
        () => this.list(),
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
  async update(id: number, request: UpdateProxyRequest, by: Actor): Promise<ProxyKey> {
    const key = this.get(id)
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
    const key = this.get(id)
    await store.change((draft) => draft.keys.remove(id))
    deleted.keep({ key, isReleased: options.release })
    bus.tell({ kind: 'key_deleted', proxy_id: id, facts: { ...namesOf(key), old_ip: key.remote_ip }, by })
    rotator.forget(id)
    if (options.release) await rotator.release(key, by)
  }

  /**
   * Brings a key back that was deleted in the last ten seconds, as it was: id, number, token, upstream, history. Throws Problem
   * `not_found`, `duplicate_key` where its provider key was added again meanwhile, `number_taken` where another key got its number, or
   * a storage problem; it can be tried again then, within the time.
   */
  async restore(id: number, by: Actor): Promise<ProxyKey> {
    const { store, bus, deleted } = this.#parts
    const found = deleted.find(id)
    if (!found) throw new Problem('not_found', `No key with the id ${id} was deleted in the last 10 s.`)
    const { key, isReleased } = found
    return await this.#exclusively(this.#providerKeyOf(key), async () => {
      const taker = this.list().find((other) => isInPlaceOf(other, key))
      if (taker) {
        const what = taker.subdomain === key.subdomain ? 'number' : 'address of this machine'
        const message = `${taker.key_name} has the ${what} of ${key.key_name} by now, so that can't come back. Add its key anew.`
        throw new Problem('number_taken', message)
      }
      const row = isReleased ? { ...key, ...givenBack } : key
      await store.change((draft) => draft.keys.add(row))
      deleted.forget(id)
      bus.tell({ kind: 'key_restored', proxy_id: id, facts: namesOf(key), by })
      return this.get(id)
    })
  }

  /** Closes the key's port with all its connections and opens it again. Throws Problem `not_found`, `listener_failed`. */
  async restart(id: number, by: Actor): Promise<ProxyKey> {
    const key = this.get(id)
    try {
      await this.#parts.restartListener(key.id)
    } catch (error) {
      const reason = `Port ${key.port} of ${key.subdomain} could not be opened: ${messageOf(error)}.`
      throw new Problem('listener_failed', `${reason} It is tried again every few seconds.`, { cause: error })
    }
    this.#parts.bus.tell({ kind: 'listener_restarted', proxy_id: id, facts: namesOf(key), by })
    return key
  }

  /** Adds a key for each line, or for those of `only`; every one is answered for, in order. */
  async import(text: string, region: Region, only: readonly number[] | undefined, by: Actor): Promise<ImportOutcome[]> {
    return await runImport(chooseLines(parseImport(text, region), only), (request) => this.add(request, by))
  }

  /** Tells of each line whether `import` would try to add it. */
  preview(text: string, region: Region, only?: readonly number[]): PreviewLine[] {
    const holders = new Map(this.list().map((key) => [this.#providerKeyOf(key), key.subdomain]))
    const places = this.#parts.numbers.listFree(this.list())
    return previewImport(chooseLines(parseImport(text, region), only), holders, places)
  }

  async #insert(
    request: AddProxyRequest,
    place: Place,
    acquisition: Acquisition,
    by: Actor,
  ): Promise<{ key: ProxyKey; message: string }> {
    const { store, bus, vault, clock, rotator } = this.#parts
    const now = toTimestamp(clock.now())
    const unsettled = {
      ...place,
      user_id: 1,
      key_name: request.key_name ?? place.subdomain,
      kiotproxy_key: vault.seal(request.kiotproxy_key),
      region: request.region,
      is_active: true,
      ...acquisition.fields,
      latency_ms: null,
      last_check_at: null,
      refused: null,
      reachable: null,
      last_rotated_at: acquisition.kind === 'ready' ? now : null,
      created_at: now,
      upstream_protocol: request.upstream_protocol,
      overrides: {},
      access: {
        token: vault.seal(newToken()),
        allowed_ips: request.allowed_ips,
        local_address: null,
        always_ask: false,
        allowed_addresses: [],
      },
    }
    const id = await store.change((draft) => {
      const next = draft.takeKeyId()
      // Parsed, so that the fields stand in the file in the order of the schema.
      draft.keys.add(proxyKey.parse({ id: next, ...unsettled }))
      return next
    })
    await this.#parts.listenerStarted(id)
    const told: Told = { ...whatCameOf(unsettled, acquisition), proxy_id: id, by }
    bus.tell(told)
    // The provider may have given an upstream although its answer did not arrive.
    if (acquisition.kind === 'pending') rotator.distrust(id)
    return { key: this.get(id), message: describe('en', told) }
  }

  async #apply(id: number, request: UpdateProxyRequest, acquisition: Acquisition | null, by: Actor): Promise<ProxyKey> {
    const { store, bus, vault, clock, rotator } = this.#parts
    const before = this.get(id)
    this.#checkLocalAddress(id, request.local_address ?? null)
    const changes = changesOf(before, request, acquisition !== null)
    if (Object.keys(changes).length === 0 && before.refused === null) return before
    const sealedKey = request.kiotproxy_key === undefined ? null : vault.seal(request.kiotproxy_key)
    const now = toTimestamp(clock.now())
    await store.change((draft) => {
      const row = draft.keys.get(id)
      if (request.key_name !== undefined) row.key_name = request.key_name
      if (request.region !== undefined) row.region = request.region
      if (request.is_active !== undefined) row.is_active = request.is_active
      if (request.upstream_protocol !== undefined) row.upstream_protocol = request.upstream_protocol
      if (request.overrides !== undefined) row.overrides = request.overrides
      if (request.allowed_ips !== undefined) row.access.allowed_ips = request.allowed_ips
      if (request.local_address !== undefined) row.access.local_address = request.local_address
      if (request.always_ask !== undefined) row.access.always_ask = request.always_ask
      if (acquisition !== null && sealedKey !== null) {
        const unknown = { latency_ms: null, last_check_at: null, reachable: null }
        Object.assign(row, acquisition.fields, unknown, { kiotproxy_key: sealedKey, last_rotated_at: now })
      }
      // What was found out before the pause says nothing about now.
      if (row.is_active !== before.is_active) row.reachable = null
      if (acquisition !== null || isFreshStart(before, request)) row.refused = null
    })
    const key = this.get(id)
    bus.tell({ kind: 'key_changed', proxy_id: id, facts: { ...namesOf(key), new_ip: key.remote_ip, changes }, by })
    if (acquisition !== null) rotator.forget(id)
    if (request.is_active === true) rotator.distrust(id)
    return key
  }

  /** An address of this machine can lead to one endpoint only. */
  #checkLocalAddress(id: number, address: string | null): void {
    if (address === null) return
    const holder = this.list().find((key) => key.id !== id && key.access.local_address === address)
    if (!holder) return
    const message = `is the address of ${holder.subdomain} already`
    throw new Problem('invalid_input', `local_address ${message}.`, { fields: [{ path: 'local_address', message }] })
  }

  async #exclusively<T>(providerKey: string, work: () => Promise<T>): Promise<T> {
    const wanted = hashToken(providerKey)
    const holder = this.list().find((key) => this.#fingerprintOf(key) === wanted)
    if (holder)
      throw new Problem('duplicate_key', `${holder.subdomain} (${holder.key_name}) has this provider key already.`)
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
    return this.#parts.vault.open(key.kiotproxy_key)
  }
}

/** Whether two keys can't be there together. */
function isInPlaceOf({ port, subdomain, access }: ProxyKey, key: ProxyKey): boolean {
  const { local_address } = key.access
  const isSameAddress = local_address !== null && access.local_address === local_address
  return port === key.port || subdomain === key.subdomain || isSameAddress
}

/** What is left of an upstream that was given back. */
const givenBack = { remote_http: null, remote_socks5: null, lease_id: null, latency_ms: null, reachable: null }

/** A refused key is called again only after the admin changed something that can make it good. */
function isFreshStart({ refused }: ProxyKey, { kiotproxy_key, is_active, region }: UpdateProxyRequest): boolean {
  return refused !== null && (kiotproxy_key !== undefined || is_active !== undefined || region !== undefined)
}
