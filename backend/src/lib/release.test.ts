import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { expect, it } from 'vitest'

import { release } from './release.ts'

it('frees what a socket gave', async () => {
  const server = createServer((socket) => socket.end(Buffer.alloc(10_000, 'x'))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  const { buffer } = chunk
  expect(buffer.byteLength).toBe(chunk.length)

  release(chunk)
  release(chunk)

  expect(buffer).toMatchObject({ byteLength: 0, detached: true })
  expect(chunk.length).toBe(0)
  socket.destroy()
  server.close()
})

it('leaves the pool alone that many share', () => {
  const most = Buffer.poolSize / 2 - 1
  const pooled = ['pooled', 'p'.repeat(most), 'p'.repeat(most)].map((text) => Buffer.from(text))
  const part = Buffer.alloc(100, 'w').subarray(51)

  for (const chunk of [...pooled, part]) release(chunk)

  expect(pooled.map(({ length }) => length)).toEqual([6, most, most])
  expect(part.toString()).toBe('w'.repeat(49))
})

it('frees what Node left room behind', () => {
  const part = Buffer.alloc(100).subarray(0, 51)

  release(part)

  expect(part.buffer.byteLength).toBe(0)
})
