import type { Socket } from 'node:net'

import type { Clock } from '../../lib/clock.ts'
import { normalizeAddress } from '../../lib/ip.ts'
import { formatAnswer } from '../bytes/http-answer.ts'
import { parseProxyHeader, type Forwarded } from '../bytes/proxy-protocol.ts'
import type { Guest } from './admission.ts'
import type { Perishable } from './sweep.ts'

const headerTimeoutMs = 10_000

interface ArrivalParts {
  clock: Clock
  /** The header was read; `rest` is what came behind it. `forwarded` is null for a connection without one. */
  onReady: (forwarded: Forwarded | null, rest: Buffer) => void
  /** It is over here, one way or the other. */
  onOver: (arrival: Arrival, hasFailed: boolean) => void
}

/** Arrival is a connection from a trusted proxy whose PROXY protocol header has not been read yet. */
export class Arrival implements Perishable, Guest {
  place = -1
  readonly deadline: number
  readonly #socket: Socket
  readonly #parts: ArrivalParts
  #bytes: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, parts: ArrivalParts) {
    this.#socket = socket
    this.#parts = parts
    this.deadline = parts.clock.monotonic() + headerTimeoutMs
    // What broke shows in 'close', which always follows.
    socket.on('error', ignore)
    socket.on('data', this.#onData)
    socket.on('close', this.#onClose)
    socket.on('end', this.#onEnd)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  expire(): void {
    this.destroy()
  }

  turnAway(): void {
    this.destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    const header = parseProxyHeader(this.#bytes)
    if (header.kind === 'incomplete') return
    this.#leave(header.kind === 'bad')
    if (header.kind === 'bad') {
      this.#socket.end(formatAnswer(header))
      return this.#socket.destroySoon()
    }
    this.#parts.onReady(canonical(header.value), this.#bytes.subarray(header.bytes))
  }

  readonly #onEnd = (): void => this.destroy()

  readonly #onClose = (): void => this.#leave(true)

  #leave(hasFailed: boolean): void {
    // The listener for errors stays: between one reader and the next an error must find somebody.
    this.#socket.off('data', this.#onData).off('close', this.#onClose).off('end', this.#onEnd)
    this.#parts.onOver(this, hasFailed)
  }
}

function canonical(forwarded: Forwarded | null): Forwarded | null {
  if (forwarded === null) return null
  const { clientAddress, localAddress } = forwarded
  return { clientAddress: normalizeAddress(clientAddress), localAddress: normalizeAddress(localAddress) }
}

function ignore(): void {}
