import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { parseSocksRequest } from '../src/plane/bytes/socks5.ts'
import type { Connection } from '../src/contract/index.ts'
import { RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { getThrough, openTunnel, askThrough } from './support/proxy-client.ts'
import { World } from './support/world.ts'

expectNoHandleLeft()

const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
const question = 'GET / HTTP/1.1\r\nHost: ip.test\r\n\r\n'

describe('SOCKS5', () => {
  let world: World
  let endpoint: Connection
  let id: number
  let ip: string

  beforeEach(async () => {
    world = await World.create()
    const key = await world.addKey('a')
    ;({ id } = key)
    ip = key.remote_ip ?? ''
    endpoint = await world.connection(id)
  })

  afterEach(() => world.stop())

  const login = (password = endpoint.password) => Buffer.concat([Buffer.from([1]), text('proxy1'), text(password)])
  const request = (command: number, type: number, address: Buffer, port = 80) =>
    Buffer.concat([Buffer.from([5, command, 0, type]), address, Buffer.from([port >> 8, port & 255])])
  const byName = request(1, 3, text('ip.test'))

  async function open(...messages: Buffer[]): Promise<RawClient> {
    const client = new RawClient(endpoint.port)
    for (const message of messages) client.send(message)
    return client
  }

  it('leads out through the exit with user name and token, by name and by IPv4 address', async () => {
    const port = 80
    for (const target of [byName, request(1, 3, text('other.test'), port)]) {
      const client = await open(Buffer.from([5, 2, 0, 2]), login(), target)
      await client.until('\x05\x00\x00\x01')
      client.send(question)
      expect(await client.until(ip)).toContain(ip)
      client.socket.destroy()
    }
  })

  it('takes messages that come all at once, with the first bytes for the target behind them', async () => {
    const client = await open(Buffer.concat([Buffer.from([5, 1, 2]), login(), byName, Buffer.from(question)]))

    await client.until(ip)
    client.socket.destroy()
  })

  it('takes messages that come byte by byte', async () => {
    const client = await open()
    for (const byte of Buffer.concat([Buffer.from([5, 1, 2]), login(), byName, Buffer.from(question)])) {
      client.send(Buffer.from([byte]))
      await new Promise(setImmediate)
    }

    await client.until(ip)
    client.socket.destroy()
  })

  it('needs no credentials from an allowed address', async () => {
    await world.call('PUT', `/api/proxies/${id}`, { allowed_ips: ['127.0.0.1'] })
    const client = await open(Buffer.from([5, 1, 0]), byName)
    await client.until('\x05\x00\x05\x00')
    client.send(question)
    await client.until(ip)
    client.socket.destroy()
  })

  it.each([
    ['no acceptable method', () => [Buffer.from([5, 1, 0])], '\x05\xff'],
    ['a wrong token', () => [Buffer.from([5, 1, 2]), login('wrong')], '\x05\x02\x01\x01'],
    ['BIND', () => [Buffer.from([5, 1, 2]), login(), request(2, 3, text('ip.test'))], '\x05\x02\x01\x00\x05\x07'],
    ['UDP', () => [Buffer.from([5, 1, 2]), login(), request(3, 3, text('ip.test'))], '\x05\x02\x01\x00\x05\x07'],
    [
      'an unknown address type',
      () => [Buffer.from([5, 1, 2]), login(), request(1, 9, text('ip.test'))],
      '\x05\x02\x01\x00\x05\x08',
    ],
    ['port 0', () => [Buffer.from([5, 1, 2]), login(), request(1, 3, text('ip.test'), 0)], '\x05\x02\x01\x00\x05\x02'],
    [
      'a name that would end a line',
      () => [Buffer.from([5, 1, 2]), login(), request(1, 3, text('a\r\nX: y'))],
      '\x05\x02\x01\x00\x05\x01',
    ],
    [
      'a target out of reach',
      () => [Buffer.from([5, 1, 2]), login(), request(1, 1, Buffer.from([192, 0, 2, 1]))],
      '\x05\x02\x01\x00\x05\x04',
    ],
  ])('refuses %s with the code for it', async (_, messages, expected) => {
    const client = await open(...messages())

    expect((await client.untilEnd()).slice(0, expected.length)).toBe(expected)
    const next = await open(Buffer.from([5, 1, 2]), login(), byName)
    await next.until('\x05\x00\x00\x01')
    next.socket.destroy()
  })

  it('may also be what the upstream is spoken to in, for tunnels and plain requests', async () => {
    await world.call('PUT', `/api/proxies/${id}`, { upstream_protocol: 'socks5' })

    const tunnel = await openTunnel(endpoint, 'ip.test:80')
    const plain = await getThrough(endpoint, 'http://ip.test/')

    expect(await askThrough(tunnel.socket)).toBe(ip)
    expect([plain.status, plain.body.trim()]).toEqual([200, ip])
    tunnel.socket.destroy()
  })

  it('reads IPv4, IPv6 and names', () => {
    expect(parseSocksRequest(request(1, 1, Buffer.from([192, 0, 2, 7]), 443))).toMatchObject({
      value: { host: '192.0.2.7', port: 443 },
    })
    const ipv6 = Buffer.from('20010db8000000000000000000000001', 'hex')
    expect(parseSocksRequest(request(1, 4, ipv6, 443))).toMatchObject({ value: { host: '2001:db8:0:0:0:0:0:1' } })
    expect(parseSocksRequest(byName)).toMatchObject({ value: { host: 'ip.test', port: 80 }, bytes: byName.length })
    expect(parseSocksRequest(byName.subarray(0, -1))).toEqual({ kind: 'incomplete' })
  })
})
