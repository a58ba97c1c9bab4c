import { namesOf, systemActor, type DrainCounts, type ProxyKey } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import type { Checker } from '../health/checker.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import type { Store } from '../store/store.ts'
import type { Backoff } from './backoff.ts'
import type { Rotator } from './rotator.ts'

interface FailuresParts {
  store: Store
  bus: Bus
  checker: Checker
  rotator: Rotator
  backoff: Backoff
  log: Log
}

/** Failures acts on what the data plane and the health check report of an upstream. */
export class Failures {
  readonly #parts: FailuresParts

  constructor(parts: FailuresParts) {
    this.#parts = parts
  }

  /** Clients could not connect through this endpoint several times in a row: its upstream is checked at once. */
  look(id: number): void {
    const key = this.#parts.store.findKey(id)
    if (key) this.#parts.checker.check(key.id).catch((error: unknown) => this.#report(key, error))
  }

  /** The upstream of this key is gone: it is replaced, where the settings and the cooldown allow. */
  replace(id: number): void {
    const { store, rotator, backoff } = this.#parts
    const key = this.#parts.store.findKey(id)
    const isWanted = store.data.settings.rotate_on_failure && key?.is_active === true && key.refused === null
    if (!key || !isWanted || backoff.isWaiting(id) || rotator.isRotating(id)) return
    rotator.rotate(id, 'failure').catch((error: unknown) => this.#report(key, error))
  }

  noteDrain(id: number, counts: Record<'tunnels' | 'requests', DrainCounts>): void {
    const key = this.#parts.store.findKey(id)
    if (!key) return
    const facts = { ...namesOf(key), new_ip: key.remote_ip, ...counts }
    this.#parts.bus.tell({ kind: 'drained', proxy_id: id, facts, by: systemActor })
  }

  #report(key: ProxyKey, error: unknown): void {
    // A Problem is an expected outcome: the cooldown runs, the key is paused.
    if (error instanceof Problem) return
    this.#parts.log.error(
      { endpoint: key.subdomain, reason: messageOf(error) },
      'a failing upstream could not be replaced',
    )
  }
}
