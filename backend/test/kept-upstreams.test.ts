import { afterEach, it } from 'vitest'

import { hashToken } from '../src/lib/vault.ts'
import { RawClient, startPlane, startRaw, type Plane, type RawServer } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { connect, established, get } from './support/misbehaving.ts'
import { until } from './support/until.ts'

expectNoHandleLeft()

let plane: Plane
let upstream: RawServer

afterEach(async () => {
  await plane.stop()
  await upstream.stop()
})

/** A client that was answered once, so that a connection to the upstream is kept for it. */
async function served(): Promise<RawClient> {
  upstream = await startRaw((socket) =>
    socket.on('data', (chunk: Buffer) =>
      socket.write(chunk.includes('CONNECT') ? established : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine'),
    ),
  )
  plane = await startPlane(upstream.port)
  const client = new RawClient(plane.port).send(get)
  await client.until('fine')
  return client
}

const isLetGo = () => upstream.connections[0]?.readableEnded === true || upstream.connections[0]?.destroyed === true

it.each([
  ['ends its connection', (client: RawClient) => void client.socket.end()],
  ['closes it', (client: RawClient) => void client.socket.destroy()],
  ['resets it', (client: RawClient) => void client.socket.resetAndDestroy()],
  ['sends what is no request', (client: RawClient) => void client.send('what?\r\n\r\n')],
  ['visits the site', (client: RawClient) => void client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  ['opens a tunnel', (client: RawClient) => void client.send(connect)],
])('the upstream connection kept for a client is let go when the client %s', async (_, leave) => {
  const client = await served()

  leave(client)

  await until('the upstream connection to end', isLetGo)
  client.socket.destroy()
})

it('and also when its next request is refused before it leaves', async () => {
  const client = await served()
  plane.update({ access: { ...plane.route.access, tokenHash: hashToken('another') } })

  client.send(get)

  await client.until('407')
  client.socket.destroy()
  await until('the upstream connection to end', isLetGo)
})
