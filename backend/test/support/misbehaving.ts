import type { Socket } from 'node:net'

import { authorization, RawClient, startPlane, startRaw, type Plane, type RawServer } from './data-plane.ts'
import { until } from './until.ts'

export const get = `GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n${authorization}\r\n`
export const connect = `CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n${authorization}\r\n`
export const established = 'HTTP/1.1 200 OK\r\n\r\n'

/** Deed is what an upstream does with a connection. */
export type Deed = (socket: Socket) => void

/** reply answers the first thing that comes with this text. */
export function reply(text: string): Deed {
  return (socket) => void socket.once('data', () => socket.write(text))
}

/** startMisbehaving runs a data plane whose upstream does `first` with its first connection and is in order from then on. */
export async function startMisbehaving(first: Deed): Promise<{ plane: Plane; upstream: RawServer }> {
  const upstream = await startRaw((socket, server) => {
    if (server.connections.length === 1) return first(socket)
    socket.once('data', (chunk: Buffer) => {
      const isTunnel = chunk.toString().startsWith('CONNECT')
      socket.write(isTunnel ? established : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine')
    })
  })
  return { upstream, plane: await startPlane(upstream.port) }
}

/** untilInOrder makes a plain request and a tunnel, which must work, and waits until nothing is left of either. */
export async function untilInOrder(plane: Plane): Promise<void> {
  const plain = new RawClient(plane.port).send(get)
  const tunnel = new RawClient(plane.port).send(connect)
  await plain.until('fine')
  await tunnel.until('200 Connection established')
  plain.socket.destroy()
  tunnel.socket.destroy()
  await until('all connections to end', () => plane.traffic().connections === 0)
}
