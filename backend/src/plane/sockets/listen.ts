import { createServer, type Server, type Socket } from 'node:net'

const backlog = 4_096

/** Listening is an open port. */
export interface Listening {
  readonly server: Server
  readonly port: number
}

/**
 * listen opens a port; `onSocket` gets each connection, half-open ones allowed. Throws the system error of `listen`
 * (`EADDRINUSE`, `EACCES`); `onError` is told of those that come later.
 */
export async function listen(
  { host, port }: { host: string; port: number },
  onSocket: (socket: Socket) => void,
  onError: (error: Error) => void,
): Promise<Listening> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', onError)
  const address = server.address()
  return { server, port: typeof address === 'object' && address ? address.port : port }
}
