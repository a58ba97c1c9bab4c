import { connect, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import { afterEach, describe, expect, it } from 'vitest'

import { createTestCertificate } from '../../test/support/certificates.ts'
import { script, startUpstream, type FakeUpstream } from '../../test/support/fake-upstream.ts'
import { until } from '../../test/support/until.ts'
import { createProbe, findAddress } from './probe.ts'
import type { ProbedUpstream } from './probed-upstream.ts'

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7\n', '203.0.113.7'],
  ['{"ip":"203.0.113.7"}', '203.0.113.7'],
  ['fl=1\nip=2001:db8::7\nts=1.5', '2001:db8::7'],
  ['<p>Your address: 203.0.113.7</p>', '203.0.113.7'],
  ['hello', null],
  ['', null],
  ['999.1.1.1', null],
])('finds the address in %j', (text, expected) => {
  expect(findAddress(text)).toBe(expected)
})

const plainUrl = 'http://ip.test/?a=1'
const secureUrl = 'https://ip.test/'
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n203.0.113.7'
const established = 'HTTP/1.1 200 Connection established\r\n\r\n'
const credentials = { username: 'shop', password: 'pass:word' }
const connected = Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)
const found = { kind: 'reachable', latencyMs: expect.any(Number) as number, exitIp: '203.0.113.7' }

describe('a probe', () => {
  let upstream: FakeUpstream

  afterEach(() => upstream.stop())

  const probe = (way: Partial<ProbedUpstream>, url = plainUrl, timeoutMs = 5_000) =>
    createProbe(
      url,
      timeoutMs,
      new AbortController().signal,
    )({ protocol: 'http', host: '127.0.0.1', port: upstream.port, credentials: null, ...way })

  it('asks an HTTP upstream for the URL, with its user name and password', async () => {
    const heard: Buffer[] = []
    upstream = await startUpstream(script([answer], heard))

    expect(await probe({ credentials })).toEqual(found)

    const head = Buffer.concat(heard).toString()
    expect(head).toMatch(/^GET http:\/\/ip\.test\/\?a=1 HTTP\/1\.1\r\n/)
    expect(head).toMatch(/\r\nhost: ip\.test\r\n/)
    expect(head).toContain(`proxy-authorization: Basic ${Buffer.from('shop:pass:word').toString('base64')}\r\n`)
  })

  it('lets a SOCKS5 upstream resolve the name, and gives it user name and password', async () => {
    const heard: Buffer[] = []
    upstream = await startUpstream(script([Buffer.of(5, 2), Buffer.of(1, 0), connected, answer], heard))

    expect(await probe({ protocol: 'socks5', credentials })).toEqual(found)

    const [greeting, login, request, head] = heard
    expect(greeting).toEqual(Buffer.of(5, 2, 0, 2))
    expect(login).toEqual(Buffer.from('\x01\x04shop\x09pass:word'))
    expect(request).toEqual(Buffer.from('\x05\x01\x00\x03\x07ip.test\x00\x50', 'latin1'))
    expect(head?.toString()).toMatch(/^GET \/\?a=1 HTTP\/1\.1\r\nhost: ip\.test\r\n/)
  })

  it.each([
    ['http://192.0.2.9:81/', Buffer.of(5, 1, 0, 1, 192, 0, 2, 9, 0, 81)],
    ['http://[2001:db8::7]/', Buffer.of(5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 80)],
  ])('gives a SOCKS5 upstream the address of %s as bytes', async (url, expected) => {
    const heard: Buffer[] = []
    const reply = Buffer.concat([Buffer.of(5, 0, 0, 3, 1), Buffer.from('x'), Buffer.of(0, 80)])
    upstream = await startUpstream(script([Buffer.of(5, 0), reply, answer], heard))

    expect(await probe({ protocol: 'socks5' }, url)).toEqual(found)

    expect(heard.slice(0, 2)).toEqual([Buffer.of(5, 1, 0), expected])
  })

  const denials: [string, Partial<ProbedUpstream>, string, (string | Buffer)[]][] = [
    ['407', {}, plainUrl, ['HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n']],
    ['407 to a tunnel', { credentials }, secureUrl, ['HTTP/1.1 407 No\r\n\r\n']],
    ['no method of SOCKS5 that we know', { protocol: 'socks5' }, plainUrl, [Buffer.of(5, 255)]],
    ['a login that SOCKS5 refuses', { protocol: 'socks5', credentials }, plainUrl, [Buffer.of(5, 2), Buffer.of(1, 1)]],
  ]
  it.each(denials)('says that our credentials are refused: %s', async (_, way, url, pieces) => {
    upstream = await startUpstream(script(pieces))

    expect(await probe(way, url)).toEqual({
      kind: 'unreachable',
      message: 'the upstream refuses our credentials',
      isGone: false,
    })
  })

  const close = (socket: Socket) => void socket.resume().end()
  const failures: [string, Partial<ProbedUpstream>, string, (socket: Socket) => void, string, boolean][] = [
    ['closes at once', { protocol: 'socks5' }, plainUrl, close, 'closed the connection', true],
    ['closes after the request', {}, plainUrl, (socket) => socket.once('data', () => socket.end()), 'closed', true],
    ['closes instead of a tunnel', {}, secureUrl, close, 'closed the connection', true],
    ['answers SOCKS5 with HTTP', { protocol: 'socks5' }, plainUrl, script([answer]), 'its answer is no SOCKS5', false],
    [
      'can not reach the target',
      { protocol: 'socks5' },
      plainUrl,
      script([Buffer.of(5, 0), Buffer.of(5, 4, 0, 1, 0, 0, 0, 0, 0, 0)]),
      'it could not reach the target (SOCKS5 reply 4)',
      false,
    ],
    ['refuses a tunnel', {}, secureUrl, script(['HTTP/1.1 503 No\r\n\r\n']), 'with status 503', false],
    ['gives a head without end', {}, secureUrl, script(['x'.repeat(20_000)]), 'the head of its answer', false],
    ['speaks no TLS', { protocol: 'https' }, plainUrl, script([answer]), 'the upstream does not speak TLS', false],
    ['leads to no TLS', {}, secureUrl, script([established, 'hello']), 'ip.test does not speak TLS', false],
  ]
  it.each(failures)('says what is wrong with an upstream that %s', async (_, way, url, play, message, isGone) => {
    upstream = await startUpstream(play)

    expect(await probe(way, url)).toEqual({
      kind: 'unreachable',
      message: expect.stringContaining(message) as string,
      isGone,
    })
    await until('the connection to end', () => upstream.open() === 0)
  })

  const silences: [string, Partial<ProbedUpstream>, string, (string | Buffer)[]][] = [
    ['HTTP', {}, plainUrl, []],
    ['an answer that does not end', {}, plainUrl, ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc']],
    ['TLS', { protocol: 'https' }, plainUrl, []],
    ['the tunnel', {}, secureUrl, []],
    ['TLS in the tunnel', {}, secureUrl, [established]],
    ['the greeting of SOCKS5', { protocol: 'socks5' }, plainUrl, []],
    ['half a greeting of SOCKS5', { protocol: 'socks5' }, plainUrl, [Buffer.of(5)]],
    ['the answer through SOCKS5', { protocol: 'socks5' }, plainUrl, [Buffer.of(5, 0), connected]],
  ]
  it.each(silences)('leaves no connection behind when its time is over while it waits for %s', async (...silence) => {
    const [, way, url, pieces] = silence
    upstream = await startUpstream(script(pieces))

    expect(await probe(way, url, 100)).toEqual({ kind: 'unreachable', message: 'no answer within 0.1 s', isGone: true })

    await until('the connection to end', () => upstream.open() === 0)
  })

  it('reads the beginning of an answer without end, and closes it', async () => {
    upstream = await startUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n203.0.113.7 ')
      const pour = () => {
        while (socket.writable && socket.write('x'.repeat(10_000)));
      }
      socket.on('drain', pour)
      pour()
    })

    expect(await probe({ protocol: 'http' })).toEqual(found)
    await until('the connection to end', () => upstream.open() === 0)
  })

  it('checks the certificate of an upstream by HTTPS', async () => {
    const certificate = await createTestCertificate('127.0.0.1')
    upstream = await startUpstream(script([answer]), certificate)
    const usual = getCACertificates('default')

    const distrusted = await probe({ protocol: 'https' })
    setDefaultCACertificates([...usual, certificate.ca])
    const trusted = await probe({ protocol: 'https' })
    const misnamed = await probe({ protocol: 'https', host: 'localhost' })
    setDefaultCACertificates(usual)

    expect(trusted).toEqual(found)
    expect(distrusted).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^the certificate of the upstream is not valid: .*self-signed/) as string,
    })
    expect(misnamed).toMatchObject({
      message: expect.stringMatching(/^the certificate of the upstream is not valid: Hostname.*localhost/) as string,
    })
  })

  it('reaches a site by HTTPS through an upstream by HTTPS', async () => {
    const certificate = await createTestCertificate('127.0.0.1', 'ip.test')
    const site = await startUpstream(script([answer]), certificate)
    upstream = await startUpstream((socket) => {
      socket.once('data', () => {
        socket.write(established)
        const inner = connect(site.port, '127.0.0.1')
        socket.pipe(inner).pipe(socket)
      })
    }, certificate)
    const usual = getCACertificates('default')
    setDefaultCACertificates([...usual, certificate.ca])

    const result = await probe({ protocol: 'https' }, secureUrl)
    setDefaultCACertificates(usual)

    expect(result).toEqual(found)
    await until('the connections to end', () => upstream.open() + site.open() === 0)
    await site.stop()
  })

  it('says nothing about the upstream when Stillpoint stops meanwhile', async () => {
    upstream = await startUpstream(script([]))
    const stopping = new AbortController()
    const way = { protocol: 'http' as const, host: '127.0.0.1', port: upstream.port, credentials: null }
    const asked = createProbe(plainUrl, 5_000, stopping.signal)(way)
    await until('the connection', () => upstream.open() === 1)

    stopping.abort()

    expect((await asked).kind).toBe('unknown')
    await until('the connection to end', () => upstream.open() === 0)
  })
})
