import type { Socket } from 'node:net'

import { closedFailure, ProbeFailure } from './probe-failure.ts'

const maxHeadBytes = 16 * 1024

/** Incoming reads what an upstream answers piece by piece, until `release` leaves the rest to the next reader of the socket. */
export class Incoming {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #isOver = false
  #wake: () => void = () => {}
  readonly #onData = (chunk: Buffer) => {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    this.#wake()
  }
  readonly #onEnd = () => {
    this.#isOver = true
    this.#wake()
  }

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd)
  }

  /** The next so many bytes. Throws a ProbeFailure, or what the socket failed with, where they do not come. */
  async take(length: number): Promise<Buffer> {
    return await this.#take((bytes) => (bytes.length < length ? null : length))
  }

  /** The head of an HTTP answer, up to the empty line. Throws as `take` does, and when it is longer than 16 KB. */
  async takeHead(): Promise<string> {
    const head = await this.#take((bytes) => {
      const end = bytes.indexOf('\r\n\r\n')
      if (end === -1 && bytes.length > maxHeadBytes) {
        throw new ProbeFailure('the head of its answer has no end', { isGone: false })
      }
      return end === -1 ? null : end + 4
    })
    return head.toString('latin1')
  }

  release(): void {
    const socket = this.#socket
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd)
    socket.pause()
    if (this.#bytes.length > 0 && !socket.destroyed) socket.unshift(this.#bytes)
  }

  async #take(lengthOf: (bytes: Buffer) => number | null): Promise<Buffer> {
    for (;;) {
      const length = lengthOf(this.#bytes)
      if (length !== null) {
        const taken = this.#bytes.subarray(0, length)
        this.#bytes = this.#bytes.subarray(length)
        return taken
      }
      if (this.#isOver) {
        throw this.#socket.errored ?? closedFailure()
      }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
