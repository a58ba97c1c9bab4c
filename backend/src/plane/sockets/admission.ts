import { Allowance } from '../../lib/allowance.ts'
import { addressGroup } from '../../lib/ip.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Queue, type Queued } from './queue.ts'
import { Tally, type Tallied } from './tally.ts'

/** Strangers of one address that may take their time to say who they are; more get `extraMs`. */
const maxPerAddress = 64
/** Strangers may be this part of all connections. */
const strangersPart = 4
const fewestStrangers = 16
const tellEveryMs = 60_000

/** How long a connection may be open until it is admitted, in milliseconds, and how long one too many of its address. */
export const strangerMs = 30_000
export const extraMs = 1_000
/** What a connection may send until it is admitted, in bytes: a head, and some attempts. */
export const maxStrangerBytes = 64 * 1024
/**
 * What is read of all strangers together, in bytes a second, only to be thrown away. Reading costs: each piece of 64 KB is
 * memory that has to be collected again.
 */
const wastePerSecond = 2 * 1024 * 1024

/** Guest is a connection as admission knows it: something that can be turned away. */
export interface Guest {
  /** There are too many, of its address (429) or in all (503): it ends now. */
  turnAway(status: 429 | 503): void
}

interface AdmissionParts {
  clock: Clock
  log: Log
  /** Connections that may be open in all. */
  max: number
}

/**
 * Admission counts every connection from its accept on. Who has not shown yet that he may be here is a *stranger*: strangers
 * are a bounded part of all, the oldest goes when there are more, and what is kept for those who are admitted they can't take.
 */
export class Admission {
  readonly #parts: AdmissionParts
  readonly #maxStrangers: number
  /** In the order in which they came; of an address that has many, those beyond its bound are in `extras`. */
  readonly #known = new Queue<Ticket>()
  readonly #extras = new Queue<Ticket>()
  readonly #byAddress = new Tally()
  readonly #waste: Allowance
  #open = 0
  #turn = 0
  #isLooking = false
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(parts: AdmissionParts) {
    this.#parts = parts
    this.#waste = new Allowance(parts.clock, wastePerSecond)
    this.#maxStrangers = Math.max(fewestStrangers, Math.floor(parts.max / strangersPart))
  }

  get open(): number {
    return this.#open
  }

  get strangers(): number {
    return this.#known.size + this.#extras.size
  }

  /** Counts a connection; null where there is no place, and nobody to give his. Whoever gets a ticket stands for it at once. */
  enter(address: string): Ticket | null {
    if (this.#open >= this.#parts.max && !this.#makePlace()) return null
    this.#open += 1
    const ticket = new Ticket(this, this.#turn, this.#parts.clock.monotonic())
    this.join(ticket, addressGroup(address))
    return ticket
  }

  /** Counts a ticket among the strangers of this group of addresses. */
  join(ticket: Ticket, name: string): void {
    const group = this.#byAddress.take(name)
    ticket.group = group
    ticket.isExtra = group.count > maxPerAddress
    const queue = ticket.isExtra ? this.#extras : this.#known
    queue.add(ticket)
    if (this.strangers > this.#maxStrangers) this.#lookSoon()
  }

  /** Counts it no longer among the strangers. */
  part(ticket: Ticket): void {
    const queue = ticket.isExtra ? this.#extras : this.#known
    queue.remove(ticket)
    if (ticket.group !== null) this.#byAddress.giveBack(ticket.group)
    ticket.group = null
  }

  /** Whether so many bytes more of a stranger's may be read for nothing. */
  waste(bytes: number): boolean {
    return this.#waste.take(bytes)
  }

  close(): void {
    this.#open -= 1
  }

  /** Whether a stranger gave up his place. */
  #makePlace(): boolean {
    this.#tell()
    const oldest = this.#extras.first ?? this.#known.first
    // Who came just now had no chance yet to say who he is.
    if (oldest === null || oldest.turn === this.#turn) {
      this.#lookSoon()
      return false
    }
    oldest.turnAway(503)
    return true
  }

  /**
   * Many may be accepted at once, honest ones among them, before a byte of any was read. So their number is looked at when
   * what they have sent so far was read: that is so after the next round of the event loop.
   */
  #lookSoon(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    setImmediate(() => setImmediate(() => this.#look()))
  }

  #look(): void {
    this.#isLooking = false
    this.#turn += 1
    while (this.strangers > this.#maxStrangers) {
      const oldest = this.#extras.first ?? this.#known.first
      if (oldest === null) return
      oldest.turnAway(oldest.isExtra ? 429 : 503)
    }
  }

  /** Says so in the log, once a minute. */
  #tell(): void {
    const { clock, log, max } = this.#parts
    if (clock.monotonic() - this.#toldAt < tellEveryMs) return
    this.#toldAt = clock.monotonic()
    log.warn(
      { connections: max },
      'too many connections: the file limit of this process allows no more, new ones are answered with 503; raise it (ulimit -n, or LimitNOFILE)',
    )
  }
}

/** Ticket is the place of one connection, from its accept to its end. */
export class Ticket implements Queued<Ticket> {
  previous: Ticket | null = null
  next: Ticket | null = null
  /** The group of addresses that it is counted with, while it is a stranger's. */
  group: Tallied | null = null
  isExtra = false
  /** In which look at all it came. */
  readonly turn: number
  /** When it came, by the monotonic clock. */
  readonly at: number
  readonly #admission: Admission
  #guest: Guest | null = null
  #state: 'stranger' | 'admitted' | 'over' = 'stranger'

  constructor(admission: Admission, turn: number, at: number) {
    this.#admission = admission
    this.turn = turn
    this.at = at
  }

  get isStranger(): boolean {
    return this.#state === 'stranger'
  }

  /** Another object stands for the connection from now on; its client is at this address. */
  passTo(guest: Guest, address: string): void {
    this.#guest = guest
    if (this.#state !== 'stranger') return
    const group = addressGroup(address)
    if (group === this.group?.name) return
    this.#admission.part(this)
    this.#admission.join(this, group)
  }

  /** It has shown that it may be here. */
  admit(): void {
    if (this.#state !== 'stranger') return
    this.#state = 'admitted'
    this.#admission.part(this)
  }

  /** Whether so many bytes of it may be read only to be thrown away. */
  mayWaste(bytes: number): boolean {
    return !this.isStranger || this.#admission.waste(bytes)
  }

  /** It is over; may be called again. */
  end(): void {
    if (this.#state === 'stranger') this.#admission.part(this)
    if (this.#state !== 'over') this.#admission.close()
    this.#state = 'over'
  }

  turnAway(status: 429 | 503): void {
    this.end()
    this.#guest?.turnAway(status)
  }
}
