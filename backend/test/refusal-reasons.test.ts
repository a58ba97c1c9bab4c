import { connect as connectTls } from 'node:tls'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { RawClient, upstreamAt } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { startTwoEndpoints, type TwoEndpoints } from './support/two-endpoints.ts'
import { until } from './support/until.ts'

expectNoHandleLeft()

let clock: ManualClock
let world: TwoEndpoints

beforeEach(async () => {
  clock = new ManualClock()
  world = await startTwoEndpoints({ clock })
})

afterEach(() => world.stop())

const basic = (user: string, token = 'token') =>
  `Proxy-Authorization: Basic ${Buffer.from(`${user}:${token}`).toString('base64')}\r\n`
const get = (fields = '') => `GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`
const text = (value: string) => String.fromCharCode(value.length) + value
const login = (user: string, token = 'token') => `\x05\x01\x02\x01${text(user)}${text(token)}`
const socks4 = (command: string, id: string) => `\x04${command}\x00\x50\x00\x00\x00\x01${id}\x00a.test\x00`
const large = `X: ${'x'.repeat(40_000)}\r\n`

/** All that was counted: `1 reason` for the first endpoint, `? reason` before an endpoint was known. */
function counted(): string[] {
  const { mirror } = world.plane
  const of = (whose: string, refused: Readonly<Record<string, number>>) =>
    Object.entries(refused).flatMap(([reason, count]) => (count > 0 ? [`${whose} ${reason} ${count}`] : []))
  return [1, 2].flatMap((id) => of(String(id), mirror.traffic(id).refused)).concat(of('?', mirror.strangers.refused))
}

describe('a refusal is counted once, where it is decided:', () => {
  it.each<[string, 'own' | 'shared', string, string]>([
    ['no credentials', 'own', get(), '1 credentials'],
    ['a wrong token', 'own', get(basic('proxy1', 'no')), '1 credentials'],
    ['the name of another endpoint', 'own', get(basic('proxy2')), '1 credentials'],
    ['a wrong token of a known name', 'shared', get(basic('proxy2', 'no')), '2 credentials'],
    ['no credentials, of nobody known', 'shared', get(), '? unknown_endpoint'],
    ['an unknown name', 'shared', get(basic('nobody')), '? unknown_endpoint'],
    ['a malformed head', 'own', 'nonsense\r\n\r\n', '1 malformed'],
    ['a malformed head of nobody known', 'shared', 'nonsense\r\n\r\n', '? malformed'],
    ['two lengths', 'own', get(`${basic('proxy1')}Content-Length: 1\r\nContent-Length: 2\r\n`), '1 malformed'],
    ['a head that is too large', 'own', get(large), '1 head_too_large'],
    ['a head that is too large, of nobody known', 'shared', get(large), '? head_too_large'],
    ['SOCKS5 that offers nothing of use', 'own', '\x05\x01\x01', '1 credentials'],
    ['SOCKS5 without a name, of nobody known', 'shared', '\x05\x01\x00', '? unknown_endpoint'],
    ['SOCKS5 with a wrong token', 'own', login('proxy1', 'no'), '1 credentials'],
    ['SOCKS5 with a wrong token of a known name', 'shared', login('proxy1', 'no'), '1 credentials'],
    ['SOCKS5 with an unknown name', 'shared', login('nobody'), '? unknown_endpoint'],
    ['SOCKS5 with a spoilt login', 'own', '\x05\x01\x02\x07\x00', '1 malformed'],
    [
      'SOCKS5 that asks to listen',
      'shared',
      `${login('proxy1')}\x05\x02\x00\x03${text('a.test')}\x00\x50`,
      '1 unsupported',
    ],
    ['SOCKS5 for port 0', 'own', `${login('proxy1')}\x05\x01\x00\x03${text('a.test')}\x00\x00`, '1 unsupported'],
    [
      'SOCKS5 for a name that is none',
      'own',
      `${login('proxy1')}\x05\x01\x00\x03${text('a b')}\x00\x50`,
      '1 malformed',
    ],
    ['SOCKS4a with a wrong token', 'own', socks4('\x01', 'proxy1:no'), '1 credentials'],
    ['SOCKS4a of nobody known', 'shared', socks4('\x01', ''), '? unknown_endpoint'],
    ['SOCKS4a that asks to listen', 'shared', socks4('\x02', 'proxy1:token'), '1 unsupported'],
    [
      'SOCKS4a for a name that is none',
      'own',
      socks4('\x01', 'proxy1:token').replace('a.test', 'a test'),
      '1 malformed',
    ],
  ])('%s, on the %s port', async (_, way, request, expected) => {
    const client = new RawClient(world.ports[way]).send(request)

    await until('it to be counted', () => counted().length > 0)

    client.socket.end()
    await client.untilEnd()
    expect(counted()).toEqual([`${expected} 1`])
  })

  it.each([
    ['own', '1 upstream_missing 2'],
    ['shared', '1 upstream_missing 2'],
  ] as const)('that there is no upstream, on the %s port', async (way, expected) => {
    world.plane.mirror.apply(world.routes.map((route) => ({ ...route, upstream: upstreamAt(null) })))

    await new RawClient(world.ports[way]).send(get(basic('proxy1'))).untilEnd()
    await new RawClient(world.ports[way])
      .send(`${login('proxy1')}\x05\x01\x00\x03${text('a.test')}\x00\x50`)
      .until('\x05\x03')

    expect(counted()).toEqual([expected])
  })

  it('silence, on every port', async () => {
    const own = [new RawClient(world.ports.own), new RawClient(world.ports.own).send('GET http://')]
    const shared = [new RawClient(world.ports.shared).send('\x05'), new RawClient(world.ports.shared).send('\x04\x01')]
    await until('all to be there', () => world.plane.mirror.traffic(1).connections === 2)
    await until('all to have sent', () => shared.every(({ socket }) => socket.bytesWritten > 0))
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)

    await clock.advance(10_000)

    expect(await Promise.all(own.concat(shared).map((client) => client.untilEnd()))).toEqual([
      '',
      expect.stringMatching(/^HTTP\/1\.1 408 /),
      '',
      '',
    ])
    expect(counted()).toEqual(['1 head_too_slow 2', '? head_too_slow 2'])
  })

  it('a name of TLS that no endpoint has', async () => {
    const socket = connectTls({ port: world.ports.tls, servername: 'proxy9.proxy.test', rejectUnauthorized: false })
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    socket.write(get(basic('proxy1')))

    await until('an answer', () => received.includes('\n\r\n'))

    expect(received).toMatch(/^HTTP\/1\.1 404 [^]*There is no endpoint proxy9 here\./)
    expect(counted()).toEqual(['? unknown_endpoint 1'])
    socket.destroy()
  })

  it.each([
    ['no TLS', 'hello'],
    ['TLS of 2008 without forward secrecy', { ciphers: 'AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }],
    ['TLS of 2008 with CBC', { ciphers: 'ECDHE-RSA-AES128-SHA256', maxVersion: 'TLSv1.2' }],
    ['TLS of 2006', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
  ] as const)('%s on the TLS port', async (_, what) => {
    const { tls: port } = world.ports
    const client = typeof what === 'string' ? new RawClient(port).send(what) : null
    const refused =
      typeof what === 'string'
        ? null
        : new Promise((resolve) => connectTls({ port, rejectUnauthorized: false, ...what }).on('error', resolve))

    await until('it to be counted', () => counted().length > 0)

    expect(counted()).toEqual(['? malformed 1'])
    client?.socket.destroy()
    if (refused !== null) expect(await refused).toBeInstanceOf(Error)
  })

  it('but a modern handshake is taken, of TLS 1.2 and 1.3', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version }
      const socket = connectTls({ port: world.ports.tls, rejectUnauthorized: false, ...options })
      await until('the handshake', () => socket.getProtocol() === version)
      socket.destroy()
    }
    expect(counted()).toEqual([])
  })
})
