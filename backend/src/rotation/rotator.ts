import { providerKeyPlace, subdomainOf } from '../contract/index.ts'
import type { JoinedProxy, ProxyKey, Region, Rotated, RotationReason } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { secondsUntil, toMs, toTimestamp, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import { describeSeconds } from '../lib/time-text.ts'
import type { Vault } from '../lib/vault.ts'
import type { Lane, Provider, ProviderReply, Upstream } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import type { Backoff } from './backoff.ts'
import { commit } from './commit.ts'
import { Doubts } from './doubts.ts'
import { cooldownEnd, hasEnded, newLease, toUpstreamFields } from './lease.ts'
import { cooldownProblem, describeRelease, whatStays } from './messages.ts'
import { adopt, confirm, edit, forgetTimes } from './rows.ts'
import type { Running } from './running.ts'
import { stoppingProblem, Turns } from './turns.ts'

interface RotatorParts {
  store: Store
  provider: Provider
  history: History
  vault: Vault
  clock: Clock
  log: Log
  backoff: Backoff
  running: Running
}

const troubleOf = { provider_unavailable: 'provider_unavailable', provider_out_of_stock: 'out_of_stock' } as const

type Rejection = Extract<ProviderReply, { kind: 'key_rejected' }>

interface Attempt extends JoinedProxy {
  reason: RotationReason
  region: Region
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
  rotate(id: number, reason: RotationReason, region?: Region): Promise<Rotated> {
    const running = this.#rotations.get(id)
    if (running) return running
    const rotation = this.#turns
      .run(id, () => this.#rotate(id, reason, region))
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
  async release({ key, endpoint }: JoinedProxy): Promise<void> {
    const { provider, vault, history } = this.#parts
    const providerKey = vault.open(key.kiotproxy_key, providerKeyPlace(key.id))
    const reply = await this.#turns.run(key.id, () => provider.release(providerKey))
    const status = reply.kind === 'none' ? 'success' : 'failure'
    const message = describeRelease(endpoint, reply)
    history.add({ proxy_id: key.id, action: 'delete', status, old_ip: key.remote_ip, message })
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

  async #rotate(id: number, reason: RotationReason, region?: Region): Promise<Rotated> {
    const { store, provider, vault, clock, running } = this.#parts
    const { key, endpoint } = store.getProxy(id)
    if (!key.is_active) throw new Problem('key_inactive', `${subdomainOf(endpoint)} is paused. Activate it first.`)
    const coolUntil = toMs(key.next_request_at) ?? 0
    const attempt: Attempt = { key, endpoint, reason, region: region ?? key.region }
    if (coolUntil > clock.now()) throw cooldownProblem(attempt, clock.now(), coolUntil)
    running.begin(id)
    const providerKey = vault.open(key.kiotproxy_key, providerKeyPlace(key.id))
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
    const { key, endpoint, reason, region } = attempt
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
    this.#parts.history.add({
      proxy_id: key.id,
      action: 'rotate',
      reason,
      region,
      old_ip: key.remote_ip,
      new_ip: fields.remote_ip,
      message: `${subdomainOf(endpoint)} moved from ${key.remote_ip ?? 'no upstream'} to ${fields.remote_ip ?? upstream.http}.`,
    })
    const name = subdomainOf(endpoint)
    this.#parts.log.info({ endpoint: name, reason, from: key.remote_ip, to: fields.remote_ip }, 'rotated')
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
    throw cooldownProblem(attempt, this.#parts.clock.now(), toMs(until))
  }

  async #reject(attempt: Attempt, rejection: Rejection): Promise<never> {
    await this.#refuse(attempt, rejection)
    throw new Problem('key_rejected', `${rejection.message} ${whatStays(attempt, this.#parts.clock.now())}`)
  }

  #fail(
    attempt: Attempt,
    code: 'provider_unavailable' | 'provider_out_of_stock',
    text: string,
    waitMs: number | null,
  ): never {
    if (this.#turns.isStopping) throw stoppingProblem()
    const { key, endpoint, reason, region } = attempt
    const seconds = secondsUntil(this.#parts.backoff.fail(key.id, waitMs, troubleOf[code]), 0)
    const message = `${text} ${whatStays(attempt, this.#parts.clock.now())} Trying again in ${describeSeconds(seconds)}.`
    this.#parts.history.add({
      proxy_id: key.id,
      action: 'rotate',
      reason,
      region,
      status: 'failure',
      old_ip: key.remote_ip,
      message,
    })
    this.#parts.log.warn({ endpoint: subdomainOf(endpoint), reason, retry_in_seconds: seconds }, text)
    throw new Problem(code, message, { retryAfterSeconds: seconds })
  }

  /** Asks for the current upstream and takes it over where it is another; `none` when the provider knows of none. */
  async #takeOver(id: number): Promise<'none' | 'done'> {
    const proxy = this.#parts.store.findProxy(id)
    if (!proxy?.key.is_active) return 'done'
    const { key, endpoint } = proxy
    const { provider, vault, clock, history } = this.#parts
    const providerKey = vault.open(key.kiotproxy_key, providerKeyPlace(key.id))
    const reply = await provider.current(providerKey, 'background')
    if (reply.kind === 'unavailable') return 'done'
    if (await this.#settle(key, reply)) return 'done'
    if (reply.kind === 'key_rejected') await this.#refuse(proxy, reply)
    if (reply.kind === 'none') return 'none'
    if (reply.kind !== 'upstream' || hasEnded(reply.upstream, clock.now())) return 'done'
    const fields = toUpstreamFields(reply.upstream)
    const lease = newLease(fields)
    const now = clock.now()
    await commit(
      this.#parts.store,
      edit(key, (row) => adopt(row, lease, now)),
    )
    history.add({
      proxy_id: id,
      action: 'rotate',
      reason: key.last_rotated_at === null ? 'first' : 'expiration',
      region: key.region,
      old_ip: key.remote_ip,
      new_ip: fields.remote_ip,
      message: `${subdomainOf(endpoint)} took over ${fields.remote_ip ?? reply.upstream.http}, which the provider gave it earlier.`,
    })
    return 'done'
  }

  async #refuse({ key, endpoint }: JoinedProxy, { code, message }: Rejection): Promise<void> {
    if ((this.#parts.store.findKey(key.id)?.refused ?? null) !== null) return
    const { store, history, clock, log } = this.#parts
    const refused = { at: toTimestamp(clock.now()), code, message }
    await commit(
      store,
      edit(key, (row) => void (row.refused = refused)),
    )
    history.add({ proxy_id: key.id, action: 'status', status: 'failure', message })
    log.warn({ endpoint: subdomainOf(endpoint) }, message)
  }
}
