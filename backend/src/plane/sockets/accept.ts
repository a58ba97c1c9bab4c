import type { Socket } from 'node:net'

import type { Clock } from '../../lib/clock.ts'
import { normalizeAddress } from '../../lib/ip.ts'
import { formatAnswer } from '../bytes/http-answer.ts'
import type { Admission, Guest, Ticket } from './admission.ts'
import { Arrival } from './arrival.ts'
import { Roster } from './roster.ts'
import type { Sweep } from './sweep.ts'

/** Accepted is a connection that was counted, and where it really comes from. `rest` is what was read of it. */
export interface Accepted {
  readonly socket: Socket
  readonly ticket: Ticket
  readonly clientAddress: string
  readonly localAddress: string
  readonly rest: Buffer
}

interface AcceptorParts {
  clock: Clock
  admission: Admission
  sweep: Sweep
  /** Whether a PROXY protocol header from this address is to be believed. */
  isTrustedProxy: (address: string) => boolean
}

const nothing = Buffer.alloc(0)

/** Acceptor is where every connection of a client comes in, on whatever port: it is counted, and its PROXY header read. */
export class Acceptor {
  readonly #parts: AcceptorParts
  readonly #arrivals = new Roster<Arrival>()

  constructor(parts: AcceptorParts) {
    this.#parts = parts
    parts.sweep.add(this.#arrivals)
  }

  /** Calls `onReady` once the connection is known, unless it is turned away. */
  take(socket: Socket, onReady: (accepted: Accepted) => void): void {
    const { admission, isTrustedProxy } = this.#parts
    const address = normalizeAddress(socket.remoteAddress ?? '')
    const ticket = admission.enter(new Newcomer(socket), address)
    if (ticket === null) return
    const localAddress = normalizeAddress(socket.localAddress ?? '')
    const accepted = { socket, ticket, clientAddress: address, localAddress, rest: nothing }
    if (isTrustedProxy(address)) this.#readHeader(accepted, onReady)
    else onReady(accepted)
  }

  stop(): void {
    this.#arrivals.forEach((arrival) => arrival.destroy())
  }

  #readHeader(accepted: Accepted, onReady: (accepted: Accepted) => void): void {
    const { ticket, clientAddress } = accepted
    const arrival = new Arrival(accepted.socket, {
      clock: this.#parts.clock,
      onReady: (forwarded, rest) => onReady({ ...accepted, ...forwarded, rest }),
      onOver: (_, hasFailed) => {
        this.#arrivals.delete(arrival)
        if (hasFailed) ticket.end()
      },
    })
    ticket.passTo(arrival, clientAddress)
    this.#arrivals.add(arrival)
  }
}

/** Newcomer is a connection of which nothing was read. */
class Newcomer implements Guest {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  turnAway(status: 429 | 503): void {
    // What broke shows in 'close', which always follows.
    this.#socket.on('error', () => {})
    this.#socket.end(formatAnswer({ status, text: 'This proxy has too many connections now.', retryAfterSeconds: 1 }))
    this.#socket.destroySoon()
  }
}
