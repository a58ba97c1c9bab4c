import { timingSafeEqual } from 'node:crypto'

import {
  addressDurations,
  type AddressDuration,
  type AllowAddressReply,
  type AllowedAddress,
  type ProxyKey,
} from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { toMs, toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import { createNetworkMatcher, normalizeAddress } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { describeTime } from '../lib/time-text.ts'
import { hashToken, type Vault } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

/** So many a key may have: who adds one more has forgotten the others. */
const maxAddresses = 1_000
/** A new end that differs by less from the present one is no change: whoever repeats himself costs no write and no log entry. */
const sameEndMs = 60_000

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
  /** Rows do not change, so what is made of them stays right. */
  readonly #matchers = new WeakMap<ProxyKey['access'], (address: string) => boolean>()
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
    return await this.#allow(this.#parts.store.getKey(id), normalizeAddress(address), duration)
  }

  /**
   * The same for whoever knows the endpoint's token. Throws Problem `wrong_credentials` for another one, and `address_taken` for
   * an address that is not allowed here yet but for another endpoint: it would lead the clients there to this one.
   */
  async allowWithToken(
    name: string,
    token: string,
    address: string,
    duration: AddressDuration,
  ): Promise<AllowAddressReply> {
    const key = this.#parts.store.data.proxy_keys.find(({ subdomain }) => subdomain === name)
    if (!key) throw new Problem('not_found', 'There is no such proxy.')
    const right = Buffer.from(hashToken(this.#parts.vault.open(key.access.token)))
    if (!timingSafeEqual(right, Buffer.from(hashToken(token)))) {
      throw new Problem('wrong_credentials', `This is not the access token of ${name}.`)
    }
    const wanted = normalizeAddress(address)
    this.#refuseTaken(key, wanted)
    return await this.#allow(key, wanted, duration)
  }

  /** Throws Problem `not_found` where the address is not allowed. */
  async remove(id: number, address: string): Promise<void> {
    const key = this.#parts.store.getKey(id)
    const wanted = normalizeAddress(address)
    if (!key.access.allowed_addresses.some((entry) => isSame(entry, wanted))) {
      throw new Problem('not_found', `${address} is no allowed address of ${key.subdomain}.`)
    }
    await this.#parts.store.change((draft) => {
      const row = draft.keys.find(id)
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
        const row = draft.keys.find(id)
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
    const present = key.access.allowed_addresses.find((candidate) => isSame(candidate, address))
    if (present && hasSameEnd(present, until)) return this.#describe(key, present)
    const entry = { address, until, added_at: toTimestamp(now) }
    const others = without(key.access.allowed_addresses, address)
    if (others.length >= maxAddresses) {
      const message = `has ${maxAddresses} allowed addresses already; remove some`
      throw new Problem('invalid_input', `${key.subdomain} ${message}.`, { fields: [{ path: 'address', message }] })
    }
    await store.change((draft) => {
      const row = draft.keys.find(key.id)
      if (row) row.access.allowed_addresses = [...without(row.access.allowed_addresses, address), entry]
    })
    this.#note(
      key,
      `${address} may use ${key.subdomain} without its token${until === null ? '' : ` until ${describeTime(until)}`}.`,
    )
    return this.#describe(key, entry)
  }

  #describe(key: ProxyKey, entry: AllowedAddress): AllowAddressReply {
    return { ...entry, endpoint: key.subdomain, also_allowed_for: this.#othersThatAllow(entry.address, key.id) }
  }

  #refuseTaken({ id, subdomain, access }: ProxyKey, address: string): void {
    if (this.#isAllowed(access, address)) return
    const others = this.#othersThatAllow(address, id)
    if (others.length === 0) return
    const advice = `Give the user name ${subdomain} and its token with each connection, or ask the admin to allow the address for ${subdomain}.`
    throw new Problem(
      'address_taken',
      `${address} is already allowed for ${others.join(', ')}, so nothing was changed. ${advice}`,
    )
  }

  #othersThatAllow(address: string, id: number): string[] {
    const others = this.#parts.store.data.proxy_keys.filter((key) => key.id !== id)
    return others.filter(({ access }) => this.#isAllowed(access, address)).map(({ subdomain }) => subdomain)
  }

  #isAllowed(access: ProxyKey['access'], address: string): boolean {
    const known = this.#matchers.get(access)
    if (known) return known(address)
    const networks = [...access.allowed_ips, ...access.allowed_addresses.map((entry) => entry.address)]
    const matcher = createNetworkMatcher(networks)
    this.#matchers.set(access, matcher)
    return matcher(address)
  }

  #note(key: ProxyKey, message: string): void {
    this.#parts.history.add({ proxy_id: key.id, action: 'update', message })
  }
}

/** Those that were stored before may have another spelling. */
function isSame(entry: AllowedAddress, address: string): boolean {
  return normalizeAddress(entry.address) === address
}

function hasSameEnd({ until }: AllowedAddress, other: string | null): boolean {
  if (until === null || other === null) return until === other
  return Math.abs(toMs(other) - toMs(until)) < sameEndMs
}

function without(entries: readonly AllowedAddress[], address: string): AllowedAddress[] {
  return entries.filter((entry) => !isSame(entry, address))
}
