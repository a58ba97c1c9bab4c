import { execFileSync, spawnSync } from 'node:child_process'

import { createCA, createCert } from 'mkcert'
import { describe, expect, it } from 'vitest'

import { authorization, RawClient, startRaw, upstreamAt, type Plane } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { createTestCertificate, type TestCertificate } from './support/certificates.ts'
import { until } from './support/until.ts'
import { startOver, stopAfterEach, upstreamKinds } from './support/upstream-kinds.ts'

expectNoHandleLeft()
stopAfterEach()

const get = (site = 'a.test') => `GET http://${site}/ HTTP/1.1\r\nHost: a.test\r\n${authorization}\r\n`
const connect = (site = 'a.test') => `CONNECT ${site}:443 HTTP/1.1\r\nHost: a.test:443\r\n${authorization}\r\n`
const both = [
  ['a plain request', get],
  ['a tunnel', connect],
] as const
/** SOCKS5 with user name and token, to a.test:80, all at once. */
const socks = Buffer.from('\x05\x01\x02\x01\x06proxy1\x05token\x05\x01\x00\x03\x06a.test\x00\x50', 'latin1')

const untold = () => {
  throw new Error('the origin was reached')
}

async function expectRefused(plane: Plane, request: string, text: RegExp): Promise<void> {
  const client = new RawClient(plane.port).send(request)
  expect(await client.untilEnd()).toMatch(text)
}

describe.each(upstreamKinds)('an upstream of $name', (kind) => {
  it.each(both)('that takes no credentials of ours refuses %s, which is told and counted', async (_, request) => {
    const { plane } = await startOver(kind, untold, { denies: true })
    const failing: string[] = []
    plane.mirror.upstreamFailing.subscribe(({ reason, leaseId }) => failing.push(`${reason} ${leaseId}`))

    await expectRefused(plane, request(), /^HTTP\/1\.1 502 [^]*The upstream proxy wants credentials of its own/)
    await expectRefused(plane, request(), /^HTTP\/1\.1 502 /)

    const { upstream } = plane.route
    expect(failing).toEqual([`denied ${upstream.kind === 'available' ? upstream.leaseId : ''}`])
    expect(plane.traffic().refused).toMatchObject({ upstream_denied: 2, upstream: 0, credentials: 0 })
  })

  it.each(both)('at port 99999 of a lease can’t be reached by %s; nothing else comes of it', async (_, request) => {
    const { plane, upstream } = await startOver(kind, ({ socket }) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
    )
    plane.update({ upstream: { ...upstream.lease, leaseId: 'odd', port: 99_999 } })

    await expectRefused(plane, request(), /^HTTP\/1\.1 502 [^]*The upstream proxy can't be reached/)

    plane.update({ upstream: upstream.lease })
    expect(await new RawClient(plane.port).send(request()).status()).toBe(200)
  })

  it.each(both)('is not asked for a name of 300 letters by %s', async (_, request) => {
    const { plane, upstream } = await startOver(kind, untold)

    await expectRefused(plane, request('n'.repeat(300)), /^HTTP\/1\.1 400 /)

    expect(upstream.opened).toBe(0)
    expect(plane.traffic().refused).toMatchObject({ malformed: 1 })
  })

  it('that several connections in a row can’t reach is told of, once', async () => {
    const { plane, upstream } = await startOver(kind, untold)
    const failing: string[] = []
    plane.mirror.upstreamFailing.subscribe(({ reason }) => failing.push(reason))
    await upstream.stop()

    for (let count = 0; count < 4; count++) await expectRefused(plane, connect(), /^HTTP\/1\.1 502 /)

    expect(failing).toEqual(['unreachable'])
    expect(plane.traffic().refused).toMatchObject({ upstream: 4 })
  })

  it('takes a name of 255 letters', async () => {
    const name = `${'n'.repeat(250)}.test`
    const { plane, upstream } = await startOver(kind, () => {})

    expect(await new RawClient(plane.port).send(connect(name)).status()).toBe(200)

    expect(upstream.reached[0]?.target).toBe(`${name}:443`)
  })
})

describe('an upstream of SOCKS5', () => {
  it.each([
    [1, 502],
    [2, 403],
    [4, 502],
    [5, 502],
    [6, 504],
  ])('that replies with code %d, and says no more, could not reach the target', async (code, status) => {
    const upstream = await startRaw((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from([5, 0]))
        socket.once('data', () => socket.end(Buffer.from([5, code])))
      })
    })
    const { plane } = await startOver(upstreamKinds[3] ?? untold(), untold)
    plane.update({ upstream: upstreamAt(upstream.port, { protocol: 'socks5' }) })

    for (const [, request] of both)
      await expectRefused(plane, request(), new RegExp(`^HTTP/1\\.1 ${status} [^]*could not reach this target`))
    const client = new RawClient(plane.port).send(socks)
    expect((await client.untilEnd()).slice(0, 6)).toBe('\x05\x02\x01\x00\x05\x04')

    expect(plane.traffic().refused).toMatchObject({ target: 3, upstream: 0 })
    await upstream.stop()
  })
})

describe('an upstream of HTTP', () => {
  it.each([400, 403, 408, 429, 500, 503])(
    'that answers CONNECT with %d is counted as that, not as ours',
    async (status) => {
      const upstream = await startRaw((socket) =>
        socket.once('data', () => socket.write(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)),
      )
      const { plane } = await startOver(upstreamKinds[0] ?? untold(), untold)
      plane.update({ upstream: upstreamAt(upstream.port) })

      await expectRefused(plane, connect(), new RegExp(`^HTTP/1\\.1 ${status} [^]*refused this target`))

      const { refused } = plane.traffic()
      expect(Object.entries(refused).filter(([, count]) => count > 0)).toEqual([['target', 1]])
      await upstream.stop()
    },
  )

  it('whose answer to a plain request is 400, 408 or 429 counts nothing: that is the site’s', async () => {
    const { plane } = await startOver(upstreamKinds[0] ?? untold(), ({ socket }) =>
      socket.on('data', () => socket.write('HTTP/1.1 429 Slower\r\nContent-Length: 0\r\n\r\n')),
    )

    await new RawClient(plane.port).send(get()).until('429 Slower')

    expect(Object.values(plane.traffic().refused).every((count) => count === 0)).toBe(true)
  })
})

type Certificate = Pick<TestCertificate, 'cert' | 'key'>
type SignedBy = [string, () => Certificate | Promise<Certificate>, RegExp]

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const organisation = { organization: 'Test', countryCode: 'VN', state: 'Test', locality: 'Test', validity: 2 }

function signedByItself(): Certificate {
  const how = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    '-',
    '-days',
    '2',
  ]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const pem = execFileSync('openssl', ['req', ...how, ...subject], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return { cert: pem, key: pem }
}

describe('an upstream of HTTPS', () => {
  const https = upstreamKinds[2] ?? untold()

  it.each([
    ['expired', ['localhost'], -1, /The certificate of the upstream proxy has expired \(CERT_HAS_EXPIRED\)/],
    ['for another name', ['other.test'], 2, /The certificate of the upstream proxy is for another name/],
  ])('whose certificate is %s is sent nothing, and that is told', async (_, domains, validity, text) => {
    const ca = await createCA(organisation)
    const certificate = await createCert({ ca, domains, validity })
    const { plane, upstream } = await startOver(https, untold, { certificate, upstreamTls: { ca: ca.cert } })

    for (const [, request] of both) await expectRefused(plane, request(), text)

    expect(upstream.reached).toEqual([])
    expect(plane.traffic().refused).toMatchObject({ upstream: 2 })
  })

  it.each<SignedBy>([
    ['is one of an authority', () => createCA(organisation), /is not one of a server/],
    ['is signed by another authority', async () => await createTestCertificate('localhost'), /can't be verified/],
    ...(hasOpenssl ? [['is signed by nobody else', signedByItself, /is signed by nobody else/] as SignedBy] : []),
  ])('whose certificate %s is sent nothing, and that is told', async (_, make, text) => {
    const { plane, upstream } = await startOver(https, untold, { certificate: await make() })

    for (const [, request] of both) await expectRefused(plane, request(), text)
    await expectRefused(plane, connect(), /^HTTP\/1\.1 502 [^]*; nothing was sent to it\./)

    expect(upstream.reached).toEqual([])
  })

  it('that speaks no TLS is sent nothing in clear', async () => {
    const upstream = await startRaw((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 No\r\n\r\n')))
    const { plane } = await startOver(https, untold)
    plane.update({ upstream: { ...upstreamAt(upstream.port), host: 'localhost', protocol: 'https' } })

    await expectRefused(plane, get(), /^HTTP\/1\.1 502 [^]*does not speak TLS as it should/)

    expect(upstream.received.startsWith('\x16\x03')).toBe(true)
    for (const word of ['a.test', 'GET', 'Host', 'proxy1']) expect(upstream.received).not.toContain(word)
    await upstream.stop()
  })

  it('is asked for HTTP/1.1 and by its name, over TLS', async () => {
    const { plane, upstream } = await startOver(https, () => {})
    await new RawClient(plane.port).send(connect()).until('200 Connection established')

    const socket = upstream.reached[0]?.socket as { alpnProtocol?: string; servername?: string } | undefined
    await until('the name', () => socket?.servername === 'localhost')
  })
})
