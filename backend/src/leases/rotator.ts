import { namesOf, providerKeyPlace, subdomainOf, systemActor } from '../contract/index.ts'
import type { Actor, JoinedProxy, ProxyKey, Region, Rotated, RotationReason } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { en } from '../happenings/wording/en.ts'
import { secondsUntil, toMs, toTimestamp, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import type { Vault } from '../lib/vault.ts'
import type { Lane, Provider, ProviderReply } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import type { Backoff } from './backoff.ts'
import { commit } from './commit.ts'
import { decide, endedAlready, isUnclear, retryProblems, type Decision, type Refusal, type Retry } from './decide.ts'
import { Doubts } from './doubts.ts'
import { newLease, type LentFields } from './lease.ts'
import { cooldownProblem, movesOf, stayOf, whatCameOfRelease, whatStays } from './messages.ts'
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

interface Attempt extends JoinedProxy {
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

  /**
   * Rotates where that is of use now: not while one is under way, nor before the wait after a failure is over. True where it began.
   * What comes of it is told by the log and the row, so nobody has to wait for it.
   */
  tryRotate(id: number, reason: RotationReason): boolean {
    if (this.#parts.backoff.isWaiting(id) || this.isRotating(id)) return false
    this.rotate(id, reason).catch((error: unknown) => this.#report(id, error))
    return true
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

  /** The same for whoever goes on whatever comes of it. */
  async trySync(id: number): Promise<void> {
    try {
      await this.sync(id)
    } catch (error) {
      this.#report(id, error)
    }
  }

  /** Gives the upstream of a key back that was deleted, after whatever is under way for it. */
  async release(proxy: JoinedProxy, by: Actor): Promise<void> {
    const { key } = proxy
    const { provider, vault, bus } = this.#parts
    const providerKey = vault.open(key.kiotproxy_key, providerKeyPlace(key.id))
    const reply = await this.#turns.run(key.id, () => provider.release(providerKey))
    bus.tell({ ...whatCameOfRelease(proxy, reply), proxy_id: key.id, by })
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
    const { key, endpoint } = store.getProxy(id)
    if (!key.is_active) throw new Problem('key_inactive', `${subdomainOf(endpoint)} is paused. Activate it first.`)
    const coolUntil = toMs(key.next_request_at) ?? 0
    const attempt: Attempt = { key, endpoint, reason, region: region ?? key.region, by }
    if (coolUntil > clock.now()) throw cooldownProblem(attempt, clock.now(), coolUntil)
    running.begin(id)
    const providerKey = vault.open(key.kiotproxy_key, providerKeyPlace(key.id))
    try {
      const lane = reason === 'manual' ? 'interactive' : 'background'
      const found = await this.#findChanged(key, providerKey, lane)
      if (found !== null) return await this.#act(attempt, found)
      return await this.#act(attempt, this.#decide(key, await provider.rotate(providerKey, attempt.region, lane)))
    } catch (error) {
      // What nobody expected must not be tried again every second either.
      if (!(error instanceof Problem)) this.#parts.backoff.fail(id, null)
      throw error
    } finally {
      running.end(id)
    }
  }

  #decide(key: ProxyKey, reply: ProviderReply): Decision {
    return decide({ ...key, lateMs: this.#doubts.lateMs(key.id) }, reply, this.#parts.clock.now())
  }

  /** After an outcome that nobody knows, the upstream may have been changed already; then that is the rotation. */
  async #findChanged(key: ProxyKey, providerKey: string, lane: Lane): Promise<Decision | null> {
    if (!this.#doubts.has(key.id)) return null
    const decision = this.#decide(key, await this.#parts.provider.current(providerKey, lane))
    if (isUnclear(decision)) return decision
    await this.#settle(key, decision)
    return decision.kind === 'adopt' ? decision : null
  }

  /** Ends the doubt about a key, and notes where it still has what it holds. */
  async #settle(key: ProxyKey, decision: Decision): Promise<void> {
    this.#doubts.delete(key.id)
    if (decision.kind !== 'confirm') return
    await this.#parts.store.record(edit(key, (row) => confirm(row, decision.fields)))
  }

  async #act(attempt: Attempt, decision: Decision): Promise<Rotated> {
    switch (decision.kind) {
      case 'adopt':
        return await this.#take(attempt, decision.fields)
      case 'confirm':
        return decision.isOver ? this.#fail(attempt, endedAlready) : await this.#wait(attempt, decision.until)
      case 'wait':
        return await this.#wait(attempt, decision.until)
      case 'refuse':
        await this.#refuse(attempt, decision)
        throw new Problem('key_rejected', `${decision.message} ${whatStays(attempt, this.#parts.clock.now())}`)
      case 'retry':
        if (isUnclear(decision)) this.#doubts.add(attempt.key.id)
        return this.#fail(attempt, decision)
      default:
        return decision satisfies never
    }
  }

  async #take(attempt: Attempt, fields: LentFields): Promise<Rotated> {
    const { key, endpoint, reason, region, by } = attempt
    await this.#adopt(key, fields)
    this.#parts.store.getKey(key.id)
    this.#parts.backoff.clear(key.id)
    const facts = { ...namesOf(endpoint), reason, region, ...movesOf(key, fields) }
    this.#parts.bus.tell({ kind: 'rotated', proxy_id: key.id, facts, by })
    const name = subdomainOf(endpoint)
    this.#parts.log.info({ endpoint: name, reason, from: key.remote_ip, to: fields.remote_ip }, 'rotated')
    const { location, expiration_at, next_request_at } = fields
    return { new_ip: fields.remote_ip, location, old_ip: key.remote_ip, expiration_at, next_request_at }
  }

  async #adopt(key: ProxyKey, fields: LentFields): Promise<void> {
    const { store, clock } = this.#parts
    const lease = newLease(fields)
    const now = clock.now()
    await commit(
      store,
      edit(key, (row) => adopt(row, lease, now)),
    )
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

  #fail(attempt: Attempt, { cause, message: text, waitMs }: Retry): never {
    if (this.#turns.isStopping) throw stoppingProblem()
    const { key, endpoint, reason, region, by } = attempt
    const trouble = cause === 'out_of_stock' ? cause : 'provider_unavailable'
    const seconds = secondsUntil(this.#parts.backoff.fail(key.id, waitMs, trouble), 0)
    const stay = stayOf(attempt, this.#parts.clock.now())
    const facts = {
      ...namesOf(endpoint),
      reason,
      region,
      ...stay,
      trouble,
      detail: text,
      retry_seconds: seconds,
    } as const
    this.#parts.bus.tell({ kind: 'rotation_failed', proxy_id: key.id, facts, by })
    this.#parts.log.warn({ endpoint: subdomainOf(endpoint), reason, retry_in_seconds: seconds }, text)
    throw new Problem(retryProblems[cause], en.rotation_failed(facts, by), { retryAfterSeconds: seconds })
  }

  /** Asks for the current upstream and takes it over where it is another; `none` when the provider knows of none. */
  async #takeOver(id: number): Promise<'none' | 'done'> {
    const proxy = this.#parts.store.findProxy(id)
    if (!proxy?.key.is_active) return 'done'
    const { key, endpoint } = proxy
    const { provider, vault, bus } = this.#parts
    const providerKey = vault.open(key.kiotproxy_key, providerKeyPlace(key.id))
    const decision = this.#decide(key, await provider.current(providerKey, 'background'))
    if (isUnclear(decision)) return 'done'
    await this.#settle(key, decision)
    if (decision.kind === 'refuse') await this.#refuse(proxy, decision)
    if (decision.kind === 'retry' && decision.cause === 'none') return 'none'
    if (decision.kind !== 'adopt') return 'done'
    await this.#adopt(key, decision.fields)
    const reason = key.last_rotated_at === null ? 'first' : 'expiration'
    const facts = { ...namesOf(endpoint), reason, region: key.region, ...movesOf(key, decision.fields) } as const
    bus.tell({ kind: 'upstream_taken_over', proxy_id: id, facts, by: systemActor })
    return 'done'
  }

  async #refuse({ key, endpoint }: JoinedProxy, { code, message }: Refusal): Promise<void> {
    if ((this.#parts.store.findKey(key.id)?.refused ?? null) !== null) return
    const { store, bus, clock, log } = this.#parts
    const refused = { at: toTimestamp(clock.now()), code, message }
    await commit(
      store,
      edit(key, (row) => void (row.refused = refused)),
    )
    const facts = { ...namesOf(endpoint), code, detail: message }
    bus.tell({ kind: 'key_refused', proxy_id: key.id, facts, by: systemActor })
    log.warn({ endpoint: subdomainOf(endpoint) }, message)
  }

  #report(id: number, error: unknown): void {
    // A Problem is an expected outcome, which was logged where that matters.
    if (error instanceof Problem) return
    const proxy = this.#parts.store.findProxy(id)
    const endpoint = proxy && subdomainOf(proxy.endpoint)
    this.#parts.log.error({ endpoint, reason: messageOf(error) }, 'a rotation failed unexpectedly')
  }
}
