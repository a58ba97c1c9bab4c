import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

import { afterEach, describe, expect, it } from 'vitest'

import { until } from '../../test/support/until.ts'
import { destroyUnread, release, stopReading } from './release.ts'

const piece = Buffer.alloc(64 * 1024, 'x')
let server: Server | undefined
let client: Socket | undefined

afterEach(() => {
  client?.destroy()
  server?.close()
})

/** A socket of a server, to which its client sends so many pieces. */
async function receive(pieces: number): Promise<Socket> {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  for (let count = 0; count < pieces; count++) client.write(piece)
  return socket.on('error', () => {})
}

/** The rounds of the event loop in which nothing that is under way could still come. */
async function settle(): Promise<void> {
  for (let round = 0; round < 50; round++) await turn()
}

describe('what a socket gave', () => {
  it('is freed, once', async () => {
    const socket = await receive(1)
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    const { buffer } = chunk

    release(chunk)
    release(chunk)

    expect(buffer).toMatchObject({ byteLength: 0, detached: true })
    expect(chunk.length).toBe(0)
  })

  it('is read no further, and what was read ahead is freed', async () => {
    const socket = await receive(40)
    const seen: Buffer[] = []
    socket.on('data', (chunk: Buffer) => {
      seen.push(chunk)
      stopReading(socket)
    })
    await once(socket, 'data')
    await until('it to be freed', () => socket.bytesRead > piece.length && socket.readableLength === 0)
    const { bytesRead } = socket

    await settle()

    expect(seen).toHaveLength(1)
    expect(socket.readableLength).toBe(0)
    expect(socket.bytesRead).toBe(bytesRead)
    expect(bytesRead).toBeLessThan(10 * piece.length)
    socket.destroy()
  })

  it('is freed with the socket, where it came while that was paused', async () => {
    const socket = await receive(40)
    socket.once('data', () => socket.pause())
    await once(socket, 'data')
    await settle()
    expect(socket.readableLength).toBeGreaterThan(0)

    destroyUnread(socket)

    expect(socket.readableLength).toBe(0)
    expect(socket.destroyed).toBe(true)
  })
})

describe('memory', () => {
  it('that many share is left alone: the pool', () => {
    const most = Buffer.poolSize / 2 - 1
    const pooled = ['pooled', 'p'.repeat(most), 'p'.repeat(most)].map((text) => Buffer.from(text))
    const part = Buffer.alloc(100, 'w').subarray(51)

    for (const chunk of [...pooled, part]) release(chunk)

    expect(pooled.map(({ length }) => length)).toEqual([6, most, most])
    expect(part.toString()).toBe('w'.repeat(49))
  })

  it('is freed with the room that Node left behind a chunk', () => {
    const part = Buffer.alloc(100).subarray(0, 51)

    release(part)

    expect(part.buffer.byteLength).toBe(0)
  })
})
