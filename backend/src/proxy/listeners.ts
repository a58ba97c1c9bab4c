import type { DrainCounts, TrafficCounters } from '../contract/index.ts'
import type { Clock, Stop } from '../lib/clock.ts'
import { createNetworkMatcher } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, systemCodeOf } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'
import { Counters } from './counters.ts'
import { Drainer } from './drainer.ts'
import { FailureDelay } from './failure-delay.ts'
import { Listener, type Adopted, type Visit } from './listener.ts'
import type { DataPlaneParts, Occupancy } from './plane.ts'
import { Roster } from '../lib/roster.ts'
import type { Route } from './route.ts'
import { Sweep } from '../lib/sweep.ts'

const retryDelayMs = 5_000
const noTraffic: TrafficCounters = new Counters().view(new Roster())
const noDrain: DrainCounts = { open: 0, idle: 0, finished: 0, cut: 0 }

interface ListenersParts {
  host: string
  /** Networks whose PROXY protocol headers are believed. */
  trustedProxies: readonly string[]
  /** Takes connections that ask for a web site. */
  onVisit: (route: Route, visit: Visit) => void
  clock: Clock
  log: Log
  occupancy: Occupancy
}

interface Slot {
  listener: Listener
  /** Start, restart and stop of this listener, one after the other. */
  work: Promise<void>
  isWanted: boolean
  failure: string | null
  cancelRetry: Stop
}

/**
 * Listeners keeps one listener per route. `reconcile` may be called as often as one likes: it starts what is new, stops
 * what is gone, hands changed routes over and leaves the rest alone. A port that can't be opened is tried again every 5 s.
 */
export class Listeners {
  /** Told when several connections in a row failed on the upstream of a route. */
  readonly upstreamFailing = new Subscribable<[Route]>()
  /** Told when the last tunnel of a replaced upstream has ended. */
  readonly drained = new Subscribable<[Route, DrainCounts]>()
  /** Told the port of a listener that opened, closed, or could not. */
  readonly changed = new Subscribable<[number]>()
  readonly #parts: ListenersParts
  readonly #shared: DataPlaneParts
  readonly #slots = new Map<number, Slot>()
  #routes: readonly Route[] = []
  /** What is being stopped: a port is free again only when that is done. */
  readonly #closing = new Map<number, Promise<void>>()

  constructor(parts: ListenersParts) {
    this.#parts = parts
    const { clock, log, occupancy, trustedProxies } = parts
    this.#shared = {
      clock,
      log,
      sweep: new Sweep(clock, log),
      drainer: new Drainer(clock),
      failureDelay: new FailureDelay(clock),
      occupancy,
      isTrustedProxy: createNetworkMatcher(trustedProxies),
    }
  }

  reconcile(routes: readonly Route[]): void {
    this.#shared.sweep.start()
    const before = this.#routes
    this.#routes = routes
    routes.forEach((route, index) => {
      if (route === before[index]) return
      const slot = this.#slots.get(route.port)
      if (!slot) this.#add(route)
      else if (slot.listener.route !== route) slot.listener.update(route)
    })
    // Every route has its slot now: what is more is gone.
    if (this.#slots.size > routes.length) this.#removeOthers(routes)
  }

  /** Resolves when every start and stop that `reconcile` began has come to an end, good or bad. */
  async settled(): Promise<void> {
    await Promise.all([...this.#closing.values(), ...[...this.#slots.values()].map((slot) => slot.work)])
  }

  /** Closes the port with all its connections and opens it again. Throws the system error when that fails. */
  async restart(port: number): Promise<void> {
    const slot = this.#slots.get(port)
    if (!slot) return
    this.#schedule(slot, () => slot.listener.stop())
    this.#start(slot)
    await slot.work
    if (slot.failure !== null) throw new Error(slot.failure)
  }

  /** Resolves when what is under way for this port has come to an end, good or bad. */
  async started(port: number): Promise<void> {
    await this.#slots.get(port)?.work
  }

  state(port: number): 'listening' | 'failed' | 'stopped' {
    const slot = this.#slots.get(port)
    if (!slot) return 'stopped'
    if (slot.failure !== null) return 'failed'
    return slot.listener.isListening ? 'listening' : 'stopped'
  }

  /** Names of the endpoints whose port could not be opened. */
  failed(): string[] {
    return [...this.#slots.values()].filter((slot) => slot.failure !== null).map((slot) => slot.listener.route.name)
  }

  traffic(port: number): TrafficCounters {
    return this.#slots.get(port)?.listener.traffic() ?? noTraffic
  }

  /** What became of the tunnels of the last replaced upstream; with `wait` when all have ended. */
  async drain(port: number, wait: boolean): Promise<DrainCounts> {
    const listener = this.#slots.get(port)?.listener
    if (!listener) return noDrain
    return wait ? await listener.drained() : { ...listener.lastDrain }
  }

  /** Gives the listener on this port a connection that was accepted elsewhere. False where there is none. */
  adopt(port: number, adopted: Adopted): boolean {
    const listener = this.#slots.get(port)?.listener
    if (!listener?.isListening) return false
    listener.adopt(adopted)
    return true
  }

  async stop(): Promise<void> {
    for (const port of this.#slots.keys()) this.#remove(port)
    await this.settled()
    this.#shared.sweep.stop()
    this.#shared.drainer.stop()
  }

  #add(route: Route): void {
    const slot: Slot = {
      listener: new Listener(route, {
        ...this.#shared,
        host: this.#parts.host,
        onUpstreamFailing: (failing) => this.upstreamFailing.emit(failing),
        onDrained: (of, counts) => this.drained.emit(of, counts),
        onVisit: (of, visit) => this.#parts.onVisit(of, visit),
      }),
      work: this.#closing.get(route.port) ?? Promise.resolve(),
      isWanted: true,
      failure: null,
      cancelRetry: () => {},
    }
    this.#slots.set(route.port, slot)
    this.#start(slot)
  }

  #removeOthers(routes: readonly Route[]): void {
    const wanted = new Set(routes.map(({ port }) => port))
    for (const port of this.#slots.keys()) if (!wanted.has(port)) this.#remove(port)
  }

  #remove(port: number): void {
    const slot = this.#slots.get(port)
    if (!slot) return
    slot.isWanted = false
    slot.cancelRetry()
    this.#slots.delete(port)
    this.#schedule(slot, () => slot.listener.stop())
    const closing = slot.work.finally(() => {
      if (this.#closing.get(port) === closing) this.#closing.delete(port)
    })
    this.#closing.set(port, closing)
  }

  #start(slot: Slot): void {
    slot.cancelRetry()
    this.#schedule(slot, async () => {
      if (!slot.isWanted) return
      await slot.listener.start()
      slot.failure = null
    })
  }

  #schedule(slot: Slot, step: () => Promise<void>): void {
    const { port } = slot.listener.route
    slot.work = slot.work
      .then(step)
      .catch((error: unknown) => this.#failed(slot, error))
      .finally(() => this.changed.emit(port))
  }

  #failed(slot: Slot, error: unknown): void {
    const { name, port } = slot.listener.route
    const reason = systemCodeOf(error) === 'EADDRINUSE' ? 'another program uses this port' : messageOf(error)
    if (slot.failure !== reason) this.#parts.log.error({ endpoint: name, port, reason }, 'a listener could not start')
    slot.failure = reason
    if (slot.isWanted) slot.cancelRetry = this.#parts.clock.after(retryDelayMs, () => this.#start(slot))
  }
}
