import pLimit from 'p-limit'

import { namesOf, systemActor, type ProxyKey } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'
import type { Store } from '../store/store.ts'
import type { Judgement, Probe, ProbeResult } from './probe.ts'
import { probedAddress, probedUpstream, type ProbedUpstream } from './probed-upstream.ts'

const maxAtOnce = 32
/** Multiples of the golden ratio fill an interval evenly for any number of keys. */
const goldenRatio = 0.618_033_988_749_895

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

/** Finding is what a check came to, and when. */
interface Finding extends Subject {
  id: number
  result: Judgement
  at: string
}

/** Checker looks at the upstream of every active key once per interval, spread over it. */
export class Checker {
  /** Told the id of a key whose upstream is gone. */
  readonly lost = new Subscribable<[number]>()
  /** Told of every check: the id of the key and the latency in milliseconds, null for a failure. */
  readonly checked = new Subscribable<[number, number | null]>()
  readonly #parts: CheckerParts
  readonly #limit = pLimit(maxAtOnce)
  readonly #slots = new Map<number, Slot>()
  /** The last check of each key, while it runs. */
  readonly #running = new Map<number, Running>()
  readonly #allRunning = new Set<Promise<ProbeResult>>()
  /** What changes nothing but times: noted together, about once a second. */
  #findings: Finding[] = []
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
    await this.#note()
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
    void this.#note()
  }

  /** Forgets the slots of keys that are gone or have nothing to check. */
  #dropSlots(keys: readonly ProxyKey[]): void {
    const ids = new Set(keys.filter(isCheckable).map(({ id }) => id))
    for (const id of this.#slots.keys()) if (!ids.has(id)) this.#slots.delete(id)
  }

  /** Checks one key now. Throws Problem `not_found`, `key_inactive`, or `upstream_missing` when there is nothing to check. */
  async check(id: number): Promise<ProbeResult> {
    const key = this.#parts.store.findKey(id)
    if (!key) throw new Problem('not_found', `There is no proxy with the id ${id}.`)
    if (!key.is_active) throw new Problem('key_inactive', `${key.subdomain} is paused. Activate it first.`)
    if (!isCheckable(key)) {
      const lack = key.remote_http === null ? 'has no upstream now' : 'has an upstream without a SOCKS5 port'
      throw new Problem('upstream_missing', `${key.subdomain} ${lack}, so there is nothing to check.`)
    }
    const result = await this.#start(key)
    await this.#note()
    return result
  }

  #isDue(key: CheckableKey, now: number): boolean {
    const { store, intervalSeconds } = this.#parts
    const intervalMs = (store.data.settings.health_check_seconds ?? intervalSeconds) * 1000
    const slot = this.#slots.get(key.id)
    const place = ((key.id * goldenRatio) % 1) * intervalMs
    if (!slot) {
      const spread = key.last_check_at === null ? 0 : place
      this.#slots.set(key.id, { ...subjectOf(key), dueAt: now + spread })
      return spread === 0
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
      this.#parts.log.error({ endpoint: key.subdomain, reason: messageOf(error) }, 'a health check could not be noted')
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
    this.#findings.push({ ...subject, id, result, at: toTimestamp(this.#parts.clock.now()) })
    this.checked.emit(id, result.kind === 'reachable' ? result.latencyMs : null)
    if (isNews(row, result)) await this.#note()
    if (result.kind === 'unreachable' && result.isGone && this.#findHolder(id, subject)) this.lost.emit(id)
  }

  /** The key, unless it was deleted, paused or rotated since: then a check says nothing about what it holds now. */
  #findHolder(id: number, subject: Subject): ProxyKey | undefined {
    const key = this.#parts.store.findKey(id)
    return key?.is_active === true && isAbout(key, subject) ? key : undefined
  }

  /** Writes down what was found since the last time. */
  async #note(): Promise<void> {
    const { store, log } = this.#parts
    const findings = this.#findings
    if (findings.length === 0) return
    this.#findings = []
    let turns: { key: ProxyKey; result: Judgement }[] = []
    try {
      await store.record((draft) => {
        turns = []
        for (const finding of findings) {
          const before = store.findKey(finding.id)
          if (!before?.is_active || !isAbout(before, finding)) continue
          if (hasTurned(before, finding.result)) turns.push({ key: before, result: finding.result })
          applyFinding(draft.keys.get(finding.id), finding)
        }
      })
    } catch (error) {
      turns = []
      log.error({ reason: messageOf(error) }, 'health checks could not be noted')
    }
    for (const { key, result } of turns) this.#report(key, result)
  }

  #report(key: ProxyKey, result: Judgement): void {
    const { bus, log } = this.#parts
    const endpoint = key.subdomain
    const about = { proxy_id: key.id, by: systemActor }
    if (result.kind === 'reachable') {
      bus.tell({ ...about, kind: 'upstream_reachable', facts: namesOf(key) })
      log.warn({ endpoint, is_reachable: true }, 'an upstream is reachable again')
      return
    }
    bus.tell({ ...about, kind: 'upstream_unreachable', facts: { ...namesOf(key), detail: result.message } })
    log.warn({ endpoint, is_reachable: false, reason: result.message }, 'an upstream fails its health check')
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

/** Whether somebody may wait for this; the rest is only a later time and another latency. */
function isNews(key: ProxyKey, result: Judgement): boolean {
  const isOtherExit = result.kind === 'reachable' && result.exitIp !== null && result.exitIp !== key.remote_ip
  return key.last_check_at === null || isOtherExit || hasTurned(key, result)
}

function applyFinding(row: ProxyKey, { result, at }: Finding): void {
  row.last_check_at = at
  row.latency_ms = result.kind === 'reachable' ? result.latencyMs : null
  if (result.kind === 'reachable' && result.exitIp !== null) row.remote_ip = result.exitIp
  row.reachable = result.kind === 'reachable'
}
