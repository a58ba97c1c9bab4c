import type { Downstream, Stage } from './stage.ts'

const lingerMs = 2_000
const maxBytes = 1024 * 1024

/** LingerStage is a connection that was told all: what still comes is thrown away until its other side ends too. */
export class LingerStage implements Stage {
  readonly #client: Downstream
  #bytes = 0

  constructor(client: Downstream) {
    this.#client = client
    client.deadline = client.door.clock.monotonic() + lingerMs
  }

  onClientData(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > maxBytes) this.#client.destroy()
  }

  onClientEnd(): void {
    // What was written last may still be on its way to the kernel.
    this.#client.socket.destroySoon()
  }

  onClientDrain(): void {}

  onClientClose(): void {}

  expire(): void {
    this.#client.destroy()
  }
}
