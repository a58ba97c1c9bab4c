import { once } from 'node:events'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Connection } from '../src/contract/index.ts'
import { RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { World, type WorldOptions } from './support/world.ts'

expectNoHandleLeft()

const domain = 'proxy.test'
const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
const basic = (user: string, token: string) =>
  `Proxy-Authorization: Basic ${Buffer.from(`${user}:${token}`).toString('base64')}\r\n`

describe('the gateway', () => {
  let world: World
  let first: Connection
  let second: Connection
  /** The exits of the two endpoints. */
  let exits: string[]

  beforeEach(() => create())
  afterEach(() => world.stop())

  async function create(environment: Record<string, string> = {}, options: WorldOptions = {}): Promise<void> {
    world = await World.create({
      ...options,
      environment: { DOMAIN: domain, GATEWAY_HOST: '0.0.0.0', ...environment },
    })
    const keys = [await world.addKey('a'), await world.addKey('b')]
    exits = keys.map(({ remote_ip }) => remote_ip ?? '')
    first = await world.connection(1)
    second = await world.connection(2)
  }

  async function recreate(environment: Record<string, string>, options: WorldOptions = {}): Promise<void> {
    await world.stop()
    await create(environment, options)
  }

  const open = (from: { localAddress?: string; host?: string } = {}) => new RawClient(world.app.gatewayPort ?? 0, from)
  const get = (credentials = '') => `GET http://ip.test/ HTTP/1.1\r\nHost: ip.test\r\n${credentials}\r\n`
  const connect = (credentials = '') => `CONNECT ip.test:80 HTTP/1.1\r\nHost: ip.test:80\r\n${credentials}\r\n`
  const visit = (host: string, path = '/') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`

  /** A new client with the right user name gets through. */
  async function expectInOrder(): Promise<void> {
    const client = open().send(get(basic('proxy2', second.password)))
    expect(await client.until(exits[1] ?? '')).toMatch(/^HTTP\/1.1 200 /)
    client.socket.destroy()
  }

  describe('recognises an endpoint', () => {
    it('by the user name, for requests, tunnels and SOCKS5', async () => {
      const plain = open().send(get(basic('proxy1', first.password)))
      await plain.until(exits[0] ?? '')

      const tunnel = open().send(connect(basic('proxy2', second.password)))
      await tunnel.until('200 Connection established')
      tunnel.send('GET / HTTP/1.1\r\nHost: ip.test\r\n\r\n')
      await tunnel.until(exits[1] ?? '')

      const login = Buffer.concat([Buffer.from([1]), text('proxy1'), text(first.password)])
      const target = Buffer.concat([Buffer.from([5, 1, 0, 3]), text('ip.test'), Buffer.from([0, 80])])
      const socks = open().send(Buffer.from([5, 1, 2]))
      await until('the method', () => socks.received.length === 2)
      socks.send(Buffer.concat([login, target]))
      await until('the reply', () => socks.received.length === 14)
      socks.send('GET / HTTP/1.1\r\nHost: ip.test\r\n\r\n')
      await socks.until(exits[0] ?? '')
    })

    it('by the address that the client comes from, where it is allowed for one endpoint only', async () => {
      await world.call('PUT', '/api/proxies/1', { allowed_ips: ['127.0.7.0/24', '127.0.9.9'] })
      await world.call('PUT', '/api/proxies/2', { allowed_ips: ['127.0.7.128/25', '127.0.9.9'] })

      await open({ localAddress: '127.0.7.5' })
        .send(get())
        .until(exits[0] ?? '')
      await open({ localAddress: '127.0.7.200' })
        .send(get())
        .until(exits[1] ?? '')
      const socks = open({ localAddress: '127.0.7.5' }).send(Buffer.from([5, 1, 0]))
      await until('the method', () => socks.received === '\x05\x00')
      expect(await open({ localAddress: '127.0.9.9' }).send(get()).status()).toBe(407)
    })

    it('by the address of ours that it comes to', async () => {
      await world.call('PUT', '/api/proxies/2', { local_address: '127.0.8.2', allowed_ips: ['127.0.0.0/8'] })

      await open({ host: '127.0.8.2' })
        .send(get())
        .until(exits[1] ?? '')

      const taken = await world.call('PUT', '/api/proxies/1', { local_address: '127.0.8.2' })
      expect(taken).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
    })

    it('but does not let anybody in by that: the endpoint decides', async () => {
      const wrong = open().send(get(basic('proxy1', 'wrong')))
      expect(await wrong.status()).toBe(407)
      await world.call('PUT', '/api/proxies/2', { local_address: '127.0.8.2' })
      expect(await open({ host: '127.0.8.2' }).send(get()).status()).toBe(407)
    })

    it('the moment it is added, and no more once it is removed', async () => {
      const { id } = await world.addKey('c')
      const third = await world.connection(id)
      const credentials = basic('proxy3', third.password)
      expect(await open().send(get(credentials)).status()).toBe(200)

      await world.call('DELETE', `/api/proxies/${id}`)

      expect(await open().send(get(credentials)).status()).toBe(407)
    })
  })

  it('asks a stranger for credentials, lets no byte of his through, and takes them on the same connection', async () => {
    const client = open().send(connect())
    expect(await client.until('access token of an endpoint')).toMatch(
      /^HTTP\/1.1 407 [^]*Proxy-Authenticate: Basic realm="Stillpoint"/,
    )
    client.received = ''

    client.send(connect(basic('proxy1', first.password)))

    await client.until('200 Connection established')
    const traffic = await Promise.all([1, 2].map((id) => world.get(id)))
    expect(traffic.map((key) => key.traffic.requests)).toEqual([1, 0])
  })

  it('is a web site for people: the API at app.DOMAIN and bare addresses, nothing at other names', async () => {
    const body = async (host: string, path: string) => await open().send(visit(host, path)).until('\r\n\r\n')

    expect(await body(`app.${domain}`, '/health')).toMatch(/^HTTP\/1.1 200 /)
    expect(await body('127.0.0.1:8080', '/health')).toMatch(/^HTTP\/1.1 200 /)
    expect(await body('other.test', '/health')).toMatch(/^HTTP\/1.1 404 /)
    expect(await body(`proxy9.${domain}`, '/')).toMatch(/^HTTP\/1.1 404 /)
    const challenge = open().send(visit('other.test', '/.well-known/acme-challenge/x'))
    expect(await challenge.until('DNS-01')).toMatch(/^HTTP\/1.1 404 /)
  })

  it('has a page and a PAC file for each endpoint, which tell no secret', async () => {
    const page = await open()
      .send(visit(`proxy1.${domain}`))
      .until('</html>')
    const pac = await open()
      .send(visit(`proxy1.${domain}`, '/proxy.pac'))
      .until('PROXY')
    const own = await new RawClient(first.port).send(visit('whatever')).until('</html>')

    expect(page).toContain('Your address, 127.0.0.1, is not allowed by itself')
    for (const secret of [first.password, exits[0] ?? '', 'K61']) expect(page + own).not.toContain(secret)
    expect(pac).toContain(`PROXY proxy1.${domain}:${world.app.gatewayPort}`)
    expect(pac).toMatch(/content-type: application\/x-ns-proxy-autoconfig/i)
    expect(own).toContain(`proxy1.${domain}`)
  })

  it('leads people to https where that is public', async () => {
    await recreate({ PUBLIC_HTTPS: 'true' })

    const reply = await open()
      .send(visit(`app.${domain}`, '/docs?x=1'))
      .until('\r\n\r\n')

    expect(reply).toMatch(/^HTTP\/1.1 308 /)
    expect(reply).toMatch(new RegExp(`location: https://app.${domain}/docs\\?x=1`, 'i'))
  })

  describe('believes a PROXY protocol header', () => {
    const header = 'PROXY TCP4 198.51.100.7 127.0.8.1 40000 80\r\n'

    it('of a trusted proxy, on its own port and on those of the endpoints', async () => {
      await recreate({ TRUSTED_PROXIES: '127.0.0.1' })
      await world.call('PUT', '/api/proxies/1', { allowed_ips: ['198.51.100.7'] })

      await open()
        .send(header + get())
        .until(exits[0] ?? '')
      await new RawClient(first.port).send(header + get()).until(exits[0] ?? '')
      const byHand = open()
      for (const character of header) byHand.send(character)
      await byHand.send(get()).until(exits[0] ?? '')
      // A trusted proxy may also come on its own behalf.
      expect(await open().send(get()).status()).toBe(407)
      expect(
        await open({ localAddress: '127.0.0.2' })
          .send(header + get())
          .status(),
      ).toBe(400)
    })

    it('of nobody else', async () => {
      await world.call('PUT', '/api/proxies/1', { allowed_ips: ['198.51.100.7'] })

      expect(
        await open()
          .send(header + get())
          .status(),
      ).toBe(400)
      expect(await new RawClient(first.port).send(header + get()).status()).toBe(400)
      await expectInOrder()
    })

    it('for the address that the login guard sees', async () => {
      await recreate({ TRUSTED_PROXIES: '127.0.0.1' })
      const request = (username: string) => {
        const body = `{"username":"${username}","password":"wrong"}`
        const lines = ['POST /api/auth/login HTTP/1.1', `Host: app.${domain}`, 'Content-Type: application/json']
        return `${[...lines, `Content-Length: ${body.length}`, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`
      }
      for (let count = 0; count < 12; count++)
        await open()
          .send(`${header}${request(`user${count}`)}`)
          .untilEnd()

      expect(
        await open()
          .send(header + request('one'))
          .status(),
      ).toBe(429)
      const other = header.replace('198.51.100.7', '198.51.100.8')
      expect(
        await open()
          .send(other + request('other'))
          .status(),
      ).toBe(401)
    })
  })

  it('tells a client with too many connections that nobody knows, and serves the others', async () => {
    const crowd = Array.from({ length: 1_024 }, () => open({ localAddress: '127.0.0.9' }))
    await Promise.all(crowd.map((client) => once(client.socket, 'connect')))

    const refused = open({ localAddress: '127.0.0.9' })

    expect(await refused.until('too many connections')).toMatch(/^HTTP\/1.1 429 /)
    await expectInOrder()
    for (const { socket } of [...crowd, refused]) socket.destroy()
  })

  describe('survives', () => {
    it.each<[string, Buffer | string, number | null]>([
      ['garbage', '\x00\x01\x02\x03\r\n\r\n', 400],
      ['text that is no request', 'hello there, is anybody home', 400],
      ['TLS', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1]), 400],
      ['100 KB of headers', `GET http://ip.test/ HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
      ['two Host headers', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
      ['a user name with odd bytes', get(basic('pro\0xy1\r\n\xff', 'x')), 407],
      ['a user name without an end', get('Proxy-Authorization: Basic cHJveHkx\r\n'), 407],
      ['a user name that is not Base64', get('Proxy-Authorization: Basic %%%\r\n'), 407],
      ['a PROXY header of the wrong length', Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff', 'latin1'), 400],
      ['SOCKS5 without a usable method', Buffer.from([5, 1, 9]), null],
      ['SOCKS5 with an unknown name', Buffer.concat([Buffer.from([5, 1, 2, 1]), text('nobody'), text('x')]), null],
      ['SOCKS4', Buffer.from([4, 1, 0, 80, 127, 0, 0, 1, 0]), null],
    ])('%s', async (_, bytes, status) => {
      const client = open().send(bytes)

      if (status === null) await client.untilEnd()
      else expect(await client.status()).toBe(status)
      await expectInOrder()
    })

    it('one byte a second, and silence', async () => {
      const clock = new ManualClock()
      await recreate({}, { clock })
      const slow = open().send('G')
      const silent = Array.from({ length: 500 }, () => open())
      await until('the silent ones to be there', () => silent.every(({ socket }) => !socket.connecting))
      await expectInOrder()

      for (const character of 'ET http://') {
        slow.send(character)
        await clock.advance(1_000)
      }

      expect(await slow.status()).toBe(408)
      await until('the silent ones to be closed', () => silent.every(({ hasEnded, isClosed }) => hasEnded || isClosed))
      await expectInOrder()
    })
  })
})
