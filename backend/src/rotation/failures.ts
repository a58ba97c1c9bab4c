import { subdomainOf, type DrainCounts, type Endpoint } from '../contract/index.ts'
import type { Checker } from '../health/checker.ts'
import type { History } from '../history/history.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import type { Store } from '../store/store.ts'
import type { Backoff } from './backoff.ts'
import type { Rotator } from './rotator.ts'

interface FailuresParts {
  store: Store
  history: History
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

  /** Clients could not connect through the endpoint of this key several times in a row: its upstream is checked at once. */
  look(id: number): void {
    const proxy = this.#parts.store.findProxy(id)
    if (proxy) this.#parts.checker.check(id).catch((error: unknown) => this.#report(proxy.endpoint, error))
  }

  /** The upstream of this key is gone: it is replaced, where the settings and the cooldown allow. */
  replace(id: number): void {
    const { store, rotator, backoff } = this.#parts
    const proxy = store.findProxy(id)
    const isGood = proxy?.key.is_active === true && proxy.key.refused === null
    if (!proxy || !isGood || !store.data.settings.rotate_on_failure) return
    if (backoff.isWaiting(id) || rotator.isRotating(id)) return
    rotator.rotate(id, 'failure').catch((error: unknown) => this.#report(proxy.endpoint, error))
  }

  noteDrain(id: number, { tunnels, requests }: Record<'tunnels' | 'requests', DrainCounts>): void {
    const proxy = this.#parts.store.findProxy(id)
    if (!proxy) return
    const { key, endpoint } = proxy
    const sentences = [describeDrain(endpoint, 'tunnel', tunnels), describeDrain(endpoint, 'request', requests)]
    const message = sentences.join(' ').trim()
    this.#parts.history.add({ proxy_id: key.id, action: 'drain', new_ip: key.remote_ip, message })
  }

  #report(endpoint: Endpoint, error: unknown): void {
    // A Problem is an expected outcome: the cooldown runs, the key is paused.
    if (error instanceof Problem) return
    this.#parts.log.error(
      { endpoint: subdomainOf(endpoint), reason: messageOf(error) },
      'a failing upstream could not be replaced',
    )
  }
}

function describeDrain(endpoint: Endpoint, what: 'tunnel' | 'request', counts: DrainCounts): string {
  const { open, idle, finished, cut } = counts
  if (open === 0) return ''
  const closed = what === 'tunnel' ? `${idle} closed in a pause, ` : ''
  return `${open} open ${what}${open === 1 ? '' : 's'} of ${subdomainOf(endpoint)} left the old exit: ${closed}${finished} finished, ${cut} cut.`
}
