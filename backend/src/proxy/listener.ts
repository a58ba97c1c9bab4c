import { createServer, type Server, type Socket } from 'node:net'

import type { DrainCounts, TrafficCounters } from '../contract/index.ts'
import type { Stop } from '../lib/clock.ts'
import { normalizeAddress } from '../lib/ip.ts'
import { Arrival } from '../lib/arrival.ts'
import { createAccessCheck, type AccessCheck } from './access.ts'
import { formatAnswer } from '../lib/http-answer.ts'
import { ClientConnection } from './client.ts'
import { Counters } from './counters.ts'
import type { Endpoint } from './endpoint.ts'
import { Gate } from './gate.ts'
import type { DataPlaneParts } from './plane.ts'
import { Roster } from '../lib/roster.ts'
import type { Route } from './route.ts'
import { SocksFallback } from './socks-fallback.ts'
import type { SocksStep } from './socks-session.ts'
import type { Tunnel, TunnelEnd } from './tunnel.ts'
import { addressOf } from './upstream-socket.ts'

const maxConnections = 2_000
/** One client can't use up a key. */
const maxConnectionsPerAddress = 1_000
const maxWaiting = 1_000
const backlog = 4_096
/** So many connections in a row that fail on one upstream mean that something is wrong with it. */
const alarmingFailures = 3
/** A timer may fire a little before the clock says so. */
const timerSlackMs = 20

/** Adopted is a connection that another port accepted, and how far it got there. */
export interface Adopted {
  socket: Socket
  clientAddress: string
  /** What was read of it and is still to be understood. */
  bytes: Buffer
  /** For SOCKS5: what the bytes are. */
  socksStep: SocksStep
}

/** Visit is a connection that asks for a web site, and what was read of it. */
export type Visit = Pick<Adopted, 'socket' | 'clientAddress' | 'bytes'>

interface ListenerParts extends DataPlaneParts {
  host: string
  onUpstreamFailing: (route: Route) => void
  onDrained: (route: Route, counts: DrainCounts) => void
  /** A connection asks for a web site at this endpoint's own port. */
  onVisit: (route: Route, visit: Visit) => void
}

/**
 * Listener is the proxy server of one key, on the key's own port: HTTP and SOCKS5. New work goes to the upstream that the
 * route names when it comes; work on one that was replaced is drained. There is no way in it to connect directly.
 */
export class Listener implements Endpoint {
  readonly gate: Gate
  readonly counters = new Counters()
  checkAccess: AccessCheck
  /** What became of the tunnels that the last change of upstream found open. */
  lastDrain: DrainCounts = { open: 0, idle: 0, finished: 0, cut: 0 }
  readonly #parts: ListenerParts
  readonly #connections = new Roster<ClientConnection>()
  readonly #arrivals = new Roster<Arrival>()
  readonly #byAddress = new Map<string, number>()
  readonly #fallback: SocksFallback
  /** Ends of drains that are still to come. */
  readonly #leaving = new Set<Stop>()
  #server: Server | null = null
  #failures = 0
  #drained: Promise<void> = Promise.resolve()

  constructor(route: Route, parts: ListenerParts) {
    this.#parts = parts
    this.checkAccess = createAccessCheck(route.access)
    this.gate = new Gate(route, {
      clock: parts.clock,
      maxWaiting,
      onAttempt: (_, failure) => this.#countFailure(failure !== null),
    })
    this.#fallback = new SocksFallback(this)
  }

  get route(): Route {
    return this.gate.route
  }

  get isListening(): boolean {
    return this.#server !== null
  }

  get failureDelay() {
    return this.#parts.failureDelay
  }

  get clock() {
    return this.#parts.clock
  }

  get log() {
    return this.#parts.log
  }

  /** Throws the system error of `listen` (`EADDRINUSE`, `EACCES`). */
  async start(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    server.on('connection', (socket) => this.#arrive(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: this.#parts.host, port: this.route.port, backlog }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', (error) =>
      this.log.error({ endpoint: this.route.name, reason: error.message }, 'a listener failed'),
    )
    this.#server = server
    this.#parts.sweep.add(this.#connections)
    this.#parts.sweep.add(this.#arrivals)
  }

  /** Takes another route over. Work on an upstream that it replaces is drained, see Drainer. */
  update(route: Route): void {
    const before = this.route
    if (route.access !== before.access) this.checkAccess = createAccessCheck(route.access)
    this.gate.update(route)
    if (before.upstream.kind === 'available' && !isSameUpstream(before, route)) this.#drain(route)
  }

  /** Resolves when the tunnels of the last replaced upstream have ended. */
  async drained(): Promise<DrainCounts> {
    await this.#drained
    return this.lastDrain
  }

  /** Closes the port and every connection through it. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    for (const cancel of this.#leaving) cancel()
    this.#leaving.clear()
    if (!server) return
    this.#parts.sweep.delete(this.#connections)
    this.#parts.sweep.delete(this.#arrivals)
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      this.#connections.forEach((connection) => connection.destroy())
      this.#arrivals.forEach((arrival) => arrival.destroy())
      this.#fallback.stop()
    })
  }

  traffic(): TrafficCounters {
    return this.counters.view(this.#connections)
  }

  onTunnelEnd(tunnel: Tunnel, end: TunnelEnd): void {
    this.#parts.drainer.ended(tunnel, end)
  }

  receive({ socket, address }: ClientConnection, bytes: Buffer): void {
    this.#parts.onVisit(this.route, { socket, clientAddress: address, bytes })
  }

  handOver(socket: Socket, bytes: Buffer): void {
    this.#fallback.take(socket, bytes)
  }

  onClosed(connection: ClientConnection): void {
    const { socket, address } = connection
    this.#connections.delete(connection)
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, left)
    this.#parts.occupancy.open -= 1
    this.counters.bytesIn += socket.bytesRead
    this.counters.bytesOut += socket.bytesWritten
  }

  /** Takes over a connection that the gateway recognised as this endpoint's, with what was read of it. */
  adopt({ socket, clientAddress, bytes, socksStep }: Adopted): void {
    this.#accept(socket, clientAddress).begin(bytes, socksStep)
  }

  #arrive(socket: Socket): void {
    const { isTrustedProxy, clock, occupancy } = this.#parts
    const address = normalizeAddress(socket.remoteAddress ?? '')
    if (!isTrustedProxy(address)) return void this.#accept(socket, address)
    const release = occupancy.take()
    const arrival = new Arrival(socket, {
      clock,
      onReady: (_, forwarded, rest) =>
        this.#accept(socket, forwarded?.clientAddress ?? address).begin(rest, 'greeting'),
      onOver: () => {
        this.#arrivals.delete(arrival)
        release()
      },
    })
    this.#arrivals.add(arrival)
  }

  #accept(socket: Socket, address: string): ClientConnection {
    const { occupancy } = this.#parts
    const connection = new ClientConnection(socket, address, this)
    const fromAddress = (this.#byAddress.get(address) ?? 0) + 1
    this.#connections.add(connection)
    this.#byAddress.set(address, fromAddress)
    occupancy.open += 1
    if (occupancy.isExceeded()) {
      this.#shed(connection, 503, 'This proxy has too many connections now.')
    } else if (this.#connections.size > maxConnections || fromAddress > maxConnectionsPerAddress) {
      this.#shed(connection, 429, `${this.route.name} has too many connections now.`)
    }
    return connection
  }

  #shed(connection: ClientConnection, status: number, text: string): void {
    this.counters.refuse(429)
    connection.close(formatAnswer({ status, text, retryAfterSeconds: 1 }))
    connection.socket.destroySoon()
  }

  #drain(route: Route): void {
    const { drainer } = this.#parts
    const present = route.upstream.kind === 'available' ? addressOf(route.upstream) : ''
    const { drainMs, idleDrainMs } = route.limits
    const old: Tunnel[] = []
    this.#connections.forEach((connection) => {
      connection.leaveUpstream(present, drainMs)
      const tunnel = connection.openTunnel
      if (tunnel !== null && tunnel.upstreamAddress !== present) old.push(tunnel)
    })
    if (drainMs !== null && drainMs > 0) this.#leaveLater(drainMs)
    this.lastDrain = { open: old.length, idle: 0, finished: 0, cut: 0 }
    if (old.length === 0) return
    this.#drained = new Promise((resolve) => {
      const counts = drainer.begin(old, { drainMs, idleDrainMs }, (final) => {
        this.#parts.onDrained(route, final)
        resolve()
      })
      this.lastDrain = counts
    })
  }

  /** Plain requests that are still on a replaced upstream when the drain is over are cut like tunnels. */
  #leaveLater(drainMs: number): void {
    const cancel = this.clock.after(drainMs + timerSlackMs, () => {
      this.#leaving.delete(cancel)
      const { upstream } = this.route
      const present = upstream.kind === 'available' ? addressOf(upstream) : ''
      this.#connections.forEach((connection) => connection.leaveUpstream(present, drainMs))
    })
    this.#leaving.add(cancel)
  }

  #countFailure(isFailure: boolean): void {
    this.#failures = isFailure ? this.#failures + 1 : 0
    if (this.#failures === alarmingFailures) this.#parts.onUpstreamFailing(this.route)
  }
}

function isSameUpstream({ upstream: a }: Route, { upstream: b }: Route): boolean {
  return a.kind === 'available' && b.kind === 'available' && addressOf(a) === addressOf(b)
}
