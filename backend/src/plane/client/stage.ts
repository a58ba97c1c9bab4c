import type { Socket } from 'node:net'

import type { Clues } from '../access/identify.ts'
import type { Answer } from '../bytes/http-answer.ts'
import type { Refusal } from '../report.ts'
import type { Ticket } from '../sockets/admission.ts'
import type { Gather } from '../sockets/gather.ts'
import type { Door } from './door.ts'
import type { Endpoint } from './endpoint.ts'

/** Stage is what a client's connection is at now. There is one at a time; it gets all that happens. */
export interface Stage {
  onClientData(chunk: Buffer): void
  /** The client has ended its side. */
  onClientEnd(): void
  /** What was written was taken. */
  onClientDrain(): void
  /** The deadline of the connection is over. */
  expire(): void
  /** The connection is gone, or has nothing more to say: lets go of all that this stage holds. May be called again. */
  onClientClose(): void
}

/** Downstream is what the stages see of the client's connection. */
export interface Downstream {
  readonly socket: Socket
  readonly clues: Clues
  readonly door: Door
  readonly ticket: Ticket
  /** Whose connection it is now; on the shared port that may change from request to request. */
  readonly endpoint: Endpoint | null
  /** What was read and nobody has understood yet. */
  readonly unread: Gather
  /** By the monotonic clock, in milliseconds. */
  deadline: number
  /** Goes on with this stage. */
  become(stage: Stage): void
  /** Counts it as a connection of this endpoint, admitted; false where that has too many, which is counted as a refusal. */
  enter(endpoint: Endpoint): boolean
  /** Keeps what came too early; the client is read no further when that is much. */
  hold(chunk: Buffer): void
  /** Lets go of what was read and nobody has understood, and reads no further, for good. */
  stopReading(): void
  /** Sends this; returns false where the client should be given time. */
  send(bytes: Buffer | string): boolean
  /** Sends this and ends; what still comes is thrown away for a moment, lest the client lose the answer to a reset. */
  close(bytes?: Buffer | string): void
  /** Counts a refusal, for the endpoint where one is known. */
  refused(reason: Refusal): void
  /** Refuses in HTTP and ends. */
  answer(reason: Refusal, answer: Answer): void
  destroy(): void
  /** Hands the socket, and what was read of it, to the web site. */
  visit(): void
}
