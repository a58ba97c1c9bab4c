import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { RotateReply } from '../src/contract/index.ts'
import type { Connection } from '../src/contract/index.ts'
import { RawClient, startPlane, startRaw, upstreamAt } from './support/data-plane.ts'
import { ManualClock } from './support/manual-clock.ts'
import { get } from './support/misbehaving.ts'
import { askThrough, getThrough, openTunnel } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { World } from './support/world.ts'

describe('a rotation', () => {
  let world: World
  let id: number
  let endpoint: Connection

  beforeEach(async () => {
    world = await World.create()
    ;({ id } = await world.addKey('a'))
    endpoint = await world.connection(id)
  })

  afterEach(() => world.stop())

  const rotate = async (body = {}) => (await world.call<RotateReply>('POST', `/api/proxies/${id}/rotate`, body)).body
  const ended = (socket: { once(event: 'end' | 'close', job: () => void): unknown }) =>
    new Promise<void>((resolve) => socket.once('end', resolve))

  it('closes an answered tunnel in its first pause, tells so, and the next one leaves through the new exit', async () => {
    const { socket } = await openTunnel(endpoint, 'ip.test:80')
    const before = await askThrough(socket)
    const end = ended(socket)

    const reply = await rotate({ wait: true })

    await end
    expect(reply.tunnels).toEqual({ open: 1, idle: 1, finished: 0, cut: 0 })
    const next = await openTunnel(endpoint, 'ip.test:80')
    expect(await askThrough(next.socket)).toBe(reply.new_ip)
    expect(reply.new_ip).not.toBe(before)
    next.socket.destroy()
    const log = await until('the log', async () => (await world.logs()).find((entry) => entry.action === 'drain'))
    expect(log.message).toBe('1 open tunnel of proxy1 left the old exit: 1 closed in a pause, 0 finished, 0 cut.')
  })

  it('lets a download that is under way finish, in a tunnel and plain', async () => {
    await world.call('PUT', '/api/settings', { drain_seconds: 'never' })
    const { socket } = await openTunnel(endpoint, 'ip.test:80')
    let received = 0
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      // A slow reader: the download takes a while.
      socket.pause()
      setTimeout(() => socket.resume(), 1)
    })
    const size = 20_000_000
    socket.write(`GET /bytes/${size} HTTP/1.1\r\nHost: ip.test\r\n\r\n`)
    const plain = getThrough(endpoint, `http://ip.test/bytes/${size}`)
    await until('the download to begin', () => received > 0)

    const reply = await rotate()

    expect(reply.tunnels).toMatchObject({ open: 1, cut: 0 })
    await until('all of it', () => received > size)
    expect((await plain).body).toHaveLength(size)
    socket.destroy()
  })

  it('leaves a tunnel alone that waits for an answer, until its time is over', async () => {
    await world.call('PUT', `/api/proxies/${id}`, { overrides: { drain_seconds: 1 } })
    const { socket } = await openTunnel(endpoint, 'ip.test:80')
    await askThrough(socket)
    socket.on('error', () => {})
    socket.write('POST /echo HTTP/1.1\r\nHost: ip.test\r\nContent-Length: 10\r\n\r\nhalf')
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))

    const reply = await rotate({ wait: true })

    expect(reply.tunnels).toEqual({ open: 1, idle: 0, finished: 0, cut: 1 })
    await closed
  })

  it('cuts at once when it is told to', async () => {
    await world.call('PUT', '/api/settings', { drain_seconds: 0 })
    const { socket } = await openTunnel(endpoint, 'ip.test:80')
    socket.on('error', () => {})
    await askThrough(socket)

    expect((await rotate()).tunnels).toEqual({ open: 1, idle: 0, finished: 0, cut: 1 })
  })

  it('because of a failure replaces an upstream that refuses clients, without waiting for the next check', async () => {
    await world.call('POST', `/api/proxies/${id}/check`)
    const before = await world.get(id)
    const { exit } = world.simulator.getLease(`K${Buffer.from('a').toString('hex').padEnd(32, '0')}`)
    exit.kill()

    for (let count = 0; count < 3; count++) await getThrough(endpoint, 'http://ip.test/')

    await until('another exit', async () => (await world.get(id)).remote_ip !== before.remote_ip)
    expect((await world.logs()).find((entry) => entry.action === 'rotate')).toMatchObject({ reason: 'failure' })
    expect((await getThrough(endpoint, 'http://ip.test/')).status).toBe(200)
  })
})

it('gives a plain request the whole drain time, also when its upstream was replaced in the drain of another', async () => {
  const clock = new ManualClock()
  const slow = () =>
    startRaw((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi')))
  const upstreams = [await slow(), await slow(), await slow()]
  const [first, second, third] = upstreams.map(({ port }) => upstreamAt(port))
  const limits = { holdMs: 0, drainMs: 5_000, idleDrainMs: 300, tunnelIdleMs: 600_000 }
  const plane = await startPlane(null, { route: { limits, ...(first && { upstream: first }) }, clock })
  const old = new RawClient(plane.port).send(get)
  await old.until('fi')
  if (second) plane.update({ upstream: second })
  const later = new RawClient(plane.port).send(get)
  await later.until('fi')
  await clock.advance(4_000)

  if (third) plane.update({ upstream: third })
  await clock.advance(1_500)

  await until('the first to be cut', () => old.isClosed)
  expect(later.isClosed).toBe(false)
  upstreams[1]?.connections[0]?.write('ne')
  await later.until('fine')
  await plane.stop()
  for (const upstream of upstreams) await upstream.stop()
  RawClient.destroyAll()
})
