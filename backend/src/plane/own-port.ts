import type { Socket } from 'node:net'

import type { Clock, Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, systemCodeOf } from '../lib/problem.ts'
import type { SlowDown } from '../lib/slow-down.ts'
import { Connection } from './client/connection.ts'
import type { Door } from './client/door.ts'
import type { Endpoint } from './client/endpoint.ts'
import type { Visit } from './client/visit.ts'
import type { ListenerState, Refusal } from './report.ts'
import type { Accepted, Acceptor } from './sockets/accept.ts'
import { listen, type Listening } from './sockets/listen.ts'
import type { Roster } from './sockets/roster.ts'

const retryDelayMs = 5_000

export interface OwnPortParts {
  host: string
  clock: Clock
  log: Log
  acceptor: Acceptor
  slowDown: SlowDown
  connections: Roster<Connection>
  onVisit: (visit: Visit) => void
  onState: (port: OwnPort, state: ListenerState, reason: string | null) => void
}

/**
 * OwnPort is the port of one endpoint: everything that comes in there is meant for it. Start, restart and stop come one after
 * the other; a port that can't be opened is tried again every 5 s.
 */
export class OwnPort implements Door {
  readonly endpoint: Endpoint
  readonly port: number
  readonly #parts: OwnPortParts
  readonly #visitors = new Set<Socket>()
  #work: Promise<void>
  #open: Listening | null = null
  #isWanted = true
  #failure: string | null = null
  #cancelRetry: Stop = () => {}

  /** `after` is what has to end before the port can be had. */
  constructor(endpoint: Endpoint, parts: OwnPortParts, after: Promise<void>) {
    this.endpoint = endpoint
    this.port = endpoint.route.port
    this.#parts = parts
    this.#work = after
    this.#start()
  }

  get clock(): Clock {
    return this.#parts.clock
  }

  get slowDown(): SlowDown {
    return this.#parts.slowDown
  }

  /** Resolves when all that was begun has come to an end, good or bad. */
  get settled(): Promise<void> {
    return this.#work
  }

  /** Closes the port with all its connections and opens it again. */
  restart(): void {
    this.#schedule(() => this.#close())
    this.#start()
  }

  /** Closes the port and every connection of the endpoint; resolves when the port is free. */
  async stop(): Promise<void> {
    this.#isWanted = false
    this.#cancelRetry()
    this.#schedule(() => this.#close())
    await this.#work
  }

  tells(): Endpoint {
    return this.endpoint
  }

  recognise(): Endpoint {
    return this.endpoint
  }

  refused(reason: Refusal): void {
    this.endpoint.counters.refuse(reason)
  }

  receive(visit: Visit): void {
    const { socket } = visit
    this.#visitors.add(socket)
    socket.once('close', () => this.#visitors.delete(socket))
    // Behind a trusted proxy an own port is reached over TLS; nobody is led away from the port he came to.
    this.#parts.onVisit({ ...visit, isSecure: true, endpoint: this.endpoint.name })
  }

  #start(): void {
    this.#cancelRetry()
    this.#schedule(async () => {
      if (!this.#isWanted) return
      const { host, acceptor, log } = this.#parts
      this.#open = await listen(
        { host, port: this.port },
        (socket) => acceptor.take(socket, (accepted) => this.#welcome(accepted)),
        (error) => log.error({ endpoint: this.endpoint.name, reason: error.message }, 'a listener failed'),
      )
      this.#failure = null
      this.#parts.onState(this, 'listening', null)
    })
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = null
    if (open === null) return
    await new Promise<void>((resolve) => {
      open.server.close(() => resolve())
      const { connections } = this.#parts
      connections.forEach((connection) => {
        if (connection.door === this || connection.endpoint === this.endpoint) connection.destroy()
      })
      for (const socket of this.#visitors) socket.destroy()
    })
    this.#parts.onState(this, 'stopped', null)
  }

  #schedule(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    const { clock, log, onState } = this.#parts
    const { name } = this.endpoint
    const reason = systemCodeOf(error) === 'EADDRINUSE' ? 'another program uses this port' : messageOf(error)
    if (this.#failure !== reason) log.error({ endpoint: name, port: this.port, reason }, 'a listener could not start')
    this.#failure = reason
    onState(this, 'failed', reason)
    if (this.#isWanted) this.#cancelRetry = clock.after(retryDelayMs, () => this.#start())
  }

  #welcome({ socket, ticket, clientAddress, rest }: Accepted): void {
    // The port alone tells the endpoint: it does not matter by which of our addresses it was found.
    const clues = { serverName: null, clientAddress, localAddress: '' }
    new Connection(socket, { clues, door: this, ticket, roster: this.#parts.connections }).begin(rest)
  }
}
