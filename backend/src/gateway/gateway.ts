import { createServer, type Server, type Socket } from 'node:net'

import type { Clock } from '../lib/clock.ts'
import { Arrival } from '../lib/arrival.ts'
import { formatAnswer } from '../lib/http-answer.ts'
import { normalizeAddress } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import type { Forwarded } from '../lib/proxy-protocol.ts'
import { isSameList } from '../lib/same-list.ts'
import type { Occupancy } from '../proxy/plane.ts'
import { Roster } from '../lib/roster.ts'
import { Sweep } from '../lib/sweep.ts'
import type { Adopted } from '../proxy/listener.ts'
import { createTable, type Clues, type Entry, type Table } from './identify.ts'
import { TlsEdge, type TlsFiles } from './tls-edge.ts'
import { Visitor, type Host, type Origin } from './visitor.ts'

const backlog = 4_096
/** Connections of one client that nobody has recognised yet. */
const maxVisitorsPerAddress = 1_024

/** GatewayEntry is an endpoint as the gateway knows it. */
export interface GatewayEntry extends Entry {
  port: number
}

interface GatewayParts {
  domain: string
  clock: Clock
  log: Log
  isTrustedProxy: (address: string) => boolean
  occupancy: Occupancy
  /** Hands a connection to the listener on this port; false where there is none. */
  adopt: (port: number, adopted: Adopted) => boolean
  /** Hands a connection that is no proxy's to the web site. */
  receive: (origin: Origin, bytes: Buffer) => void
}

/**
 * Gateway is the shared port of all endpoints, in clear and, with a certificate, over TLS. It finds out whom a connection is
 * for and gives it away, with all that was read of it; being recognised is not being allowed, which the endpoint decides.
 */
export class Gateway implements Host {
  readonly #parts: GatewayParts
  readonly #sweep: Sweep
  readonly #visitors = new Roster<Visitor>()
  readonly #arrivals = new Roster<Arrival>()
  readonly #byAddress = new Map<string, number>()
  readonly #servers: Server[] = []
  #entries: readonly GatewayEntry[] = []
  #table: Table
  #ports = new Map<string, number>()
  #tls: TlsEdge | null = null

  constructor(parts: GatewayParts) {
    this.#parts = parts
    this.#table = createTable(parts.domain, [])
    this.#sweep = new Sweep(parts.clock, parts.log)
    this.#sweep.add(this.#visitors)
    this.#sweep.add(this.#arrivals)
  }

  get clock(): Clock {
    return this.#parts.clock
  }

  get domain(): string {
    return this.#parts.domain
  }

  /** Recognises these endpoints from now on. May be called as often as one likes: the table is made anew only when it changes. */
  reconcile(entries: readonly GatewayEntry[]): void {
    if (isSameList(entries, this.#entries, isSameEntry)) return
    this.#entries = entries
    this.#table = createTable(this.#parts.domain, entries)
    this.#ports = new Map(entries.map(({ name, port }) => [name, port]))
  }

  /** Opens the port in clear; resolves with it. Throws the system error of `listen`. */
  async listen(host: string, port: number): Promise<number> {
    return await this.#open(host, port, (origin, rest) => this.#welcome(origin, rest))
  }

  /** Opens the port over TLS; resolves with it. Throws a StartError for the certificate, or the system error of `listen`. */
  async listenTls(host: string, port: number, files: TlsFiles): Promise<number> {
    const tls = new TlsEdge(files, this.#parts.log)
    this.#tls = tls
    return await this.#open(host, port, (origin, rest) =>
      tls.accept(origin.socket, rest, (secured, serverName) =>
        this.#welcome({ ...origin, socket: secured, serverName }, Buffer.alloc(0)),
      ),
    )
  }

  /** Closes the ports, and the connections that were not given away yet. The others end with whom they were given to. */
  stop(): void {
    this.#sweep.stop()
    this.#tls?.stop()
    for (const server of this.#servers) server.close()
    this.#visitors.forEach((visitor) => visitor.destroy())
    this.#arrivals.forEach((arrival) => arrival.destroy())
  }

  identify(clues: Clues): string | null {
    return this.#table(clues)
  }

  handOver(name: string, adopted: Adopted): boolean {
    const port = this.#ports.get(name)
    return port !== undefined && this.#parts.adopt(port, adopted)
  }

  receive(origin: Origin, bytes: Buffer): void {
    this.#parts.receive(origin, bytes)
  }

  onLeft(visitor: Visitor): void {
    this.#visitors.delete(visitor)
    const left = (this.#byAddress.get(visitor.clientAddress) ?? 1) - 1
    if (left === 0) this.#byAddress.delete(visitor.clientAddress)
    else this.#byAddress.set(visitor.clientAddress, left)
  }

  async #open(host: string, port: number, onReady: (origin: Origin, rest: Buffer) => void): Promise<number> {
    const { clock, isTrustedProxy, log, occupancy } = this.#parts
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const release = occupancy.take()
      socket.once('close', release)
      if (!isTrustedProxy(normalizeAddress(socket.remoteAddress ?? '')))
        return onReady(originOf(socket, null, release), Buffer.alloc(0))
      const arrival = new Arrival(socket, {
        clock,
        onReady: (_, forwarded, rest) => onReady(originOf(socket, forwarded, release), rest),
        onOver: () => this.#arrivals.delete(arrival),
      })
      this.#arrivals.add(arrival)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', (error) => log.error({ reason: error.message }, 'the gateway failed to take a connection'))
    this.#servers.push(server)
    this.#sweep.start()
    const address = server.address()
    return typeof address === 'object' && address ? address.port : port
  }

  #welcome(origin: Origin, bytes: Buffer): void {
    const fromAddress = (this.#byAddress.get(origin.clientAddress) ?? 0) + 1
    if (this.#parts.occupancy.isExceeded()) return refuse(origin, 503)
    if (fromAddress > maxVisitorsPerAddress) return refuse(origin, 429)
    const visitor = new Visitor(origin, this)
    this.#visitors.add(visitor)
    this.#byAddress.set(origin.clientAddress, fromAddress)
    visitor.begin(bytes)
  }
}

function originOf(socket: Socket, forwarded: Forwarded | null, release: () => void): Origin {
  return {
    socket,
    clientAddress: forwarded?.clientAddress ?? normalizeAddress(socket.remoteAddress ?? ''),
    localAddress: forwarded?.localAddress ?? normalizeAddress(socket.localAddress ?? ''),
    serverName: null,
    release,
  }
}

function refuse({ socket }: Origin, status: 429 | 503): void {
  // What broke shows in 'close', which always follows.
  socket.on('error', () => {})
  socket.end(formatAnswer({ status, text: 'This proxy has too many connections now.', retryAfterSeconds: 1 }))
  socket.destroySoon()
}

function isSameEntry(a: GatewayEntry, b: GatewayEntry): boolean {
  return (
    a.name === b.name &&
    a.port === b.port &&
    a.localAddress === b.localAddress &&
    a.allowedNetworks === b.allowedNetworks
  )
}
