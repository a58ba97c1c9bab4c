import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, it } from 'vitest'

import { createTestCertificate } from './support/certificates.ts'
import { RawClient } from './support/data-plane.ts'
import { until } from './support/until.ts'
import { World } from './support/world.ts'

let world: World

afterEach(() => world.stop())

const basic = (text: string) => `Proxy-Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`
const connect = (fields = '', target = 'ip.test:80') => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${fields}\r\n`
const post = (host: string, fields: string, body = '') =>
  `POST /address HTTP/1.1\r\nHost: ${host}\r\n${fields}Connection: close\r\n\r\n${body}`

it('counts what is turned away by the reason for it, for an endpoint, for strangers and at the site', async () => {
  world = await World.create({ environment: { DOMAIN: 'proxy.test' } })
  const { id, port } = await world.addKey('a')
  const token = (await world.connection(id)).password
  const right = basic(`proxy1:${token}`)
  const shared = world.app.gatewayPort ?? 0
  const counted = async (name: string) => {
    const page = await (
      await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${world.session}` } })
    ).text()
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(page)?.[1])
  }
  const ofKey = (reason: string) => `stillpoint_key_refused_total\\{endpoint="proxy1",reason="${reason}"\\}`
  const ofStrangers = (reason: string) => `stillpoint_strangers_refused_total\\{reason="${reason}"\\}`
  const ofSite = (reason: string) => `stillpoint_site_refused_total\\{reason="${reason}"\\}`
  const socksLogin = Buffer.concat([
    Buffer.from([5, 1, 2, 1, 6]),
    Buffer.from('proxy1'),
    Buffer.from([1]),
    Buffer.from('x'),
  ])
  const cases: [what: string, to: number, bytes: string | Buffer, counter: string][] = [
    ['no credentials', port, connect(), ofKey('credentials')],
    ['wrong ones by SOCKS', port, socksLogin, ofKey('credentials')],
    ['a malformed head', port, 'GET nothing HTTP/1.1\r\nHost: a\r\n\r\n', ofKey('malformed')],
    [
      'a head too large',
      port,
      `GET http://a/ HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
      ofKey('head_too_large'),
    ],
    ['a target that the exit refuses', port, connect(right, '192.0.2.1:80'), ofKey('target')],
    [
      'SOCKS with a command that is not offered',
      port,
      Buffer.concat([
        Buffer.from([5, 1, 2, 1, 6]),
        Buffer.from('proxy1'),
        Buffer.from([token.length]),
        Buffer.from(token),
        Buffer.from([5, 3, 0, 1, 127, 0, 0, 1, 0, 80]),
      ]),
      ofKey('unsupported'),
    ],
    ['nobody who is known', shared, connect(basic('nobody:x')), ofStrangers('unknown_endpoint')],
    ['nobody who is known, by SOCKS', shared, Buffer.from([5, 1, 0]), ofStrangers('unknown_endpoint')],
    ['a malformed head at the shared port', shared, 'what\r\n\r\n', ofStrangers('malformed')],
    ['wrong credentials at the shared port', shared, connect(basic('proxy1:x')), ofKey('credentials')],
    [
      'a web site that is not here',
      shared,
      'GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n',
      ofSite('unknown_name'),
    ],
    [
      'a wrong token on the page',
      shared,
      post('proxy1.proxy.test', 'Authorization: Bearer x\r\nContent-Length: 0\r\n'),
      ofSite('credentials'),
    ],
    [
      'a form from elsewhere',
      shared,
      post('proxy1.proxy.test', 'Origin: https://evil.test\r\nContent-Length: 0\r\n'),
      ofSite('cross_site'),
    ],
    ['a form too large', shared, post('proxy1.proxy.test', 'Content-Length: 5000\r\n'), ofSite('body_too_large')],
  ]

  for (const [what, to, bytes, counter] of cases) {
    const before = await counted(counter)
    const client = new RawClient(to).send(bytes)
    await until(`${what} to be counted`, async () => (await counted(counter)) === before + 1)
    client.socket.destroy()
  }
})

it('counts what comes over TLS and is none', async () => {
  const certificate = await createTestCertificate('*.proxy.test')
  const folder = mkdtempSync(join(tmpdir(), 'stillpoint-refusals-'))
  writeFileSync(join(folder, 'cert'), certificate.cert)
  writeFileSync(join(folder, 'key'), certificate.key)
  const files = { TLS_PORT: '0', TLS_CERT: join(folder, 'cert'), TLS_KEY: join(folder, 'key') }
  world = await World.create({ environment: { DOMAIN: 'proxy.test', ...files } })
  const socket = createConnection(world.app.tlsPort ?? 0, '127.0.0.1').on('error', () => {})

  socket.write('GET / HTTP/1.1\r\n\r\n')

  await until('it to be counted', async () => {
    const headers = { authorization: `Bearer ${world.session}` }
    const page = await (await fetch(`${world.url}/metrics`, { headers })).text()
    return page.includes('stillpoint_strangers_refused_total{reason="malformed"} 1\n')
  })
  socket.destroy()
  rmSync(folder, { recursive: true })
})
