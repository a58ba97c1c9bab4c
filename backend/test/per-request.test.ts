import { connect as connectTls } from 'node:tls'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { addressFor, startTwoEndpoints, type TwoEndpoints } from './support/two-endpoints.ts'
import { until } from './support/until.ts'

expectNoHandleLeft()

let clock: ManualClock
let world: TwoEndpoints

beforeEach(async () => {
  clock = new ManualClock()
  world = await startTwoEndpoints({ clock, trustedProxies: ['127.0.0.9'] })
})

afterEach(() => world.stop())

const basic = (user: string, token = 'token') =>
  `Proxy-Authorization: Basic ${Buffer.from(`${user}:${token}`).toString('base64')}\r\n`
const get = (fields = '', path = '/') => `GET http://a.test${path} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`
const connect = (fields = '') => `CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n${fields}\r\n`
const ofSocks = (...parts: string[]) => parts.join('')
const text = (value: string) => String.fromCharCode(value.length) + value

async function ask(client: RawClient, request: string, end: string): Promise<string> {
  client.received = ''
  client.send(request)
  await until(`an answer that ends with ${end}`, () => client.received.endsWith(end) || client.hasEnded)
  return client.received
}

describe('requests on one connection', () => {
  it.each(['shared port', 'address that is allowed'])('go each by its own credentials, on the %s', async (way) => {
    const client = new RawClient(world.ports.shared, { localAddress: addressFor('proxy1') })
    if (way !== 'shared port') await ask(client, get(), 'exit1')

    for (const [user, exit] of [
      ['proxy1', 'exit1'],
      ['proxy2', 'exit2'],
      ['proxy2', 'exit2'],
      ['proxy1', 'exit1'],
    ] as const)
      expect(await ask(client, get(basic(user)), exit)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await ask(client, get(basic('proxy2', 'wrong')), '\n')).toMatch(/^HTTP\/1\.1 407 /)
    expect(await ask(client, get(basic('nobody')), '\n')).toMatch(/^HTTP\/1\.1 407 /)
    expect(await ask(client, connect(basic('proxy2')), 'exit2')).toMatch(/^HTTP\/1\.1 200 /)

    const [first, second] = [1, 2].map((id) => world.plane.mirror.traffic(id))
    expect([first?.connections, second?.connections, second?.tunnels]).toEqual([0, 1, 1])
    expect(second?.requests).toBe(3)
  })
})

/** A header of version 2 for IPv6, from this address. */
function proxyHeader(address: string): string {
  const bytes = Buffer.alloc(16)
  bytes.fill(0xff, 10, 12)
  Buffer.from(address.split('.').map(Number)).copy(bytes, 12)
  const to = Buffer.alloc(16)
  to[15] = 1
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24', 'latin1')
  return Buffer.concat([head, bytes, to, Buffer.from([1, 1, 0, 80])]).toString('latin1')
}

it('knows an allowed client behind a balancer that writes IPv4 as IPv6', async () => {
  for (const port of [world.ports.own, world.ports.shared]) {
    const client = new RawClient(port, { localAddress: '127.0.0.9' })
    expect(await ask(client, proxyHeader('127.1.0.7') + get(), 'exit1')).toMatch(/^HTTP\/1\.1 200 /)
    const stranger = new RawClient(port, { localAddress: '127.0.0.9' })
    expect(await ask(stranger, proxyHeader('127.3.0.7') + get(), '\n')).toMatch(/^HTTP\/1\.1 407 /)
  }
})

describe.each(['own', 'shared', 'tls'] as const)('a head on the %s port', (way) => {
  function open(): { send(bytes: string): void; answer(): Promise<string> } {
    if (way !== 'tls') {
      const client = new RawClient(world.ports[way])
      return { send: (bytes) => void client.send(bytes), answer: () => client.until('\r\n\r\n') }
    }
    let received = ''
    const socket = connectTls({ host: '127.0.0.1', port: world.ports.tls, rejectUnauthorized: false })
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    socket.on('error', () => {})
    return {
      send: (bytes) => void socket.write(bytes, 'latin1'),
      async answer() {
        await until('an answer', () => received.includes('\r\n\r\n'))
        socket.destroy()
        return received
      },
    }
  }
  const long = (length: number) => 'x'.repeat(length)

  it.each([
    ['with 20 KB of URL', get(basic('proxy1'), `/${long(20_000)}`), 200],
    ['with 20 KB of cookies', get(`${basic('proxy1')}Cookie: ${long(20_000)}\r\n`), 200],
    ['with 40 KB of URL', get(basic('proxy1'), `/${long(40_000)}`), 431],
    ['with 40 KB of cookies', get(`Cookie: ${long(40_000)}\r\n${basic('proxy1')}`), 431],
    ['whose lines end with LF alone', get(basic('proxy1')).replaceAll('\r\n', '\n'), 400],
    ['whose first line ends with LF alone, and no more', 'GET http://a.test/ HTTP/1.1\n', 400],
    ['with two Proxy-Authorization', get(basic('proxy1') + basic('proxy1')), 400],
    ['with those of two endpoints', get(basic('proxy1') + basic('proxy2')), 400],
    ['without a Host', 'GET http://a.test/ HTTP/1.1\r\n\r\n', 400],
  ])('%s is answered at once', async (_, head, status) => {
    const client = open()

    client.send(head)

    expect(await client.answer()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })
})

describe('whoever guesses', () => {
  const socks5 = ofSocks('\x05\x01\x02', '\x01', text('proxy1'), text('guess'))
  const socks4 = ofSocks('\x04\x01\x00\x50\x00\x00\x00\x01proxy1:guess\x00a.test\x00')

  it.each([
    ['HTTP', get(basic('proxy1', 'guess')), 'HTTP/1.1 407 '],
    ['SOCKS5', socks5, '\x05\x02\x01\x01'],
    ['SOCKS4a', socks4, '\x00\x5b'],
  ])('waits for the answer, in %s also when he has ended his side', async (_, guess, refusal) => {
    const localAddress = addressFor('nobody')
    const from = () => new RawClient(world.ports.own, { localAddress })
    for (let count = 0; count < 12; count++) {
      const early = from().send(guess)
      await until('it to be counted', () => world.plane.mirror.traffic(1).refused['credentials'] === count + 1)
      await clock.advance(6_000)
      early.socket.destroy()
    }

    const client = from().send(guess)
    client.socket.end()
    await until('it to be counted', () => world.plane.mirror.traffic(1).refused['credentials'] === 13)
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    expect([client.hasEnded, client.isClosed]).toEqual([false, false])
    await clock.advance(1_100)

    await until('the answer', () => client.isClosed || client.hasEnded)
    expect(client.received.startsWith(refusal)).toBe(true)
  })
})
