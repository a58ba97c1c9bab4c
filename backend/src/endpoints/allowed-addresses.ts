import { timingSafeEqual } from 'node:crypto'

import {
  addressDurations,
  namesOf,
  subdomainOf,
  systemActor,
  tokenPlace,
  type Actor,
  type AddressDuration,
  type AllowAddressReply,
  type AllowedAddress,
  type Endpoint,
  type TokenDuration,
} from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import { createNetworkMatcher, normalizeAddress } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { hashToken, type Vault } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'
import { isSame, letIn, without } from './address-entries.ts'
import { TokenChanges } from './token-changes.ts'

interface AddressesParts {
  store: Store
  bus: Bus
  vault: Vault
  clock: Clock
  log: Log
}

/** Addresses are verbs on the client addresses that were let in without credentials, and the end of those whose time is over. */
export class Addresses {
  readonly #parts: AddressesParts
  /** Rows do not change, so what is made of them stays right. */
  readonly #matchers = new WeakMap<Endpoint['access'], (address: string) => boolean>()
  readonly #changes: TokenChanges
  #stopTicking: Stop = () => {}

  constructor(parts: AddressesParts) {
    this.#parts = parts
    this.#changes = new TokenChanges(parts.clock)
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

  /** Allows an address for the endpoint of the key with this id. Throws Problem `not_found`, `invalid_input` or a storage problem. */
  async allow(id: number, address: string, duration: AddressDuration, by: Actor): Promise<AllowAddressReply> {
    return await this.#allow(this.#parts.store.getProxy(id).endpoint, this.#wish(address, duration, 'admin'), by)
  }

  /**
   * The same for whoever knows the endpoint's token. Throws Problem `wrong_credentials` for another one, `address_taken` for
   * an address that is not allowed here yet but for another endpoint (it would lead the clients there to this one),
   * `too_many_attempts` for more than ten changes a minute and `too_many_addresses` for more than 16 addresses.
   */
  async allowWithToken(
    name: string,
    token: string,
    address: string,
    duration: TokenDuration,
  ): Promise<AllowAddressReply> {
    const endpoint = this.#parts.store.data.endpoints.find((each) => subdomainOf(each) === name)
    if (!endpoint) throw new Problem('not_found', 'There is no such proxy.')
    this.#checkToken(endpoint, token)
    const wished = this.#wish(address, duration, 'token')
    this.#refuseTaken(endpoint, wished.address)
    const { entry, entries } = letIn(name, endpoint.access.allowed_addresses, wished)
    if (entries === null) return this.#describe(endpoint, entry)
    this.#changes.count(name, endpoint.access.token)
    return await this.#allow(endpoint, wished, { kind: 'token', id: null, name, address: wished.address })
  }

  /** Throws Problem `not_found` where the address is not allowed. */
  async remove(id: number, address: string, by: Actor): Promise<void> {
    const { endpoint } = this.#parts.store.getProxy(id)
    const wanted = normalizeAddress(address)
    if (!endpoint.access.allowed_addresses.some((entry) => isSame(entry, wanted))) {
      throw new Problem('not_found', `${address} is no allowed address of ${subdomainOf(endpoint)}.`)
    }
    await this.#parts.store.change((draft) => {
      const row = draft.endpoints.find(endpoint.id)
      if (row) row.access.allowed_addresses = without(row.access.allowed_addresses, wanted)
    })
    this.#parts.bus.tell({
      kind: 'address_removed',
      proxy_id: id,
      facts: { ...namesOf(endpoint), address: wanted },
      by,
    })
  }

  /** Takes out what is over. */
  async expire(): Promise<void> {
    const { store, clock, bus } = this.#parts
    const now = toTimestamp(clock.now())
    const isOver = ({ until }: AllowedAddress) => until !== null && until <= now
    const ended = store.data.endpoints.filter(({ access }) => access.allowed_addresses.some(isOver))
    if (ended.length === 0) return
    await store.record((draft) => {
      for (const { id } of ended) {
        const row = draft.endpoints.find(id)
        if (row) row.access.allowed_addresses = row.access.allowed_addresses.filter((entry) => !isOver(entry))
      }
    })
    for (const endpoint of ended) {
      const { allowed_addresses: entries } = endpoint.access
      // By the admin and by the token an address can be allowed for different times.
      const isLeft = ({ address }: AllowedAddress) => entries.some((other) => !isOver(other) && isSame(other, address))
      const addresses = entries.filter((entry) => isOver(entry) && !isLeft(entry)).map(({ address }) => address)
      if (addresses.length === 0) continue
      const facts = { ...namesOf(endpoint), addresses }
      bus.tell({ kind: 'addresses_ended', proxy_id: endpoint.key_ids[0], facts, by: systemActor })
    }
  }

  #checkToken(endpoint: Endpoint, token: string): void {
    const right = Buffer.from(hashToken(this.#parts.vault.open(endpoint.access.token, tokenPlace(endpoint.id))))
    if (timingSafeEqual(right, Buffer.from(hashToken(token)))) return
    throw wrongToken(subdomainOf(endpoint))
  }

  #wish(address: string, duration: AddressDuration, made_by: AllowedAddress['made_by']): AllowedAddress {
    const now = this.#parts.clock.now()
    const seconds = addressDurations[duration]
    const until = seconds === null ? null : toTimestamp(now + seconds * 1000)
    return { address: normalizeAddress(address), until, added_at: toTimestamp(now), made_by }
  }

  async #allow(endpoint: Endpoint, wished: AllowedAddress, by: Actor): Promise<AllowAddressReply> {
    const { entry, isChange } = await this.#parts.store.change((draft) => {
      const row = draft.endpoints.get(endpoint.id)
      // Replaced while this waited for the disk: its addresses ended with it.
      if (wished.made_by === 'token' && row.access.token !== endpoint.access.token) {
        throw wrongToken(subdomainOf(endpoint))
      }
      const outcome = letIn(subdomainOf(row), row.access.allowed_addresses, wished)
      const { entries } = outcome
      if (entries !== null) row.access.allowed_addresses = entries
      // A copy: what belongs to the draft can't be read once the change is done.
      return { entry: { ...outcome.entry }, isChange: entries !== null }
    })
    if (isChange) {
      const { address, until } = entry
      const facts = { ...namesOf(endpoint), address, until }
      this.#parts.bus.tell({ kind: 'address_allowed', proxy_id: endpoint.key_ids[0], facts, by })
    }
    return this.#describe(endpoint, entry)
  }

  #describe(endpoint: Endpoint, entry: AllowedAddress): AllowAddressReply {
    return {
      ...entry,
      endpoint: subdomainOf(endpoint),
      also_allowed_for: this.#othersThatAllow(entry.address, endpoint.id),
    }
  }

  #refuseTaken(endpoint: Endpoint, address: string): void {
    if (this.#isAllowed(endpoint.access, address)) return
    const others = this.#othersThatAllow(address, endpoint.id)
    if (others.length === 0) return
    const name = subdomainOf(endpoint)
    const advice = `Give the user name ${name} and its token with each connection, or ask the admin to allow the address for ${name}.`
    throw new Problem(
      'address_taken',
      `${address} is already allowed for ${others.join(', ')}, so nothing was changed. ${advice}`,
    )
  }

  #othersThatAllow(address: string, id: number): string[] {
    const others = this.#parts.store.data.endpoints.filter((endpoint) => endpoint.id !== id)
    return others.filter(({ access }) => this.#isAllowed(access, address)).map(subdomainOf)
  }

  #isAllowed(access: Endpoint['access'], address: string): boolean {
    const known = this.#matchers.get(access)
    if (known) return known(address)
    const networks = [...access.allowed_ips, ...access.allowed_addresses.map((entry) => entry.address)]
    const matcher = createNetworkMatcher(networks)
    this.#matchers.set(access, matcher)
    return matcher(address)
  }
}

function wrongToken(name: string): Problem {
  return new Problem('wrong_credentials', `This is not the access token of ${name}.`)
}
