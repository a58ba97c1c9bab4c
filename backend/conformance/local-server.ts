import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** LocalServer is a port of this machine whose connections end with it. */
export abstract class LocalServer {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  constructor({ allowHalfOpen = false } = {}) {
    this.#server = createServer({ allowHalfOpen, noDelay: true }, (socket) => {
      this.track(socket)
      this.serve(socket)
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Takes a client's connection. */
  protected abstract serve(socket: Socket): void

  /** Ends this connection with the server, or when it breaks. */
  protected track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }
}
