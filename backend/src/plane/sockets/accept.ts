import type { Socket } from 'node:net'

import type { Clock } from '../../lib/clock.ts'
import { normalizeAddress } from '../../lib/ip.ts'
import { formatAnswer } from '../bytes/http-answer.ts'
import type { Forwarded } from '../bytes/proxy-protocol.ts'
import type { Admission, Ticket } from './admission.ts'
import { Arrival } from './arrival.ts'
import { Roster } from './roster.ts'
import type { Sweep } from './sweep.ts'

/** Accepted is a connection that was counted, and where it really comes from. */
export interface Accepted {
  readonly socket: Socket
  readonly ticket: Ticket
  readonly clientAddress: string
  /** The address of ours that it was made to, where a trusted proxy told it; null: ask the socket, which costs a system call. */
  readonly localAddress: string | null
  /** What was read of it; null for nothing. */
  readonly rest: Buffer | null
}

interface AcceptorParts {
  clock: Clock
  admission: Admission
  sweep: Sweep
  /** Whether a PROXY protocol header from this address is to be believed. */
  isTrustedProxy: (address: string) => boolean
}

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
    const clientAddress = normalizeAddress(socket.remoteAddress ?? '')
    const ticket = admission.enter(clientAddress)
    if (ticket === null) return turnAway(socket)
    if (isTrustedProxy(clientAddress)) this.#readHeader(socket, ticket, clientAddress, onReady)
    else onReady({ socket, ticket, clientAddress, localAddress: null, rest: null })
  }

  stop(): void {
    this.#arrivals.forEach((arrival) => arrival.destroy())
  }

  #readHeader(socket: Socket, ticket: Ticket, address: string, onReady: (accepted: Accepted) => void): void {
    const arrival = new Arrival(socket, {
      clock: this.#parts.clock,
      onReady: (forwarded: Forwarded | null, rest) => {
        const { clientAddress = address, localAddress = null } = forwarded ?? {}
        onReady({ socket, ticket, clientAddress, localAddress, rest })
      },
      onOver: (_, hasFailed) => {
        this.#arrivals.delete(arrival)
        if (hasFailed) ticket.end()
      },
    })
    ticket.passTo(arrival, address)
    this.#arrivals.add(arrival)
  }
}

function turnAway(socket: Socket): void {
  // What broke shows in 'close', which always follows.
  socket.on('error', () => {})
  socket.end(formatAnswer({ status: 503, text: 'This proxy has too many connections now.', retryAfterSeconds: 1 }))
  socket.destroySoon()
}
