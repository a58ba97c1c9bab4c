import {
  namesOf,
  systemActor,
  type Actor,
  type ProxyKey,
  type Region,
  type Rotated,
  type RotationReason,
} from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { en } from '../happenings/wording/en.ts'
import { secondsUntil, toMs, toTimestamp, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import type { Vault } from '../lib/vault.ts'
import type { Lane, Provider, ProviderReply, Upstream } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import type { Backoff } from './backoff.ts'
import { commit } from './commit.ts'
import { Doubts } from './doubts.ts'
import { cooldownEnd, hasEnded, newLease, toUpstreamFields } from './lease.ts'
import { cooldownProblem, stayOf, whatStays } from './messages.ts'
import { adopt, confirm, edit, forgetTimes } from './rows.ts'
import type { Running } from './running.ts'
import { stoppingProblem, Turns } from './turns.ts'

interface RotatorParts {
  store: Store
  provider: Provider
  bus: Bus
  vault: Vault
  clock: Clock
  log: Log
  backoff: Backoff
  running: Running
}

const troubleOf = { provider_unavailable: 'provider_unavailable', provider_out_of_stock: 'out_of_stock' } as const

type Rejection = Extract<ProviderReply, { kind: 'key_rejected' }>

interface Attempt {
  key: ProxyKey
  reason: RotationReason
  region: Region
  by: Actor
}

/**
 * Rotator changes the upstreams of keys. One rotation at a time per key: a second call joins the first. Different keys
 * rotate side by side. Whatever the provider answers, a working upstream stays in use until it ends.
 */
export class Rotator {
  readonly #parts: RotatorParts
  readonly #rotations = new Map<number, Promise<Rotated>>()
  /** Rotations and syncs of one key never overlap. */
  readonly #turns = new Turns()
  /** Keys whose upstream may have changed without our knowing: ask for the current one before a new one. */
  readonly #doubts = new Doubts()

  constructor(parts: RotatorParts) {
    this.#parts = parts
  }

  /**
   * Gives the key a new upstream. Throws Problem: `not_found`, `key_inactive`, `rotation_cooldown` (with the seconds left),
   * `key_rejected`, `provider_out_of_stock`, `provider_unavailable`.
   */
  rotate(id: number, reason: RotationReason, region?: Region, by = systemActor): Promise<Rotated> {
    const running = this.#rotations.get(id)
    if (running) return running
    const rotation = this.#turns
      .run(id, () => this.#rotate(id, reason, region, by))
      .finally(() => this.#rotations.delete(id))
    this.#rotations.set(id, rotation)
    return rotation
  }

  isRotating(id: number): boolean {
    return this.#rotations.has(id)
  }

  /**
   * Notes that the key's upstream must be asked for before the next rotation, as after a restart. `lateMs` is how much too late
   * the times that it holds may be.
   */
  distrust(id: number, lateMs?: number): void {
    this.#doubts.add(id, lateMs)
  }

  /** Whether the provider was not asked, or did not answer, since the key's upstream was in doubt. */
  isInDoubt(id: number): boolean {
    return this.#doubts.has(id)
  }

  /** Asks the provider which upstream the key holds and takes that over; a key that holds none is rotated. */
  async sync(id: number): Promise<void> {
    const lateMs = this.#doubts.lateMs(id)
    const outcome = await this.#turns.run(id, () => this.#takeOver(id))
    if (outcome !== 'none') return
    const key = this.#parts.store.findKey(id)
    if (key) await this.#parts.store.record(edit(key, (row) => forgetTimes(row, lateMs)))
    await this.rotate(id, 'expiration')
  }

  /** Gives the upstream of a key back that was deleted, after whatever is under way for it. */
  async release(key: ProxyKey, by: Actor): Promise<void> {
    const { provider, vault, bus } = this.#parts
    const reply = await this.#turns.run(key.id, () => provider.release(vault.open(key.kiotproxy_key)))
    const about = { proxy_id: key.id, by }
    const facts = { ...namesOf(key), old_ip: key.remote_ip }
    if (reply.kind === 'none') return bus.tell({ ...about, kind: 'upstream_released', facts })
    const detail = 'message' in reply ? reply.message : null
    return bus.tell({ ...about, kind: 'release_failed', facts: { ...facts, detail } })
  }

  /** Forgets what was learnt about a key: it was deleted, or is another one now. */
  forget(id: number): void {
    this.#doubts.delete(id)
    this.#parts.backoff.clear(id)
    // What still goes on is for what it was.
    this.#parts.running.end(id)
  }

  /** Resolves when no rotation or sync is under way; what fails from now on is no failure, and no new one begins. */
  async stop(): Promise<void> {
    await this.#turns.stop()
  }

  async #rotate(id: number, reason: RotationReason, region: Region | undefined, by: Actor): Promise<Rotated> {
    const { store, provider, vault, clock, running } = this.#parts
    const key = store.getKey(id)
    if (!key.is_active) throw new Problem('key_inactive', `${key.subdomain} is paused. Activate it first.`)
    const coolUntil = toMs(key.next_request_at) ?? 0
    if (coolUntil > clock.now()) throw cooldownProblem(key, clock.now(), coolUntil)
    const attempt: Attempt = { key, reason, region: region ?? key.region, by }
    running.begin(id)
    const providerKey = vault.open(key.kiotproxy_key)
    try {
      const lane = reason === 'manual' ? 'interactive' : 'background'
      const found = await this.#findChanged(key, providerKey, lane)
      return await this.#finish(attempt, found ?? (await provider.rotate(providerKey, attempt.region, lane)))
    } catch (error) {
      // What nobody expected must not be tried again every second either.
      if (!(error instanceof Problem)) this.#parts.backoff.fail(id, null)
      throw error
    } finally {
      running.end(id)
    }
  }

  /** After an outcome that nobody knows, the upstream may have been changed already; then that is the rotation. */
  async #findChanged(key: ProxyKey, providerKey: string, lane: Lane): Promise<ProviderReply | null> {
    if (!this.#doubts.has(key.id)) return null
    const reply = await this.#parts.provider.current(providerKey, lane)
    if (reply.kind === 'unavailable') return reply
    const isHeld = await this.#settle(key, reply)
    if (isHeld || reply.kind !== 'upstream' || hasEnded(reply.upstream, this.#parts.clock.now())) return null
    return reply
  }

  /** Ends the doubt about a key. True where the provider's answer is about the upstream that it holds; then that is noted. */
  async #settle(key: ProxyKey, reply: ProviderReply): Promise<boolean> {
    const isHeld = reply.kind === 'upstream' && this.#doubts.isHeld(key, reply.upstream)
    this.#doubts.delete(key.id)
    if (!isHeld) return false
    const fields = toUpstreamFields(reply.upstream)
    await this.#parts.store.record(edit(key, (row) => confirm(row, fields)))
    return true
  }

  async #finish(attempt: Attempt, reply: ProviderReply): Promise<Rotated> {
    switch (reply.kind) {
      case 'upstream':
        return await this.#take(attempt, reply.upstream)
      case 'cooldown':
        return await this.#wait(attempt, cooldownEnd(this.#parts.clock, reply.retryAfterMs))
      case 'key_rejected':
        return await this.#reject(attempt, reply)
      case 'none':
        return this.#fail(attempt, 'provider_unavailable', 'The provider gave no upstream.', null)
      case 'out_of_stock':
        return this.#fail(attempt, 'provider_out_of_stock', reply.message, null)
      case 'unavailable':
        this.#doubts.add(attempt.key.id)
        return this.#fail(attempt, 'provider_unavailable', reply.message, reply.retryAfterMs)
      default:
        return reply satisfies never
    }
  }

  async #take(attempt: Attempt, upstream: Upstream): Promise<Rotated> {
    const { key, reason, region, by } = attempt
    const now = this.#parts.clock.now()
    if (hasEnded(upstream, now)) {
      return this.#fail(attempt, 'provider_unavailable', 'The provider gave an upstream that has already ended.', null)
    }
    const fields = toUpstreamFields(upstream)
    if (this.#doubts.isHeld(key, upstream)) {
      const told = toMs(fields.next_request_at)
      return await this.#wait(attempt, cooldownEnd(this.#parts.clock, told === null ? null : told - now))
    }
    const lease = newLease(fields)
    await commit(
      this.#parts.store,
      edit(key, (row) => adopt(row, lease, now)),
    )
    this.#parts.store.getKey(key.id)
    this.#parts.backoff.clear(key.id)
    const moved = { old_ip: key.remote_ip, new_ip: fields.remote_ip, upstream: upstream.http }
    const facts = { ...namesOf(key), reason, region, ...moved }
    this.#parts.bus.tell({ kind: 'rotated', proxy_id: key.id, facts, by })
    this.#parts.log.info({ endpoint: key.subdomain, reason, from: key.remote_ip, to: fields.remote_ip }, 'rotated')
    const { location, expiration_at, next_request_at } = fields
    return { new_ip: fields.remote_ip, location, old_ip: key.remote_ip, expiration_at, next_request_at }
  }

  /** A cooldown is no failure: the rotation moves to its end. A key without an upstream takes the current one over. */
  async #wait(attempt: Attempt, until: string): Promise<never> {
    const { key } = attempt
    await this.#parts.store.record(
      edit(key, (row) => {
        row.next_request_at = until
        // A key that may be rotated later is a good key.
        row.refused = null
      }),
    )
    if (key.remote_http === null) await this.#takeOver(key.id)
    throw cooldownProblem(key, this.#parts.clock.now(), toMs(until))
  }

  async #reject(attempt: Attempt, rejection: Rejection): Promise<never> {
    await this.#refuse(attempt.key, rejection)
    throw new Problem('key_rejected', `${rejection.message} ${whatStays(attempt.key, this.#parts.clock.now())}`)
  }

  #fail(
    attempt: Attempt,
    code: 'provider_unavailable' | 'provider_out_of_stock',
    text: string,
    waitMs: number | null,
  ): never {
    if (this.#turns.isStopping) throw stoppingProblem()
    const { key, reason, region, by } = attempt
    const trouble = troubleOf[code]
    const seconds = secondsUntil(this.#parts.backoff.fail(key.id, waitMs, trouble), 0)
    const stay = stayOf(key, this.#parts.clock.now())
    const facts = { ...namesOf(key), reason, region, ...stay, trouble, detail: text, retry_seconds: seconds }
    this.#parts.bus.tell({ kind: 'rotation_failed', proxy_id: key.id, facts, by })
    this.#parts.log.warn({ endpoint: key.subdomain, reason, retry_in_seconds: seconds }, text)
    throw new Problem(code, en.rotation_failed(facts, by), { retryAfterSeconds: seconds })
  }

  /** Asks for the current upstream and takes it over where it is another; `none` when the provider knows of none. */
  async #takeOver(id: number): Promise<'none' | 'done'> {
    const key = this.#parts.store.findKey(id)
    if (!key?.is_active) return 'done'
    const { provider, vault, clock, bus } = this.#parts
    const reply = await provider.current(vault.open(key.kiotproxy_key), 'background')
    if (reply.kind === 'unavailable') return 'done'
    if (await this.#settle(key, reply)) return 'done'
    if (reply.kind === 'key_rejected') await this.#refuse(key, reply)
    if (reply.kind === 'none') return 'none'
    if (reply.kind !== 'upstream' || hasEnded(reply.upstream, clock.now())) return 'done'
    const fields = toUpstreamFields(reply.upstream)
    const lease = newLease(fields)
    const now = clock.now()
    await commit(
      this.#parts.store,
      edit(key, (row) => adopt(row, lease, now)),
    )
    const reason = key.last_rotated_at === null ? 'first' : 'expiration'
    const moved = { old_ip: key.remote_ip, new_ip: fields.remote_ip, upstream: reply.upstream.http }
    const facts = { ...namesOf(key), reason, region: key.region, ...moved } as const
    bus.tell({ kind: 'upstream_taken_over', proxy_id: id, facts, by: systemActor })
    return 'done'
  }

  async #refuse(key: ProxyKey, { code, message }: Rejection): Promise<void> {
    if ((this.#parts.store.findKey(key.id)?.refused ?? null) !== null) return
    const { store, bus, clock, log } = this.#parts
    const refused = { at: toTimestamp(clock.now()), code, message }
    await commit(
      store,
      edit(key, (row) => void (row.refused = refused)),
    )
    const facts = { ...namesOf(key), code, detail: message }
    bus.tell({ kind: 'key_refused', proxy_id: key.id, facts, by: systemActor })
    log.warn({ endpoint: key.subdomain }, message)
  }
}
