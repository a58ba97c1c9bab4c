import pLimit from 'p-limit'

import { namesOf, subdomainOf, systemActor, type JoinedProxy, type ProxyKey } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import type { Check } from '../history/history.ts'
import { toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { spread } from '../lib/spread.ts'
import { Subscribable } from '../lib/subscribable.ts'
import type { Store } from '../store/store.ts'
import type { Judgement, Probe, ProbeResult } from './probe.ts'
import { probedAddress, probedUpstream, type ProbedUpstream } from './probed-upstream.ts'

const maxAtOnce = 32

interface CheckerParts {
  store: Store
  probe: Probe
  bus: Bus
  clock: Clock
  log: Log
  /** How often each key is checked where the settings do not say it. */
  intervalSeconds: number
}

/** Subject is what a check is of: a lease, by the way that clients take to it. Another one is checked at once. */
interface Subject {
  leaseId: string
  protocol: ProxyKey['upstream_protocol']
}

interface Slot extends Subject {
  /** By monotonic time. */
  dueAt: number
}

interface Running extends Subject {
  result: Promise<ProbeResult>
}

/** Finding is what a check came to. */
interface Finding extends Subject {
  id: number
  result: Judgement
}

/** Checker looks at the upstream of every active key once per interval, spread over it. */
export class Checker {
  /** Told the id of a key whose upstream is gone. */
  readonly lost = new Subscribable<[number]>()
  /** Told of every check: the id of the key, and what was measured. */
  readonly checked = new Subscribable<[number, Check]>()
  /** Told, about once a second, the ids of keys of which checks found what was known. */
  readonly confirmed = new Subscribable<[readonly number[]]>()
  readonly #parts: CheckerParts
  readonly #limit = pLimit(maxAtOnce)
  readonly #slots = new Map<number, Slot>()
  /** The last check of each key, while it runs. */
  readonly #running = new Map<number, Running>()
  readonly #allRunning = new Set<Promise<ProbeResult>>()
  /** Who is told of next as confirmed. */
  readonly #untold = new Set<number>()
  #stopTicking: Stop = () => {}
  #isStopping = false

  constructor(parts: CheckerParts) {
    this.#parts = parts
  }

  start(): void {
    const { clock, log } = this.#parts
    this.#stopTicking = clock.everySecond(
      () => this.tick(),
      (error) => log.error({ reason: messageOf(error) }, 'the health checker failed; it goes on with the next second'),
    )
  }

  /** Starts no more checks and waits for those under way, which tell nothing any more. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#stopTicking()
    await Promise.allSettled(this.#allRunning)
  }

  /** Starts the checks that are due now. */
  tick(): void {
    const { store, clock } = this.#parts
    const now = clock.monotonic()
    let checkable = 0
    for (const key of store.data.proxy_keys) {
      if (!isCheckable(key)) continue
      checkable += 1
      if (this.#isDue(key, now)) void this.#start(key)
    }
    if (this.#slots.size > checkable) this.#dropSlots(store.data.proxy_keys)
    this.#tellConfirmed()
  }

  /** Forgets the slots of keys that are gone or have nothing to check. */
  #dropSlots(keys: readonly ProxyKey[]): void {
    const ids = new Set(keys.filter(isCheckable).map(({ id }) => id))
    for (const id of this.#slots.keys()) if (!ids.has(id)) this.#slots.delete(id)
  }

  /** Checks one key now. Throws Problem `not_found`, `key_inactive`, or `upstream_missing` when there is nothing to check. */
  async check(id: number): Promise<ProbeResult> {
    const { key, endpoint } = this.#parts.store.getProxy(id)
    const name = subdomainOf(endpoint)
    if (!key.is_active) throw new Problem('key_inactive', `${name} is paused. Activate it first.`)
    if (!isCheckable(key)) {
      const lack = key.remote_http === null ? 'has no upstream now' : 'has an upstream without a SOCKS5 port'
      throw new Problem('upstream_missing', `${name} ${lack}, so there is nothing to check.`)
    }
    const result = await this.#start(key)
    this.#tellConfirmed()
    return result
  }

  /** Checks a key at once, of which clients say that its upstream can't be reached. What it finds is told as always. */
  suspect(id: number): void {
    const key = this.#parts.store.findKey(id)
    if (key !== undefined && isCheckable(key)) void this.#start(key)
  }

  #isDue(key: CheckableKey, now: number): boolean {
    const { store, intervalSeconds } = this.#parts
    const intervalMs = (store.data.settings.health_check_seconds ?? intervalSeconds) * 1000
    const slot = this.#slots.get(key.id)
    const place = spread(key.id) * intervalMs
    if (!slot) {
      const delayMs = key.reachable === null ? 0 : place
      this.#slots.set(key.id, { ...subjectOf(key), dueAt: now + delayMs })
      return delayMs === 0
    }
    const isOther = !isAbout(key, slot)
    if (!isOther && slot.dueAt > now) {
      // The interval was made shorter: the checks are spread over the new one.
      if (slot.dueAt - now > intervalMs) this.#slots.set(key.id, { ...subjectOf(key), dueAt: now + place })
      return false
    }
    // From the due time, not from now: otherwise the checks of many keys would drift together.
    const isLate = isOther || now - slot.dueAt > intervalMs
    this.#slots.set(key.id, { ...subjectOf(key), dueAt: (isLate ? now : slot.dueAt) + intervalMs })
    return true
  }

  /** Begins a check, unless one of the same is under way. */
  #start(key: CheckableKey): Promise<ProbeResult> {
    const running = this.#running.get(key.id)
    if (running && isAbout(key, running)) return running.result
    const subject = subjectOf(key)
    const result = this.#limit(() => this.#run(key, subject)).finally(() => {
      this.#allRunning.delete(result)
      if (this.#running.get(key.id)?.result === result) this.#running.delete(key.id)
    })
    this.#running.set(key.id, { ...subject, result })
    this.#allRunning.add(result)
    result.catch((error: unknown) => {
      this.#parts.log.error({ key: key.id, reason: messageOf(error) }, 'a health check could not be noted')
    })
    return result
  }

  async #run(key: CheckableKey, subject: Subject): Promise<ProbeResult> {
    const upstream = probedUpstream(key)
    if (upstream === null) return { kind: 'unknown', message: 'there is nothing to check' }
    const result = await this.#probeTwice(upstream)
    if (!this.#isStopping && result.kind !== 'unknown') await this.#take(key.id, subject, result)
    return result
  }

  /** One lost packet is no outage: a failure counts when it happens twice in a row. */
  async #probeTwice(upstream: ProbedUpstream): Promise<ProbeResult> {
    const first = await this.#parts.probe(upstream)
    return first.kind === 'reachable' || this.#isStopping ? first : await this.#parts.probe(upstream)
  }

  async #take(id: number, subject: Subject, result: Judgement): Promise<void> {
    const row = this.#findHolder(id, subject)
    if (!row) return
    this.checked.emit(id, {
      lease_id: subject.leaseId,
      at: toTimestamp(this.#parts.clock.now()),
      latency_ms: result.kind === 'reachable' ? result.latencyMs : null,
    })
    if (isNews(row, result)) await this.#note({ ...subject, id, result })
    else this.#untold.add(id)
    if (result.kind === 'unreachable' && result.isGone && this.#findHolder(id, subject)) this.lost.emit(id)
  }

  /** The key, unless it was deleted, paused or rotated since: then a check says nothing about what it holds now. */
  #findHolder(id: number, subject: Subject): ProxyKey | undefined {
    const key = this.#parts.store.findKey(id)
    return key?.is_active === true && isAbout(key, subject) ? key : undefined
  }

  #tellConfirmed(): void {
    if (this.#untold.size === 0) return
    const ids = [...this.#untold]
    this.#untold.clear()
    this.confirmed.emit(ids)
  }

  /** Writes down what is another fact than before. Who follows the store hears of it there. */
  async #note(finding: Finding): Promise<void> {
    const { store, log } = this.#parts
    const { id, result } = finding
    this.#untold.delete(id)
    let turned: JoinedProxy[] = []
    try {
      await store.record((draft) => {
        const held = this.#findHolder(id, finding)
        const proxy = held && hasTurned(held, result) ? store.findProxy(id) : undefined
        turned = proxy ? [proxy] : []
        if (held) applyFinding(draft.keys.get(id), result)
      })
    } catch (error) {
      turned = []
      log.error({ id, reason: messageOf(error) }, 'a health check could not be noted')
    }
    for (const proxy of turned) this.#report(proxy, result)
  }

  #report({ key, endpoint }: JoinedProxy, result: Judgement): void {
    const { bus, log } = this.#parts
    const name = subdomainOf(endpoint)
    const about = { proxy_id: key.id, by: systemActor }
    if (result.kind === 'reachable') {
      bus.tell({ ...about, kind: 'upstream_reachable', facts: namesOf(endpoint) })
      log.warn({ endpoint: name, is_reachable: true }, 'an upstream is reachable again')
      return
    }
    bus.tell({ ...about, kind: 'upstream_unreachable', facts: { ...namesOf(endpoint), detail: result.message } })
    log.warn({ endpoint: name, is_reachable: false, reason: result.message }, 'an upstream fails its health check')
  }
}

type CheckableKey = ProxyKey & { lease_id: string }

function isCheckable(key: ProxyKey): key is CheckableKey {
  return key.is_active && key.lease_id !== null && probedAddress(key) !== null
}

function subjectOf({ lease_id: leaseId, upstream_protocol: protocol }: CheckableKey): Subject {
  return { leaseId, protocol }
}

function isAbout(key: ProxyKey, { leaseId, protocol }: Subject): boolean {
  return key.lease_id === leaseId && key.upstream_protocol === protocol
}

/** Whether a key turns from reachable to not, or back: of one that was not checked yet the best is believed. */
function hasTurned({ reachable }: ProxyKey, result: Judgement): boolean {
  return (reachable ?? true) !== (result.kind === 'reachable')
}

/** Whether this is another fact than the row has; the rest is only measured. */
function isNews(key: ProxyKey, result: Judgement): boolean {
  const isOtherExit = result.kind === 'reachable' && result.exitIp !== null && result.exitIp !== key.remote_ip
  return key.reachable === null || isOtherExit || hasTurned(key, result)
}

function applyFinding(row: ProxyKey, result: Judgement): void {
  if (result.kind === 'reachable' && result.exitIp !== null) row.remote_ip = result.exitIp
  row.reachable = result.kind === 'reachable'
}
