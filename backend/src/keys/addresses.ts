import { timingSafeEqual } from 'node:crypto'

import {
  addressDurations,
  type AddressDuration,
  type AllowAddressReply,
  type AllowedAddress,
  type ProxyKey,
} from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import { findRow } from '../lib/drafts.ts'
import { createNetworkMatcher, normalizeAddress } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { describeTime } from '../lib/time-text.ts'
import { hashToken, type Vault } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

/** So many a key may have: who adds one more has forgotten the others. */
const maxAddresses = 1_000

interface AddressesParts {
  store: Store
  history: History
  vault: Vault
  clock: Clock
  log: Log
}

/** Addresses are verbs on the client addresses that were let in without credentials, and the end of those whose time is over. */
export class Addresses {
  readonly #parts: AddressesParts
  #stopTicking: Stop = () => {}

  constructor(parts: AddressesParts) {
    this.#parts = parts
  }

  start(): void {
    const { clock, log } = this.#parts
    this.#stopTicking = clock.everySecond(
      () => this.expire(),
      (error) => log.error({ reason: messageOf(error) }, 'allowed addresses could not be ended; it is tried again'),
    )
  }

  stop(): void {
    this.#stopTicking()
  }

  /** Allows an address for the key with this id. Throws Problem `not_found`, `invalid_input` or a storage problem. */
  async allow(id: number, address: string, duration: AddressDuration): Promise<AllowAddressReply> {
    return await this.#allow(
      this.#get((key) => key.id === id),
      normalizeAddress(address),
      duration,
    )
  }

  /** The same for whoever knows the endpoint's token. Throws Problem `wrong_credentials` for another one. */
  async allowWithToken(
    name: string,
    token: string,
    address: string,
    duration: AddressDuration,
  ): Promise<AllowAddressReply> {
    const key = this.#get(({ subdomain }) => subdomain === name)
    const right = Buffer.from(hashToken(this.#parts.vault.open(key.access.token)))
    if (!timingSafeEqual(right, Buffer.from(hashToken(token)))) {
      throw new Problem('wrong_credentials', `This is not the access token of ${name}.`)
    }
    return await this.#allow(key, normalizeAddress(address), duration)
  }

  /** Throws Problem `not_found` where the address is not allowed. */
  async remove(id: number, address: string): Promise<void> {
    const key = this.#get((candidate) => candidate.id === id)
    const wanted = normalizeAddress(address)
    if (!key.access.allowed_addresses.some((entry) => entry.address === wanted)) {
      throw new Problem('not_found', `${address} is no allowed address of ${key.subdomain}.`)
    }
    await this.#parts.store.change((draft) => {
      const row = findRow(draft.proxy_keys, id)
      if (row) row.access.allowed_addresses = without(row.access.allowed_addresses, wanted)
    })
    this.#note(key, `${wanted} is no longer allowed to use ${key.subdomain} without its token.`)
  }

  /** Takes out what is over. */
  async expire(): Promise<void> {
    const { store, clock } = this.#parts
    const now = toTimestamp(clock.now())
    const isOver = ({ until }: AllowedAddress) => until !== null && until <= now
    const ended = store.data.proxy_keys.filter((key) => key.access.allowed_addresses.some(isOver))
    if (ended.length === 0) return
    await store.record((draft) => {
      for (const { id } of ended) {
        const row = findRow(draft.proxy_keys, id)
        if (row) row.access.allowed_addresses = row.access.allowed_addresses.filter((entry) => !isOver(entry))
      }
    })
    for (const key of ended) {
      const addresses = key.access.allowed_addresses.filter(isOver).map(({ address }) => address)
      this.#note(key, `The time of ${addresses.join(', ')} to use ${key.subdomain} without its token is over.`)
    }
  }

  async #allow(key: ProxyKey, address: string, duration: AddressDuration): Promise<AllowAddressReply> {
    const { store, clock } = this.#parts
    const now = clock.now()
    const seconds = addressDurations[duration]
    const until = seconds === null ? null : toTimestamp(now + seconds * 1000)
    const entry = { address, until, added_at: toTimestamp(now) }
    const others = without(key.access.allowed_addresses, address)
    if (others.length >= maxAddresses) {
      const message = `has ${maxAddresses} allowed addresses already; remove some`
      throw new Problem('invalid_input', `${key.subdomain} ${message}.`, { fields: [{ path: 'address', message }] })
    }
    await store.change((draft) => {
      const row = findRow(draft.proxy_keys, key.id)
      if (row) row.access.allowed_addresses = [...without(row.access.allowed_addresses, address), entry]
    })
    this.#note(
      key,
      `${address} may use ${key.subdomain} without its token${until === null ? '' : ` until ${describeTime(until)}`}.`,
    )
    return { ...entry, endpoint: key.subdomain, also_allowed_for: this.#othersThatAllow(address, key.id) }
  }

  #othersThatAllow(address: string, id: number): string[] {
    const others = this.#parts.store.data.proxy_keys.filter((key) => key.id !== id)
    const allowing = others.filter(({ access }) => {
      const networks = [...access.allowed_ips, ...access.allowed_addresses.map((entry) => entry.address)]
      return createNetworkMatcher(networks)(address)
    })
    return allowing.map(({ subdomain }) => subdomain)
  }

  #get(isWanted: (key: ProxyKey) => boolean): ProxyKey {
    const key = this.#parts.store.data.proxy_keys.find(isWanted)
    if (!key) throw new Problem('not_found', 'There is no such proxy.')
    return key
  }

  #note(key: ProxyKey, message: string): void {
    this.#parts.history.add({ proxy_id: key.id, action: 'update', message })
  }
}

function without(entries: readonly AllowedAddress[], address: string): AllowedAddress[] {
  return entries.filter((entry) => entry.address !== address)
}
