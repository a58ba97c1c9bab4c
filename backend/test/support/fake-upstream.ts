import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

import type { TestCertificate } from './certificates.ts'

/** FakeUpstream is a server that plays an upstream by hand. */
export interface FakeUpstream {
  port: number
  /** Connections that are open now. */
  open(): number
  stop(): Promise<void>
}

/** startUpstream gives each connection to `play`; over TLS where there is a certificate. */
export async function startUpstream(
  play: (socket: Socket) => void,
  certificate?: Pick<TestCertificate, 'key' | 'cert'>,
): Promise<FakeUpstream> {
  const sockets = new Set<Socket>()
  const server: Server = certificate ? createTlsServer(certificate, play) : createServer(play)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** script answers one piece after the other, each when something came. `heard` gets what came. */
export function script(pieces: readonly (string | Buffer)[], heard: Buffer[] = []): (socket: Socket) => void {
  return (socket) => {
    const left = [...pieces]
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk)
      const piece = left.shift()
      if (piece !== undefined) socket.write(piece)
    })
  }
}
