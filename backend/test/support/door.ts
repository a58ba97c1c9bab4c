import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Door is a port that leads to another one of this machine. */
export interface Door {
  port: number
  /** How many connections clients have opened. */
  opened: number
  close(): Promise<void>
}

/** openDoor lets connections through to `port` and counts them, since a client seldom tells which one a request took. */
export async function openDoor(port: number): Promise<Door> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    door.opened += 1
    const inner = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const [from, to] of [
      [client, inner],
      [inner, client],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => from.destroy())
      from.once('close', () => {
        sockets.delete(from)
        to.destroySoon()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const door: Door = {
    port: (server.address() as AddressInfo).port,
    opened: 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return door
}
