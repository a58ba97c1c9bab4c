import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

import { afterEach, describe, expect, it } from 'vitest'

import { authorization, RawClient, type PlaneOptions } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { startTwoEndpoints, type TwoEndpoints } from './support/two-endpoints.ts'
import { until } from './support/until.ts'

expectNoHandleLeft()

let clock: ManualClock
let world: TwoEndpoints

let stopWatching = () => {}

afterEach(async () => {
  stopWatching()
  await world.stop()
})

async function start(options: PlaneOptions = {}): Promise<void> {
  clock = new ManualClock()
  world = await startTwoEndpoints({ clock, ...options })
}

const get = `GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n`
const isOver = ({ hasEnded, isClosed }: RawClient) => hasEnded || isClosed
const left = (clients: readonly RawClient[]) => clients.filter((client) => !isOver(client)).length

/** Opens silent connections from an address, which all were accepted. */
async function openSilent(port: number, localAddress: string, count: number): Promise<RawClient[]> {
  const clients = Array.from({ length: count }, () => new RawClient(port, { localAddress }))
  await until('all to be connected', () => clients.every(({ socket, isClosed }) => isClosed || !socket.connecting))
  return clients
}

/** All connections that this port takes from now on. */
function watchAccepted(port: number): Socket[] {
  const sockets: Socket[] = []
  const onSocket = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    if (socket.localPort === port) sockets.push(socket)
  }
  subscribe('net.server.socket', onSocket)
  stopWatching = () => unsubscribe('net.server.socket', onSocket)
  return sockets
}

async function expectServed(port: number): Promise<void> {
  const client = new RawClient(port).send(`${get}${authorization}\r\n`)
  await client.until('exit1')
  client.socket.destroy()
}

describe('a refused request that comes over and over', () => {
  it.each(['own', 'shared'] as const)('on the %s port ends it after eight answers, which nobody reads', async (way) => {
    await start()
    const client = new RawClient(world.ports[way])
    client.socket.pause()
    const { mirror } = world.plane
    const refused = () => (mirror.traffic(1).refused['credentials'] ?? 0) + mirror.strangers.refused.unknown_endpoint

    client.send(`${get}\r\n`.repeat(1_000))

    await until('the refusals', () => refused() > 0)
    client.socket.resume()
    await client.untilEnd()
    expect(refused()).toBe(8)
    expect(client.received.split('HTTP/1.1 407')).toHaveLength(9)
    expect(client.received.match(/Connection: close/g)).toHaveLength(1)
    await clock.advance(3_000)
    await until('it to be left', () => client.isClosed || mirror.traffic(1).connections === 0)
  })

  it.each(['own', 'shared'] as const)('on the %s port ends it after one answer where that is late', async (way) => {
    await start()
    const guess = `${get}Proxy-Authorization: Basic ${Buffer.from('proxy1:guessed').toString('base64')}\r\n\r\n`
    for (let count = 0; count < 10; count++) {
      const client = new RawClient(world.ports[way]).send(guess)
      await client.until('HTTP/1.1 407')
      client.socket.destroy()
    }
    const sockets = watchAccepted(world.ports[way])
    const client = new RawClient(world.ports[way]).send(guess.repeat(1_000))
    await until('it to wait', () => sockets[0]?.isPaused() === true)

    await clock.advance(5_000)

    expect(await client.untilEnd()).toMatch(/^HTTP\/1\.1 407 [^]*Connection: close/)
    expect(client.received.split('HTTP/1.1 407')).toHaveLength(2)
    client.socket.destroy()
  })

  it('counts from the last one that was right', async () => {
    await start()
    const client = new RawClient(world.ports.own)
    for (let round = 0; round < 3; round++) {
      client.send(`${get}\r\n`.repeat(7) + `${get}${authorization}\r\n`)
      await until('all answers', () => client.received.split('exit1').length === round + 2)
    }

    expect(isOver(client)).toBe(false)
    client.socket.destroy()
  })
})

describe('what a stranger may send', () => {
  it('is no bound on the body behind a head that lets him in, in whatever pieces that comes', async () => {
    await start()
    const client = new RawClient(world.ports.own)
    const length = 300_000
    client.send('POST http://a.test/')
    await until('it to be read', () => world.plane.mirror.traffic(1).bytes_in > 0)

    client.send(` HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${length}\r\n${authorization}\r\n${'x'.repeat(length)}`)

    expect(await client.until('exit1')).toMatch(/^HTTP\/1\.1 200 /)
    client.socket.destroy()
  })

  it('ends at 64 KB of attempts', async () => {
    await start()
    const client = new RawClient(world.ports.own)
    const attempt = `${get}X: ${'x'.repeat(20_000)}\r\n\r\n`

    client.send(attempt.repeat(7))

    expect(await client.untilEnd()).toMatch(/So many attempts are not possible on one connection\.\n$/)
    client.socket.destroy()
  })
})

describe('what strangers send behind their answer', () => {
  const mebibyte = 1024 * 1024
  const piece = Buffer.alloc(2 * mebibyte, 'x')
  const endlessHead = `${get}X: `
  const wrong = `${get}Connection: close\r\nContent-Length: 300000000\r\n\r\n`

  it.each([
    ['an endless head', 'own', endlessHead],
    ['an endless head', 'shared', endlessHead],
    ['a body behind wrong credentials', 'own', wrong],
    ['a body behind wrong credentials', 'shared', wrong],
  ] as const)('is read up to a bound for all of them: %s on the %s port', async (_, way, head) => {
    await start()
    const sockets = watchAccepted(world.ports[way])
    const clients = Array.from({ length: 24 }, () => new RawClient(world.ports[way]).send(head).send(piece))

    for (const client of clients) await client.until('HTTP/1.1 4')
    await until('all to be held', () => sockets.every((socket) => socket.destroyed || socket.isPaused()))

    const read = sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
    expect(sockets).toHaveLength(24)
    // What was on its way in each when the reading ended is more.
    expect(read).toBeLessThan(8 * mebibyte)
    await expectServed(world.ports[way])
    await clock.advance(3_000)
    for (const client of clients) await client.untilEnd()
  })
})

describe('silent connections', () => {
  it('of two addresses, 200 each, do not keep a client with the token away from the own port', async () => {
    await start({ maxConnections: 400 })
    const crowd = [
      ...(await openSilent(world.ports.own, '127.3.0.1', 200)),
      ...(await openSilent(world.ports.own, '127.3.0.2', 200)),
    ]

    await expectServed(world.ports.own)

    await until('three quarters to be gone', () => left(crowd) <= 100)
    expect(left(crowd)).toBe(100)
  })

  it('beyond 64 of an address get about a second, the others ten', async () => {
    await start({ maxConnections: 4_000 })
    const [first, second] = [
      await openSilent(world.ports.own, '127.3.0.1', 100),
      await openSilent(world.ports.own, '127.3.0.2', 64),
    ]
    await until('all to be counted', () => world.plane.mirror.traffic(1).connections === 164)
    // Who says in that time who he is stays.
    const late = new RawClient(world.ports.own, { localAddress: '127.3.0.1' })
    late.send(`${get}${authorization}\r\n`)
    await late.until('exit1')

    await clock.advance(2_000)

    await until('the extra ones to be gone', () => left(first) <= 64)
    expect(left(second)).toBe(64)
    expect(first.filter(({ received }) => received.startsWith('HTTP/1.1 429 '))).toHaveLength(36)
    await clock.advance(9_000)
    await until('all to be gone', () => left(first) + left(second) === 0)
    expect(second.every(({ received }) => received === '')).toBe(true)
    expect(isOver(late)).toBe(false)
    late.socket.destroy()
  })

  it('to the TLS port are counted before they shake hands, and closed after 5 s', async () => {
    await start({ maxConnections: 80 })
    const crowd = await openSilent(world.ports.tls, '127.3.0.3', 80)

    await until('all but a quarter to be gone', () => left(crowd) <= 20)
    await expectServed(world.ports.own)
    expect(left(crowd)).toBe(20)

    // The time of a handshake is Node's own.
    await until('the others to be gone', () => left(crowd) === 0)
    await until('them to be told of', () => world.plane.mirror.strangers.refused.head_too_slow === 20)
  })

  it('to the shared port leave room for who says who he is', async () => {
    await start({ maxConnections: 80 })
    const crowd = await openSilent(world.ports.shared, '127.3.0.4', 80)

    await expectServed(world.ports.shared)

    await until('all but a quarter to be gone', () => left(crowd) <= 20)
  })
})
