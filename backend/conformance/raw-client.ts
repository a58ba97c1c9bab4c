import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How a connection stood after the answer, as seen by the client. */
export type ConnectionState = 'Open' | 'ClosedByServer' | 'TimedOut'

/** Reading is what came in answer to some bytes. */
export interface Reading {
  bytes: Buffer
  state: ConnectionState
}

/** What follows a response head within this time is read with it. */
const afterHeadMs = 100

/** RawClient sends bytes as they are and reads what comes back. */
export class RawClient {
  readonly #socket: Socket
  #received: Buffer[] = []
  #isClosed = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk)
      this.#wake()
    })
    const onGone = () => {
      this.#isClosed = true
      this.#wake()
    }
    socket.on('end', onGone).on('close', onGone).on('error', onGone)
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new RawClient(socket)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  async send(bytes: Buffer): Promise<void> {
    if (this.#isClosed || bytes.length === 0) return
    // A proxy that has refused need not read on: no answer to a write is no reason to wait for one.
    await Promise.race([
      new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve())),
      this.#untilNews(1000),
    ])
  }

  /** Reads until a whole response head is there, the end, or the time-out; and shortly on after a head. */
  async read(timeoutMs: number): Promise<Reading> {
    const end = Date.now() + timeoutMs
    while (!this.#isClosed && !this.#peek().includes('\r\n\r\n')) {
      const left = end - Date.now()
      if (left <= 0) return { bytes: this.#takeAll(), state: 'TimedOut' }
      await this.#untilNews(left)
    }
    if (!this.#isClosed) await delay(afterHeadMs)
    return { bytes: this.#takeAll(), state: this.#isClosed ? 'ClosedByServer' : 'Open' }
  }

  close(): void {
    this.#socket.destroy()
  }

  async #untilNews(limitMs: number): Promise<void> {
    const timer = new AbortController()
    const news = new Promise<void>((resolve) => (this.#wake = resolve))
    await Promise.race([news, delay(limitMs, undefined, { signal: timer.signal })])
    timer.abort()
  }

  #peek(): Buffer {
    if (this.#received.length > 1) this.#received = [Buffer.concat(this.#received)]
    return this.#received[0] ?? Buffer.alloc(0)
  }

  #takeAll(): Buffer {
    const all = this.#peek()
    this.#received = []
    return all
  }
}
