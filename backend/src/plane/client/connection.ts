import type { Socket } from 'node:net'

import { stopReading } from '../../lib/release.ts'
import type { Clues } from '../access/identify.ts'
import { formatAnswer, type Answer } from '../bytes/http-answer.ts'
import type { Refusal } from '../report.ts'
import { maxStrangerBytes, type Guest, type Ticket } from '../sockets/admission.ts'
import { Gather } from '../sockets/gather.ts'
import type { Roster } from '../sockets/roster.ts'
import { never, type Perishable } from '../sockets/sweep.ts'
import type { Tallied } from '../sockets/tally.ts'
import type { Door } from './door.ts'
import type { Endpoint } from './endpoint.ts'
import { HttpStage } from './http-stage.ts'
import { LingerStage } from './linger-stage.ts'
import type { Downstream, Stage } from './stage.ts'

/** What a client may send before its tunnel is open; then it is read no further until it is. */
const maxEarlyBytes = 64 * 1024

interface ConnectionParts {
  clues: Clues
  door: Door
  ticket: Ticket
  roster: Roster<Connection>
}

/**
 * Connection is one connection of a client, from its first byte to its end. What it is at is its stage: reading a request,
 * SOCKS, opening a way, an exchange, a tunnel, the end.
 */
export class Connection implements Downstream, Perishable, Guest {
  readonly socket: Socket
  readonly unread = new Gather()
  deadline = never
  place = -1
  readonly #parts: ConnectionParts
  #stage: Stage
  /** Where it was admitted. */
  #endpoint: Endpoint | null = null
  #admission: Tallied | null = null
  /** Where it is counted: on an endpoint's own port from the first. */
  #counted: Endpoint | null
  #strangerBytes = 0
  /** It was told all, or handed over. */
  #isTold = false

  constructor(socket: Socket, parts: ConnectionParts) {
    this.socket = socket
    this.#parts = parts
    this.#stage = new HttpStage(this)
    const told = parts.door.tells(parts.clues)
    this.#counted = typeof told === 'string' ? null : told
    this.#counted?.counters.open(1)
    parts.roster.add(this)
    parts.ticket.passTo(this, parts.clues.clientAddress)
    socket.on('error', ignore)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => this.#stage.onClientEnd())
    socket.on('drain', () => this.#stage.onClientDrain())
    socket.on('close', () => this.#onClose())
  }

  get clues(): Clues {
    return this.#parts.clues
  }

  get door(): Door {
    return this.#parts.door
  }

  get ticket(): Ticket {
    return this.#parts.ticket
  }

  get endpoint(): Endpoint | null {
    return this.#endpoint
  }

  /** Takes what was read of it before; null for nothing. */
  begin(bytes: Buffer | null): void {
    if (bytes !== null && bytes.length > 0) this.#onData(bytes)
  }

  become(stage: Stage): void {
    this.#stage = stage
  }

  enter(endpoint: Endpoint): boolean {
    if (this.#endpoint === endpoint) return true
    const { clues, ticket } = this.#parts
    const admission = endpoint.enter(clues.clientAddress)
    if (admission === null) {
      endpoint.counters.refuse('too_many_connections')
      return false
    }
    this.#leave()
    this.#endpoint = endpoint
    this.#admission = admission
    ticket.admit()
    if (this.#counted === endpoint) return true
    // Until an endpoint is known its bytes are nobody's.
    if (this.#counted === null) endpoint.counters.addIn(this.#strangerBytes)
    this.#counted?.counters.open(-1)
    endpoint.counters.open(1)
    this.#counted = endpoint
    return true
  }

  hold(chunk: Buffer): void {
    this.unread.add(chunk)
    if (this.unread.length > maxEarlyBytes) this.socket.pause()
  }

  send(bytes: Buffer | string): boolean {
    this.#counted?.counters.addOut(bytes.length)
    return typeof bytes === 'string' ? this.socket.write(bytes, 'latin1') : this.socket.write(bytes)
  }

  close(bytes: Buffer | string = ''): void {
    // What it kept open for its client is let go of now: the end may be long in coming.
    this.#stage.onClientClose()
    this.#isTold = true
    this.#counted?.counters.addOut(bytes.length)
    this.socket.end(bytes)
    this.#stage = new LingerStage(this, this.unread.length)
    this.#dropUnread()
  }

  stopReading(): void {
    this.#dropUnread()
    stopReading(this.socket)
  }

  refused(reason: Refusal): void {
    if (this.#counted !== null) this.#counted.counters.refuse(reason)
    else this.#parts.door.refused(reason)
  }

  answer(reason: Refusal, answer: Answer): void {
    this.refused(reason)
    this.close(formatAnswer(answer))
  }

  destroy(): void {
    this.socket.destroy()
  }

  turnAway(status: 429 | 503): void {
    // Only HTTP has words for it.
    if (!(this.#stage instanceof HttpStage)) return this.destroy()
    const text = 'This proxy has too many connections now.'
    this.answer('too_many_connections', { status, text, retryAfterSeconds: 1 })
    this.socket.destroySoon()
  }

  expire(): void {
    this.#stage.expire()
  }

  visit(): void {
    const { clues, door, ticket, roster } = this.#parts
    const { socket } = this
    this.#isTold = true
    roster.delete(this)
    socket.pause().removeAllListeners('data').removeAllListeners('end').removeAllListeners('drain')
    ticket.passTo({ turnAway: () => socket.destroy() }, clues.clientAddress)
    door.receive({
      socket,
      bytes: this.unread.take() ?? nothing,
      clientAddress: clues.clientAddress,
      isSecure: clues.serverName !== null,
      endpoint: null,
      admit: () => ticket.admit(),
    })
  }

  #onData(chunk: Buffer): void {
    this.#counted?.counters.addIn(chunk.length)
    if (this.#endpoint !== null) return this.#stage.onClientData(chunk)
    this.#strangerBytes += chunk.length
    this.#stage.onClientData(chunk)
    // What stands behind a head that lets him in does not count: so it is looked at first.
    if (this.#strangerBytes > maxStrangerBytes) this.#shutOut()
  }

  /** Whoever is a stranger still has sent more than one who wants to come in. */
  #shutOut(): void {
    if (this.#endpoint !== null || this.#isTold) return
    if (!(this.#stage instanceof HttpStage)) return this.destroy()
    this.answer('credentials', {
      status: 407,
      text: 'So many attempts are not possible on one connection.',
      realm: 'Stillpoint',
    })
  }

  #onClose(): void {
    const { ticket, roster } = this.#parts
    this.#stage.onClientClose()
    roster.delete(this)
    ticket.end()
    this.#leave()
    this.#counted?.counters.open(-1)
  }

  #dropUnread(): void {
    // Of what a stranger sent nothing was passed on, so none of it is still being written.
    if (this.#endpoint === null) this.unread.discard()
    else this.unread.take()
  }

  #leave(): void {
    if (this.#admission !== null) this.#endpoint?.leave(this.#admission)
    this.#admission = null
  }
}

const nothing = Buffer.alloc(0)

/** What broke shows in 'close', which always follows. */
function ignore(): void {}
