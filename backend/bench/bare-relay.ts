// The floor: bytes passed on both ways between a client and the upstream at argv[2], over Node's sockets, and nothing else: no
// access check, no head read, no time-out, no counter, no drain. Prints its port. Its own process.
import { createServer, type AddressInfo } from 'node:net'

import { UpstreamSocket } from '../src/plane/upstream/upstream-socket.ts'

import { leaseAt } from '../test/support/data-plane.ts'
const lease = leaseAt('127.0.0.1', Number(process.argv[2]))
const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const upstream = new UpstreamSocket(
    lease,
    {
      onConnect() {},
      onData(chunk) {
        if (!client.write(chunk)) upstream.socket.pause()
        return client.writableLength > 0
      },
      onEnd: () => void client.end(),
      onClose: () => void client.destroy(),
      onDrain: () => void client.resume(),
    },
    {},
  )
  client.on('error', () => {}).on('close', () => upstream.destroy())
  client.on('data', (chunk: Buffer) => {
    if (!upstream.socket.write(chunk)) client.pause()
  })
  client.on('drain', () => upstream.socket.resume()).on('end', () => upstream.socket.end())
})

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`)
})
