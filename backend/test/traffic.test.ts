import { Agent } from 'node:http'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { ProxyKeyView } from '../src/contract/index.ts'
import type { Connection } from '../src/contract/index.ts'
import { askThrough, getThrough, openTunnel } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { World } from './support/world.ts'

const url = 'http://ip.test/'

describe('traffic through an endpoint', () => {
  let world: World
  let key: ProxyKeyView
  let endpoint: Connection

  beforeEach(async () => {
    world = await World.create()
    key = await world.addKey('a')
    endpoint = await world.connection(key.id)
  })

  afterEach(() => world.stop())

  const rotate = async () => (await world.call<{ new_ip: string }>('POST', `/api/proxies/${key.id}/rotate`)).body.new_ip

  it("leaves through the key's exit, plain and in a tunnel", async () => {
    const plain = await getThrough(endpoint, url)
    const tunnel = await openTunnel(endpoint, 'ip.test:80')

    expect(plain.body.trim()).toBe(key.remote_ip)
    expect(tunnel.status).toBe(200)
    expect(await askThrough(tunnel.socket)).toBe(key.remote_ip)
    tunnel.socket.destroy()
  })

  it('keeps an open tunnel on its old upstream while new ones use the new one', async () => {
    const before = await openTunnel(endpoint, 'ip.test:80')
    expect(await askThrough(before.socket)).toBe(key.remote_ip)

    const newIp = await rotate()

    const after = await openTunnel(endpoint, 'ip.test:80')
    expect(await askThrough(before.socket)).toBe(key.remote_ip)
    expect(await askThrough(after.socket)).toBe(newIp)
    expect(newIp).not.toBe(key.remote_ip)
    before.socket.destroy()
    after.socket.destroy()
  })

  it('moves a kept-alive plain connection at its next request', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const before = await getThrough(endpoint, url, { agent })
    const newIp = await rotate()

    const after = await getThrough(endpoint, url, { agent })

    expect(before.body.trim()).toBe(key.remote_ip)
    expect(after.body.trim()).toBe(newIp)
    expect((await world.get(key.id)).traffic).toMatchObject({ connections: 1, requests: 2 })
    agent.destroy()
  })

  it.each([
    ['without credentials', null],
    ['with a wrong token', 'proxy1:wrong'],
    ['with the token of the right key but another name', 'proxy2:TOKEN'],
  ])('is refused with 407 %s', async (_, text) => {
    const credentials = text?.replace('TOKEN', endpoint.password) ?? null

    const plain = await getThrough(endpoint, url, { credentials })
    const tunnel = await openTunnel(endpoint, 'ip.test:80', { credentials })

    expect([plain.status, tunnel.status]).toEqual([407, 407])
    expect(plain.headers['proxy-authenticate']).toBe('Basic realm="proxy1", charset="UTF-8"')
    tunnel.socket.destroy()
  })

  it('needs no token from an allowed address', async () => {
    await world.call('PUT', `/api/proxies/${key.id}`, { allowed_ips: ['127.1.2.0/24', '2001:db8::/48'] })

    const allowed = await getThrough(endpoint, url, { credentials: null, localAddress: '127.1.2.9' })
    const other = await getThrough(endpoint, url, { credentials: null, localAddress: '127.1.3.9' })

    expect([allowed.status, other.status]).toEqual([200, 407])
  })

  it('answers slower after many wrong tokens from one address, but not to the right one', async () => {
    const wrong = () => getThrough(endpoint, url, { credentials: 'proxy1:wrong' })
    for (let count = 0; count < 10; count++) await wrong()
    const startedAt = performance.now()

    const refusal = wrong()
    const right = await getThrough(endpoint, url)

    expect(right.status).toBe(200)
    expect((await refusal).status).toBe(407)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(240)
  })

  it('is counted', async () => {
    const big = await getThrough(endpoint, 'http://ip.test/bytes/100000')
    expect(big.body).toHaveLength(100_000)

    const { traffic } = await until('the connection to end', async () => {
      const view = await world.get(key.id)
      return view.traffic.connections === 0 ? view : null
    })

    expect(traffic.requests).toBe(1)
    expect(traffic.bytes_out).toBeGreaterThan(100_000)
    expect(traffic.bytes_in).toBeGreaterThan(100)
  })

  it('ends with a restart of the listener, which serves again at once', async () => {
    const tunnel = await openTunnel(endpoint, 'ip.test:80')
    const closed = new Promise((resolve) => tunnel.socket.once('close', resolve))

    const reply = await world.call('POST', `/api/proxies/${key.id}/restart`)

    expect(reply.status).toBe(200)
    expect(reply.body).toMatchObject({ id: key.id, listener: 'listening' })
    await closed
    expect((await getThrough(endpoint, url)).status).toBe(200)
  })

  it('ends when the key is deleted, and the port is free again', async () => {
    const tunnel = await openTunnel(endpoint, 'ip.test:80')
    const closed = new Promise((resolve) => tunnel.socket.once('close', resolve))

    const reply = await world.call('DELETE', `/api/proxies/${key.id}`)

    expect(reply.status).toBe(204)
    await closed
    await until('the port to refuse', () =>
      getThrough(endpoint, url).then(
        () => false,
        (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
      ),
    )
    expect(await world.addKey('b')).toMatchObject({ subdomain: 'proxy1', port: key.port })
  })

  it('never goes out directly when the upstream is dead', async () => {
    world.simulator.getLease(`K${Buffer.from('a').toString('hex').padEnd(32, '0')}`).exit.kill()

    const plain = await getThrough(endpoint, url)
    const tunnel = await openTunnel(endpoint, 'ip.test:80')

    expect(plain.status).toBeGreaterThanOrEqual(500)
    expect(tunnel.status).toBeGreaterThanOrEqual(500)
    tunnel.socket.destroy()
  })
})
