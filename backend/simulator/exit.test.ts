import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createTestCertificate } from '../test/support/certificates.ts'
import { expectNoHandleLeft } from '../test/support/handles.ts'
import { Exit, type ExitOptions } from './exit.ts'
import { listen, Network } from './network.ts'
import { createOrigin } from './origin.ts'

const credentials = { username: 'someone', password: 'p%:ß' }
const own = '127.20.9.1'
/** No machine has this one (RFC 5737). */
const foreign = '192.0.2.1'

const basic = ({ username, password } = credentials) =>
  `Proxy-Authorization: Basic ${Buffer.from(`${username}:${password}`).toString('base64')}\r\n`
const get = (url: string, headers = '') =>
  `GET ${url} HTTP/1.1\r\nHost: asked.test\r\n${headers}Connection: close\r\n\r\n`
const connectTo = (target: string, headers = '') => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${headers}\r\n`
const upgrade = (headers: string) =>
  `GET http://ip.test/ HTTP/1.1\r\nHost: ip.test\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
const sized = (value: string) => Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)])
const socksTarget = Buffer.concat([Buffer.from([5, 1, 0, 3]), sized('ip.test'), Buffer.from([0, 80])])

expectNoHandleLeft()

describe('an exit', () => {
  const network = new Network()
  const origin = createOrigin(network)
  let exit: Exit

  beforeEach(async () => {
    network.originPort = await listen(origin, '127.0.0.1')
  })

  afterEach(() => {
    exit.kill()
    origin.closeAllConnections()
    origin.close()
  })

  async function start(address: string, options?: ExitOptions): Promise<void> {
    exit = new Exit(address, network, () => true, options)
    await exit.start()
  }

  /** Sends these, and gives all that comes until the end of the connection. */
  function send(parts: (string | Buffer)[], socket: Socket = connect(exit.httpPort, exit.bound)): Promise<string> {
    for (const part of parts) socket.write(part)
    return text(socket)
  }

  const sendSocks = (...parts: Buffer[]) =>
    send([...parts, socksTarget, get('/ip')], connect(exit.socks5Port, exit.bound))

  it.each([own, foreign])('is %s to the origin, also where it can bind 127.0.0.1 only', async (address) => {
    await start(address, { credentials })
    const login = Buffer.concat([Buffer.from([1]), sized(credentials.username), sized(credentials.password)])

    const answers = [
      await send([get('http://ip.test/ip', basic())]),
      await send([connectTo('ip.test:80', basic()), get('/ip')]),
      await sendSocks(Buffer.from([5, 1, 2]), login),
    ]

    for (const answer of answers) expect(answer).toContain(`\r\n\r\n${address}\n`)
    expect(exit.bound).toBe(address === own ? own : '127.0.0.1')
  })

  it('sends a request on with its path and its Host', async () => {
    await start(own)

    const answer = await send([get('http://ip.test:81/echo?a=b')])

    expect(answer).toMatch(/^HTTP\/1.1 200 [^]*"url":"\/echo\?a=b","headers":{"host":"asked.test"/)
  })

  it('reaches nothing outside this machine', async () => {
    await start(own)

    const plain = await send([get('http://192.0.2.2/')])
    const tunnel = await send([connectTo('example.com:443')])

    for (const answer of [plain, tunnel]) expect(answer).toMatch(/^HTTP\/1.1 403 [^]*only this machine/)
  })

  it('with credentials lets nobody in who has none, or wrong ones', async () => {
    await start(own, { credentials })
    const wrong = { ...credentials, password: 'x' }
    const login = Buffer.concat([Buffer.from([1]), sized(wrong.username), sized(wrong.password)])

    for (const headers of ['', basic(wrong)]) {
      expect(await send([get('http://ip.test/', headers)])).toMatch(/^HTTP\/1.1 407 [^]*proxy-authenticate: Basic/)
      expect(await send([connectTo('ip.test:80', headers)])).toMatch(/^HTTP\/1.1 407 /)
      expect(await send([upgrade(headers)])).toMatch(/^HTTP\/1.1 407 /)
    }
    expect(await sendSocks(Buffer.from([5, 1, 0]))).toBe(Buffer.from([5, 0xff]).toString())
    expect(await sendSocks(Buffer.from([5, 1, 2]), login)).toBe(Buffer.from([5, 2, 1, 1]).toString())
  })

  it('with a certificate is spoken to over TLS, and cuts off who does not', async () => {
    const { key, cert, ca } = await createTestCertificate('exit.test')
    await start(own, { tls: { key, cert } })
    const open = () => connectTls({ port: exit.httpPort, host: exit.bound, servername: 'exit.test', ca })

    const plain = await send([get('http://ip.test/ip')], open())
    const tunnel = await send([connectTo('ip.test:80'), get('/ip')], open())
    const unencrypted = await send([get('http://ip.test/ip')]).catch(() => '')

    for (const answer of [plain, tunnel]) expect(answer).toContain(`\r\n\r\n${own}\n`)
    expect(unencrypted).toBe('')
  })
})
