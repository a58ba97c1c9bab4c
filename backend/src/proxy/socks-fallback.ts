import type { Socket } from 'node:net'

import { RequestError, Server } from 'proxy-chain'

import { formatHost } from '../lib/ip.ts'
import type { Gate } from './gate.ts'

/**
 * SocksFallback takes the plain requests of a key whose upstream is reached by SOCKS5: there the origin itself is spoken to,
 * which is proxy-chain's work. The client was admitted before.
 */
export class SocksFallback {
  readonly #gate: Gate
  #server: Server | null = null

  constructor({ gate }: { gate: Gate }) {
    this.#gate = gate
  }

  /** Serves a connection from here on; `bytes` are what was read of it. */
  take(socket: Socket, bytes: Buffer): void {
    const server = (this.#server ??= this.#create())
    socket.unshift(bytes)
    server.server.emit('connection', socket)
    // It was paused to change hands.
    socket.resume()
  }

  stop(): void {
    this.#server?.closeConnections()
    this.#server = null
  }

  #create(): Server {
    const server = new Server({
      prepareRequestFunction: () => {
        const { upstream } = this.#gate.route
        if (upstream.kind === 'missing') throw new RequestError(upstream.message, 503)
        if (upstream.protocol === 'http') throw new RequestError('The upstream changed; try again.', 503)
        return { upstreamProxyUrl: `socks5h://${formatHost(upstream.host)}:${upstream.port}` }
      },
    })
    server.server.requestTimeout = 0
    return server
  }
}
