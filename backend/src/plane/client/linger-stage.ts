import { destroyUnread, release, stopReading } from '../../lib/release.ts'
import type { Downstream, Stage } from './stage.ts'

const lingerMs = 2_000
const maxBytes = 1024 * 1024

/**
 * LingerStage is a connection that was told all: what still comes is thrown away until its other side ends too. Of one that
 * sends too much nothing more is read: it waits, with its answer, for the end of its time.
 */
export class LingerStage implements Stage {
  readonly #client: Downstream
  #bytes = 0

  /** `unread`: how many bytes were read of it for nothing already. */
  constructor(client: Downstream, unread: number) {
    this.#client = client
    client.deadline = client.door.clock.monotonic() + lingerMs
    if (unread === 0 || client.ticket.mayWaste(unread)) client.socket.resume()
    else stopReading(client.socket)
  }

  onClientData(chunk: Buffer): void {
    this.#bytes += chunk.length
    const { ticket, socket } = this.#client
    if (this.#bytes > maxBytes || !ticket.mayWaste(chunk.length)) stopReading(socket)
    release(chunk)
  }

  onClientEnd(): void {
    // What was written last may still be on its way to the kernel.
    this.#client.socket.destroySoon()
  }

  onClientDrain(): void {}

  onClientClose(): void {}

  expire(): void {
    destroyUnread(this.#client.socket)
  }
}
