import type { DrainCounts, TrafficCounters } from '../contract/index.ts'
import type { Stop } from '../lib/clock.ts'
import { Subscribable } from '../lib/subscribable.ts'
import type { Plane } from '../plane/plane.ts'
import { refusals, type Drain, type ListenerState, type PlaneReport, type Traffic } from '../plane/report.ts'
import { planeFormat, type Route } from '../plane/table.ts'

/** Drained is what became so far of the work that the last change of an endpoint's lease found open. */
export interface Drained {
  readonly tunnels: DrainCounts
  readonly requests: DrainCounts
  readonly isOver: boolean
}

/** Failing tells that an upstream can't be reached by several clients in a row, or refuses our credentials. */
export type Failing = Extract<PlaneReport, { kind: 'upstream_failing' }>

type Listener = Pick<Extract<PlaneReport, { kind: 'listener' }>, 'state' | 'reason'>
type Strangers = Pick<Extract<PlaneReport, { kind: 'strangers' }>, 'open' | 'refused'>

const noWork: Drain = { open: 0, idle: 0, finished: 0, cut: 0 }
const nothingDrained: Drained = { tunnels: noWork, requests: noWork, isOver: true }
const noRefusals = Object.fromEntries(refusals.map((reason) => [reason, 0]))
const noTraffic: TrafficCounters = {
  connections: 0,
  requests: 0,
  bytes_in: 0,
  bytes_out: 0,
  tunnels: 0,
  refused: noRefusals,
}

/**
 * PlaneMirror is what the control side knows of the plane: it hands the tables over, keeps what the reports tell, and answers
 * from that alone.
 */
export class PlaneMirror {
  /** Told the id of an endpoint whose own port opened, closed, or could not. */
  readonly listenerChanged = new Subscribable<[number]>()
  /** Told once all work that a replaced lease had open has left it, where there was some. */
  readonly drained = new Subscribable<[number, Drained]>()
  readonly upstreamFailing = new Subscribable<[Failing]>()
  readonly #plane: Plane
  readonly #unsubscribe: Stop
  readonly #listeners = new Map<number, Listener>()
  readonly #traffic = new Map<number, TrafficCounters>()
  readonly #drains = new Map<number, Drained>()
  /** Who waits for a report to make something true. */
  readonly #waiting = new Set<() => boolean>()
  #wanted: ReadonlySet<number> = new Set()
  #revision = 0
  strangers: Strangers = { open: 0, refused: { ...noRefusals } as Strangers['refused'] }

  constructor(plane: Plane) {
    this.#plane = plane
    this.#unsubscribe = plane.reports.subscribe((report) => this.#note(report))
  }

  /** Has these endpoints served from now on. */
  apply(routes: readonly Route[]): void {
    if (routes.length !== this.#wanted.size || routes.some(({ id }) => !this.#wanted.has(id))) this.#want(routes)
    this.#revision += 1
    this.#plane.apply({ format: planeFormat, revision: this.#revision, routes })
  }

  state(id: number): ListenerState {
    return this.#listeners.get(id)?.state ?? 'stopped'
  }

  /** Ids of the endpoints whose own port could not be opened. */
  failed(): number[] {
    return [...this.#listeners].filter(([, { state }]) => state === 'failed').map(([id]) => id)
  }

  traffic(id: number): TrafficCounters {
    return this.#traffic.get(id) ?? noTraffic
  }

  /** What became of the work of the last replaced lease; with `wait` when all of it has ended. */
  async drain(id: number, wait: boolean): Promise<Drained> {
    const last = () => this.#drains.get(id) ?? nothingDrained
    if (wait) await this.#until(() => last().isOver)
    return last()
  }

  /** Resolves when the own port of this endpoint is open, or could not be opened. */
  async started(id: number): Promise<void> {
    await this.#until(() => this.#isSettled(id))
  }

  /** Resolves when that is so of all endpoints. */
  async settled(): Promise<void> {
    await this.#until(() => [...this.#wanted].every((id) => this.#isSettled(id)))
  }

  /** Closes the own port with all its connections and opens it again. Throws where it can't be opened. */
  async restart(id: number): Promise<void> {
    if (!this.#wanted.has(id)) return
    this.#listeners.delete(id)
    this.#plane.restart(id)
    await this.started(id)
    const listener = this.#listeners.get(id)
    if (listener?.state === 'failed') throw new Error(listener.reason ?? 'it could not be opened')
  }

  stop(): void {
    this.#unsubscribe()
    this.#waiting.clear()
  }

  #want(routes: readonly Route[]): void {
    this.#wanted = new Set(routes.map(({ id }) => id))
    for (const known of [this.#listeners, this.#traffic, this.#drains]) {
      for (const id of known.keys()) if (!this.#wanted.has(id)) known.delete(id)
    }
    this.#wake()
  }

  #isSettled(id: number): boolean {
    const listener = this.#listeners.get(id)
    return !this.#wanted.has(id) || (listener !== undefined && listener.state !== 'stopped')
  }

  #note(report: PlaneReport): void {
    switch (report.kind) {
      case 'applied':
        return
      case 'listener':
        return this.#noteListener(report)
      case 'traffic':
        for (const { id, traffic } of report.rows) if (this.#wanted.has(id)) this.#traffic.set(id, toCounters(traffic))
        return
      case 'strangers':
        this.strangers = report
        return
      case 'drain':
        return this.#noteDrain(report)
      case 'upstream_failing':
        if (this.#wanted.has(report.id)) this.upstreamFailing.emit(report)
        return
      default:
        return report satisfies never
    }
  }

  #noteListener({ id, state, reason }: Extract<PlaneReport, { kind: 'listener' }>): void {
    if (!this.#wanted.has(id)) return
    this.#listeners.set(id, { state, reason })
    this.#wake()
    this.listenerChanged.emit(id)
  }

  #noteDrain({ id, tunnels, requests, isOver }: Extract<PlaneReport, { kind: 'drain' }>): void {
    if (!this.#wanted.has(id)) return
    const drained = { tunnels, requests, isOver }
    this.#drains.set(id, drained)
    this.#wake()
    if (isOver && tunnels.open + requests.open > 0) this.drained.emit(id, drained)
  }

  #until(isTrue: () => boolean): Promise<void> {
    if (isTrue()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.add(() => {
        const isOver = isTrue()
        if (isOver) resolve()
        return isOver
      })
    })
  }

  #wake(): void {
    for (const check of this.#waiting) if (check()) this.#waiting.delete(check)
  }
}

function toCounters({ connections, tunnels, requests, bytesIn, bytesOut, refused }: Traffic): TrafficCounters {
  return { connections, requests, bytes_in: bytesIn, bytes_out: bytesOut, tunnels, refused }
}
