import type { Clock } from '../lib/clock.ts'
import { createNetworkMatcher } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import { Subscribable } from '../lib/subscribable.ts'
import { SlowDown } from '../lib/slow-down.ts'
import type { Connection } from './client/connection.ts'
import { Endpoint } from './client/endpoint.ts'
import type { Visit } from './client/visit.ts'
import { Drainer, type Draining } from './drain/drainer.ts'
import { Gateway } from './gateway/gateway.ts'
import { OwnPort } from './own-port.ts'
import type { PlaneReport } from './report.ts'
import { Acceptor } from './sockets/accept.ts'
import { Admission } from './sockets/admission.ts'
import { maxConnections } from './sockets/descriptors.ts'
import { Roster } from './sockets/roster.ts'
import { Sweep } from './sockets/sweep.ts'
import { planeFormat, type PlaneTable, type Route } from './table.ts'
import { TrafficReports } from './traffic-reports.ts'
import type { UpstreamTls } from './upstream/upstream-socket.ts'

/** Plane is the door between what decides and what carries bytes. It takes plain data and tells plain data; it is asked nothing. */
export interface Plane {
  readonly reports: Subscribable<[PlaneReport]>
  /** Serves this from now on, and nothing else. May be called as often as one likes: what did not change is left alone. */
  apply(table: PlaneTable): void
  /** Closes the own port of an endpoint with all its connections and opens it again; the reports tell how that went. */
  restart(id: number): void
}

export interface PlaneParts {
  clock: Clock
  log: Log
  /** Where the own ports listen. */
  host: string
  domain: string
  /** Networks whose PROXY protocol headers are believed. */
  trustedProxies: readonly string[]
  /** Takes connections that ask for a web site. */
  onVisit: (visit: Visit) => void
  upstreamTls?: UpstreamTls
  /** Client connections that may be open; by default what the file limit of this process allows. */
  maxConnections?: number
}

/** InProcessPlane carries bytes in this process and this thread. */
export class InProcessPlane implements Plane {
  readonly reports = new Subscribable<[PlaneReport]>()
  /** The ports that all endpoints share. */
  readonly gateway: Gateway
  readonly #parts: PlaneParts
  readonly #sweep: Sweep
  readonly #drainer: Drainer
  readonly #acceptor: Acceptor
  readonly #slowDown: SlowDown
  readonly #traffic: TrafficReports
  readonly #connections = new Roster<Connection>()
  readonly #ports = new Map<number, OwnPort>()
  readonly #byName = new Map<string, Endpoint>()
  /** Own ports that are being closed, by number: a port is free again only when that is done. */
  readonly #closing = new Map<number, Promise<void>>()
  #routes: readonly Route[] = []

  constructor(parts: PlaneParts) {
    const { clock, log, domain, onVisit } = parts
    this.#parts = parts
    this.#sweep = new Sweep(clock, log)
    this.#sweep.add(this.#connections)
    this.#sweep.also((now) => this.#endLeases(now))
    this.#drainer = new Drainer(clock)
    this.#slowDown = new SlowDown(clock)
    const admission = new Admission({ clock, log, max: parts.maxConnections ?? maxConnections() })
    this.#acceptor = new Acceptor({
      clock,
      admission,
      sweep: this.#sweep,
      isTrustedProxy: createNetworkMatcher(parts.trustedProxies),
    })
    this.#traffic = new TrafficReports(admission, (report) => this.reports.emit(report))
    this.gateway = new Gateway({
      domain,
      clock,
      log,
      acceptor: this.#acceptor,
      slowDown: this.#slowDown,
      connections: this.#connections,
      findEndpoint: (name) => this.#byName.get(name),
      onRefused: (reason) => this.#traffic.refuseStranger(reason),
      onVisit,
    })
  }

  apply({ format, revision, routes }: PlaneTable): void {
    if (format !== planeFormat) throw new TypeError(`a table of format ${String(format)} can't be read`)
    this.#sweep.start()
    const before = this.#routes
    this.#routes = routes
    routes.forEach((route, index) => {
      if (route !== before[index]) this.#place(route)
    })
    // Every route has its port now: what is more is gone.
    if (this.#ports.size > routes.length) this.#removeOthers(routes)
    this.gateway.reconcile(routes)
    this.reports.emit({ kind: 'applied', revision })
  }

  restart(id: number): void {
    this.#ports.get(id)?.restart()
  }

  /** Resolves when every start and stop of a port that was begun has come to an end, good or bad. */
  async settled(): Promise<void> {
    await Promise.all([...this.#closing.values(), ...[...this.#ports.values()].map((port) => port.settled)])
  }

  async stop(): Promise<void> {
    this.gateway.stop()
    this.#acceptor.stop()
    for (const id of this.#ports.keys()) this.#remove(id)
    this.#connections.forEach((connection) => connection.destroy())
    await this.settled()
    this.#sweep.stop()
    this.#drainer.stop()
    this.#traffic.stop()
  }

  #place(route: Route): void {
    const known = this.#ports.get(route.id)
    if (known?.port === route.port && known.endpoint.name === route.name) return known.endpoint.update(route)
    if (known !== undefined) this.#remove(route.id)
    const { clock, log, host, onVisit, upstreamTls = {} } = this.#parts
    const endpoint = new Endpoint(route, {
      clock,
      drainer: this.#drainer,
      upstreamTls,
      onTraffic: (changed) => this.#traffic.note(changed),
      onFailing: ({ id }, { leaseId }, reason) => this.reports.emit({ kind: 'upstream_failing', id, leaseId, reason }),
      onDrain: (drained, draining, isOver) => this.#tellDrain(drained, draining, isOver),
    })
    this.#byName.set(route.name, endpoint)
    const parts = {
      host,
      clock,
      log,
      acceptor: this.#acceptor,
      slowDown: this.#slowDown,
      connections: this.#connections,
      onVisit,
      onState: (port: OwnPort, state: 'listening' | 'failed' | 'stopped', reason: string | null) =>
        this.reports.emit({ kind: 'listener', id: port.endpoint.id, state, reason }),
    }
    this.#ports.set(route.id, new OwnPort(endpoint, parts, this.#closing.get(route.port) ?? Promise.resolve()))
  }

  #removeOthers(routes: readonly Route[]): void {
    const wanted = new Set(routes.map(({ id }) => id))
    for (const id of this.#ports.keys()) if (!wanted.has(id)) this.#remove(id)
  }

  #remove(id: number): void {
    const own = this.#ports.get(id)
    if (own === undefined) return
    this.#ports.delete(id)
    if (this.#byName.get(own.endpoint.name) === own.endpoint) this.#byName.delete(own.endpoint.name)
    const closing = own.stop().finally(() => {
      if (this.#closing.get(own.port) === closing) this.#closing.delete(own.port)
    })
    this.#closing.set(own.port, closing)
  }

  #endLeases(now: number): void {
    for (const { endpoint } of this.#ports.values()) endpoint.endLeases(now)
  }

  #tellDrain({ id, route }: Endpoint, { counts }: Draining, isOver: boolean): void {
    const leaseId = route.upstream.kind === 'available' ? route.upstream.leaseId : null
    const { tunnels, requests } = counts
    this.reports.emit({
      kind: 'drain',
      id,
      leaseId,
      tunnels: { ...tunnels },
      requests: { ...requests },
      isOver,
    })
  }
}
