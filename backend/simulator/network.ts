import { connect, isIP, type Server, type Socket } from 'node:net'

/**
 * Network is the simulator's own small internet. Names under `.test` lead to its origin, addresses to this machine; it has
 * no way to anywhere else. It also knows which exit dialled from which local address and port, for systems (macOS) on which only
 * 127.0.0.1 can be bound and the origin could not tell exits apart by address.
 */
export class Network {
  readonly #exitBySource = new Map<string, string>()
  originPort = 0

  /** The exit from which a connection came to the origin. */
  exitOf(socket: Socket): string {
    return (
      this.#exitBySource.get(`${socket.remoteAddress}:${socket.remotePort}`) ??
      (socket.remoteAddress ?? '').replace('::ffff:', '')
    )
  }

  /** Dials from an exit. Null where the target lies outside this machine. */
  dial(host: string, port: number, exit: { address: string; bound: string }): Socket | null {
    const target = this.resolve(host, port)
    if (target === null) return null
    const isIpv4 = isIP(target.host) !== 6
    const socket = connect({
      ...target,
      ...(isIpv4 ? { localAddress: exit.bound } : {}),
      noDelay: true,
      allowHalfOpen: true,
    })
    socket.once('connect', () => {
      const source = `${socket.localAddress}:${socket.localPort}`
      this.#exitBySource.set(source, exit.address)
      socket.once('close', () => this.#exitBySource.delete(source))
    })
    return socket
  }

  /** Where a target lies on this machine; null where it lies outside. */
  resolve(host: string, port: number): { host: string; port: number } | null {
    if (host.endsWith('.test')) return { host: '127.0.0.1', port: this.originPort }
    if (host === 'localhost') return { host: '127.0.0.1', port }
    const isLoopback = host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
    return isLoopback ? { host, port } : null
  }
}

/** listen resolves with the port once the server listens. */
export function listen(server: Server, host: string, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}
