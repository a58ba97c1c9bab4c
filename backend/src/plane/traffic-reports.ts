import type { Stop } from '../lib/clock.ts'
import { noRefusals } from './client/counters.ts'
import type { Endpoint } from './client/endpoint.ts'
import type { PlaneReport, Refusal } from './report.ts'
import type { Admission } from './sockets/admission.ts'

/** Reports follow the traffic at once, but no more often than so many in so long: then they are gathered. */
const burst = 20
const burstMs = 200
const gatherMs = 50

/** TrafficReports tells what endpoints carried, each that changed once a report. */
export class TrafficReports {
  readonly #admission: Admission
  readonly #emit: (report: PlaneReport) => void
  readonly #refused = noRefusals()
  #changed: Endpoint[] = []
  #hasStrangers = false
  #cancel: Stop | null = null
  #since = Number.NEGATIVE_INFINITY
  #count = 0

  constructor(admission: Admission, emit: (report: PlaneReport) => void) {
    this.#admission = admission
    this.#emit = emit
  }

  /** The counters of an endpoint changed; it is noted once until they are read. */
  note(endpoint: Endpoint): void {
    this.#changed.push(endpoint)
    this.#schedule()
  }

  /** Somebody was turned away before an endpoint was known. */
  refuseStranger(reason: Refusal): void {
    this.#refused[reason] += 1
    this.#hasStrangers = true
    this.#schedule()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #schedule(): void {
    if (this.#cancel !== null) return
    const now = performance.now()
    if (now - this.#since > burstMs) {
      this.#since = now
      this.#count = 0
    }
    this.#count += 1
    if (this.#count > burst) {
      const timer = setTimeout(() => this.#tell(), gatherMs)
      this.#cancel = () => clearTimeout(timer)
      return
    }
    const immediate = setImmediate(() => this.#tell())
    this.#cancel = () => clearImmediate(immediate)
  }

  #tell(): void {
    this.#cancel = null
    const changed = this.#changed
    this.#changed = []
    if (changed.length > 0) {
      this.#emit({ kind: 'traffic', rows: changed.map(({ id, counters }) => ({ id, traffic: counters.read() })) })
    }
    if (!this.#hasStrangers) return
    this.#hasStrangers = false
    this.#emit({ kind: 'strangers', open: this.#admission.strangers, refused: { ...this.#refused } })
  }
}
