import type { Socket } from 'node:net'

import type { Clock } from '../../lib/clock.ts'
import { labelUnder } from '../../lib/host-name.ts'
import { normalizeAddress } from '../../lib/ip.ts'
import type { Log } from '../../lib/log.ts'
import { createIdentify, type Clues, type Identify } from '../access/identify.ts'
import type { SlowDown } from '../../lib/slow-down.ts'
import { Connection } from '../client/connection.ts'
import type { Door } from '../client/door.ts'
import type { Endpoint } from '../client/endpoint.ts'
import type { Visit } from '../client/visit.ts'
import type { Refusal } from '../report.ts'
import type { Accepted, Acceptor } from '../sockets/accept.ts'
import { listen, type Listening } from '../sockets/listen.ts'
import type { Roster } from '../sockets/roster.ts'
import type { Route } from '../table.ts'
import { TlsEdge, type TlsFiles } from './tls-edge.ts'

interface GatewayParts {
  domain: string
  clock: Clock
  log: Log
  acceptor: Acceptor
  slowDown: SlowDown
  connections: Roster<Connection>
  findEndpoint: (name: string) => Endpoint | undefined
  onRefused: (reason: Refusal) => void
  onVisit: (visit: Visit) => void
}

/**
 * Gateway is the shared port of all endpoints, in clear and, with a certificate, over TLS. Each request of a connection tells
 * by itself which endpoint is meant; being recognised is not being allowed, which the endpoint decides.
 */
export class Gateway implements Door {
  readonly #parts: GatewayParts
  readonly #ports: Listening[] = []
  #port: number | null = null
  #tlsPort: number | null = null
  #routes: readonly Route[] = []
  #identify: Identify
  #hasLocalAddresses = false
  #tls: TlsEdge | null = null

  constructor(parts: GatewayParts) {
    this.#parts = parts
    this.#identify = createIdentify(parts.domain, [])
  }

  get clock(): Clock {
    return this.#parts.clock
  }

  get slowDown(): SlowDown {
    return this.#parts.slowDown
  }

  /** Recognises these endpoints from now on; what tells them apart is compiled anew only when that changed. */
  reconcile(routes: readonly Route[]): void {
    const before = this.#routes
    this.#routes = routes
    const isSame = routes.length === before.length && routes.every((route, index) => isSameClue(route, before[index]))
    if (isSame) return
    this.#identify = createIdentify(this.#parts.domain, routes)
    this.#hasLocalAddresses = routes.some(({ localAddress }) => localAddress !== null)
  }

  /** The ports that are open, in clear and over TLS; null where there is none. */
  get ports(): { gatewayPort: number | null; tlsPort: number | null } {
    return { gatewayPort: this.#port, tlsPort: this.#tlsPort }
  }

  /** Opens the port in clear; resolves with it. Throws the system error of `listen`. */
  async listen(host: string, port: number): Promise<number> {
    return (this.#port = await this.#open(host, port, (accepted) => this.#welcome(accepted.socket, accepted, null)))
  }

  /** Opens the port over TLS; resolves with it. Throws a StartError for the certificate, or the system error of `listen`. */
  async listenTls(host: string, port: number, files: TlsFiles): Promise<number> {
    const { log } = this.#parts
    const tls = new TlsEdge({ files, log, onRefused: (isSlow) => this.refused(isSlow ? 'head_too_slow' : 'malformed') })
    this.#tls = tls
    return (this.#tlsPort = await this.#open(host, port, (accepted) => {
      const { socket, ticket, rest, clientAddress } = accepted
      ticket.passTo({ turnAway: () => socket.destroy() }, clientAddress)
      socket.once('close', () => ticket.end())
      tls.accept(socket, rest, (secured, serverName) => {
        this.#welcome(secured, { ...accepted, rest: null }, serverName)
      })
    }))
  }

  /** Closes the ports; the connections end with the plane. */
  stop(): void {
    this.#tls?.stop()
    for (const { server } of this.#ports) server.close()
  }

  tells({ serverName }: Clues): Endpoint | 'nobody' | 'anybody' {
    const label = serverName === null ? null : labelUnder(this.#parts.domain, serverName)
    return label === null ? 'anybody' : (this.#parts.findEndpoint(label) ?? 'nobody')
  }

  recognise(clues: Clues, username: string | null): Endpoint | null {
    const name = this.#identify(clues, username)
    return name === null ? null : (this.#parts.findEndpoint(name) ?? null)
  }

  refused(reason: Refusal): void {
    this.#parts.onRefused(reason)
  }

  receive(visit: Visit): void {
    this.#parts.onVisit(visit)
  }

  async #open(host: string, port: number, onReady: (accepted: Accepted) => void): Promise<number> {
    const { acceptor, log } = this.#parts
    const open = await listen(
      { host, port },
      (socket) => acceptor.take(socket, onReady),
      (error) => log.error({ reason: error.message }, 'the gateway failed to take a connection'),
    )
    this.#ports.push(open)
    return open.port
  }

  #welcome(socket: Socket, { ticket, clientAddress, localAddress, rest }: Accepted, serverName: string | null): void {
    const local = localAddress ?? (this.#hasLocalAddresses ? (socket.localAddress ?? '') : '')
    const clues = { serverName, clientAddress, localAddress: normalizeAddress(local) }
    new Connection(socket, { clues, door: this, ticket, roster: this.#parts.connections }).begin(rest)
  }
}

function isSameClue(a: Route, b: Route | undefined): boolean {
  return a === b || (a.name === b?.name && a.localAddress === b.localAddress && a.access === b.access)
}
