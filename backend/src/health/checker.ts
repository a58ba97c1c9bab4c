import pLimit from 'p-limit'

import type { KeyStatus, ProxyKey } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { toTimestamp, type Clock, type Stop } from '../lib/clock.ts'
import { findRow } from '../lib/drafts.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'
import type { Store } from '../store/store.ts'
import type { Judgement, Probe, ProbeResult } from './probe.ts'

const maxAtOnce = 32
/** Multiples of the golden ratio fill an interval evenly for any number of keys. */
const goldenRatio = 0.618_033_988_749_895

interface CheckerParts {
  store: Store
  probe: Probe
  history: History
  clock: Clock
  log: Log
  intervalSeconds: number
}

interface Slot {
  dueAt: number
  /** The upstream that was there when the slot was set: a new one is checked at once. */
  upstream: string
}

/** Checker looks at the upstream of every active key once per interval, spread over it. */
export class Checker {
  /** Told the id of a key whose upstream is gone. */
  readonly lost = new Subscribable<[number]>()
  readonly #parts: CheckerParts
  readonly #limit = pLimit(maxAtOnce)
  readonly #slots = new Map<number, Slot>()
  readonly #running = new Map<number, Promise<ProbeResult>>()
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
    await Promise.allSettled(this.#running.values())
  }

  /** Starts the checks that are due now. */
  tick(): void {
    const { store, clock } = this.#parts
    const now = clock.now()
    const seen = new Set<number>()
    for (const key of store.data.proxy_keys) {
      if (!key.is_active || key.remote_http === null) continue
      seen.add(key.id)
      if (this.#isDue(key, key.remote_http, now)) void this.#run(key, key.remote_http)
    }
    for (const id of this.#slots.keys()) if (!seen.has(id)) this.#slots.delete(id)
  }

  /** Checks one key now. Throws Problem `not_found`, `key_inactive`, or `upstream_missing` when there is nothing to check. */
  async check(id: number): Promise<ProbeResult> {
    const key = this.#parts.store.data.proxy_keys.find((candidate) => candidate.id === id)
    if (!key) throw new Problem('not_found', `There is no proxy with the id ${id}.`)
    if (!key.is_active) throw new Problem('key_inactive', `${key.subdomain} is paused. Activate it first.`)
    if (key.remote_http === null) {
      throw new Problem('upstream_missing', `${key.subdomain} has no upstream now, so there is nothing to check.`)
    }
    return await this.#run(key, key.remote_http)
  }

  #isDue(key: ProxyKey, upstream: string, now: number): boolean {
    const intervalMs = this.#parts.intervalSeconds * 1000
    const slot = this.#slots.get(key.id)
    if (!slot) {
      const spread = key.last_check_at === null ? 0 : ((key.id * goldenRatio) % 1) * intervalMs
      this.#slots.set(key.id, { dueAt: now + spread, upstream })
      return spread === 0
    }
    if (slot.upstream === upstream && slot.dueAt > now) return false
    // From the due time, not from now: otherwise the checks of many keys would drift together.
    const isLate = slot.upstream !== upstream || now - slot.dueAt > intervalMs
    this.#slots.set(key.id, { dueAt: (isLate ? now : slot.dueAt) + intervalMs, upstream })
    return true
  }

  #run(key: ProxyKey, upstream: string): Promise<ProbeResult> {
    const running = this.#running.get(key.id)
    if (running) return running
    const run = this.#limit(async () => {
      const result = await this.#probeTwice(upstream)
      if (!this.#isStopping && result.kind !== 'unknown') await this.#record(key, upstream, result)
      return result
    }).finally(() => this.#running.delete(key.id))
    this.#running.set(key.id, run)
    run.catch((error: unknown) => {
      this.#parts.log.error({ endpoint: key.subdomain, reason: messageOf(error) }, 'a health check could not be noted')
    })
    return run
  }

  /** One lost packet is no outage: a failure counts when it happens twice in a row. */
  async #probeTwice(upstream: string): Promise<ProbeResult> {
    const first = await this.#parts.probe(upstream)
    return first.kind === 'reachable' || this.#isStopping ? first : await this.#parts.probe(upstream)
  }

  async #record(key: ProxyKey, upstream: string, result: Judgement): Promise<void> {
    const { store, clock } = this.#parts
    const changes: { from: KeyStatus; to: KeyStatus }[] = []
    await store.record((draft) => {
      const row = findRow(draft.proxy_keys, key.id)
      // The key may have been deleted, paused or rotated meanwhile: then this says nothing about what it holds now.
      if (!row?.is_active || row.remote_http !== upstream) return
      row.last_check_at = toTimestamp(clock.now())
      row.latency_ms = result.kind === 'reachable' ? result.latencyMs : null
      if (result.kind === 'reachable' && result.exitIp !== null) row.remote_ip = result.exitIp
      const to = result.kind === 'reachable' ? 'active' : 'unreachable'
      const isJudged = row.status === 'active' || row.status === 'unreachable'
      if (!isJudged || row.status === to) return
      changes.push({ from: row.status, to })
      row.status = to
    })
    for (const change of changes) this.#report(key, change.to, result)
    if (result.kind === 'unreachable' && result.isGone) this.lost.emit(key.id)
  }

  #report(key: ProxyKey, status: KeyStatus, result: Judgement): void {
    const isReachable = result.kind === 'reachable'
    const message = isReachable
      ? `${key.subdomain} is reachable again.`
      : `The upstream of ${key.subdomain} fails its health check: ${result.message}.`
    this.#parts.history.add({
      proxy_id: key.id,
      action: 'status',
      status: isReachable ? 'success' : 'failure',
      message,
    })
    this.#parts.log.warn({ endpoint: key.subdomain, status }, message)
  }
}
