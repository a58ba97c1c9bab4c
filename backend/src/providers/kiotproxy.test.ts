import { createServer, type Server } from 'node:http'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { createKiotProxy } from './kiotproxy.ts'
import type { Provider, ProviderReply } from './provider.ts'
import { createAcceptsPlace } from './upstream-place.ts'

const key = 'K0123456789abcdef0123456789abcdef'
const clock = new ManualClock()
const good = {
  realIpAddress: '27.73.175.36',
  http: '27.73.175.36:33013',
  socks5: '27.73.175.36:33014',
  location: 'Bình Thuận',
  expirationAt: 10_000_000,
  nextRequestAt: 9_060_000,
  ttl: 1200,
  ttc: 60,
}
const timestamp = 9_000_000
const success = (data: unknown) => JSON.stringify({ data, success: true, code: 200, timestamp, status: 'SUCCESS' })
const failure = (error: string, message = '') =>
  JSON.stringify({ success: false, code: 40000000, message, timestamp, status: 'FAIL', error })

describe('KiotProxy', () => {
  let server: Server
  let provider: Provider
  let options: Partial<Parameters<typeof createKiotProxy>[0]>

  beforeEach(() => void (options = {}))
  afterEach(async () => {
    await provider.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  async function ask(status: number, body: string, headers: Record<string, string> = {}): Promise<ProviderReply> {
    server = createServer((_, response) => void response.writeHead(status, headers).end(body))
    return await askServer()
  }

  async function askServer(): Promise<ProviderReply> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    provider = createKiotProxy({ baseUrl: `http://127.0.0.1:${port}`, clock, timeoutMs: 300, ...options })
    return await provider.rotate(key, 'random', 'interactive')
  }

  it("reads an upstream and puts its times on our clock, from the reply's own", async () => {
    expect(await ask(200, success(good))).toEqual({
      kind: 'upstream',
      upstream: {
        http: '27.73.175.36:33013',
        socks5: '27.73.175.36:33014',
        exitIp: '27.73.175.36',
        location: 'Bình Thuận',
        expiresAt: clock.now() + 1_000_000,
        nextRotationAt: clock.now() + 60_000,
        ttlSeconds: 1200,
        cooldownSeconds: 60,
      },
    })
  })

  it('judges a time by now, not by when Stillpoint was started', async () => {
    clock.leap(20 * 365 * 86_400_000)
    const replied = clock.now()
    const data = { ...good, expirationAt: replied + 1_000_000, nextRequestAt: replied + 11 * 365 * 86_400_000 }

    const reply = await ask(200, JSON.stringify({ data, success: true, code: 200, timestamp: replied }))

    expect(reply).toMatchObject({
      upstream: { expiresAt: replied + 1_000_000, nextRotationAt: replied + good.ttc * 1000 },
    })
  })

  it('reads an upstream without an end and without the optional fields', async () => {
    const reply = await ask(200, success({ http: '1.2.3.4:80', ttc: 90, socks5: 'null', location: 'None' }))

    expect(reply).toMatchObject({
      kind: 'upstream',
      upstream: { expiresAt: null, socks5: null, location: null, nextRotationAt: clock.now() + 90_000 },
    })
  })

  it.each([
    ['KEY_NOT_FOUND', 404, 'Key not found', { kind: 'key_rejected', code: 'key_unknown' }],
    ['KEY_EXPIRED', 400, 'Key proxy đã hết hạn', { kind: 'key_rejected', code: 'key_expired' }],
    ['PROXY_NOT_FOUND_BY_KEY', 400, `Could not find the proxy being used by key ${key}`, { kind: 'none' }],
    ['TIME_TO_CHANGE_INVALID', 400, 'Gửi lại sau 109 giây', { kind: 'cooldown', retryAfterMs: 109_000 }],
    ['TIME_TO_CHANGE_INVALID', 200, 'Gui lai sau 7 giay', { kind: 'cooldown', retryAfterMs: 7_000 }],
    ['TIME_TO_CHANGE_INVALID', 400, 'later', { kind: 'cooldown', retryAfterMs: null }],
    ['SYSTEM_IS_HAVING_TROUBLE_ALLOCATING_RESOURCES', 400, '', { kind: 'out_of_stock' }],
    ['SOMETHING_NEW', 400, 'who knows', { kind: 'unavailable' }],
  ])('understands %s (%i, %s)', async (error, status, message, expected) => {
    expect(await ask(status, failure(error, message))).toMatchObject(expected)
  })

  it.each([
    ['HTML', 200, '<html></html>'],
    ['nothing', 200, ''],
    ['a success without data', 200, success(null)],
    ['the host "null"', 200, success({ ...good, http: 'null:80' })],
    ['the host "None"', 200, success({ ...good, http: 'None:80' })],
    ['port 0', 200, success({ ...good, http: '1.2.3.4:0' })],
    ['port 70000', 200, success({ ...good, http: '1.2.3.4:70000' })],
    ['a number', 200, '42'],
    ['a server error', 500, '<h1>500</h1>'],
    ['a megabyte', 200, 'x'.repeat(1024 * 1024)],
  ])('takes %s for an outage', async (_, status, body) => {
    expect(await ask(status, body)).toMatchObject({ kind: 'unavailable', retryAfterMs: null })
  })

  describe('on the internet', () => {
    beforeEach(() => void (options = { acceptsPlace: createAcceptsPlace('https://api.kiotproxy.com/api/v1') }))

    it('gives upstreams at IP addresses there', async () => {
      expect(await ask(200, success({ ...good, http: '[2606:4700::1]:80' }))).toMatchObject({
        kind: 'upstream',
        upstream: { http: '[2606:4700::1]:80', socks5: good.socks5 },
      })
    })

    it.each([
      '127.0.0.1:8000',
      '127.1.2.3:9001',
      '0.0.0.0:80',
      '169.254.169.254:80',
      '10.0.0.1:80',
      '172.20.0.1:80',
      '192.168.0.1:80',
      '100.64.0.1:80',
      '224.0.0.1:80',
      '[::1]:80',
      '[::ffff:127.0.0.1]:80',
      '[::ffff:c0a8:1]:80',
      '[fe80::1]:80',
      '[fd00::1]:80',
      '[64:ff9b::7f00:1]:80',
      'localhost:80',
      'app.localhost:80',
      'printer.local:80',
      'proxy.example.com:80',
    ])('gives none at %s', async (http) => {
      const reply = await ask(200, success({ ...good, http }))

      expect(reply).toMatchObject({ kind: 'unavailable', retryAfterMs: null })
      expect(reply).toMatchObject({
        message: expect.stringContaining(
          `KiotProxy gave ${http} as the upstream, which is no IP address on the internet.`,
        ),
      })
    })

    it('gives none by SOCKS5 elsewhere', async () => {
      const reply = await ask(200, success({ ...good, socks5: '127.0.0.1:22' }))

      expect(reply).toMatchObject({ kind: 'upstream', upstream: { http: good.http, socks5: null } })
    })
  })

  it.each([
    ['a name', 'exit.example.com', null],
    ['a page', `<script>${'x'.repeat(10_000)}</script>`, null],
    ['a number', 42, null],
    ['an address with blanks', ' 27.73.175.36 ', '27.73.175.36'],
    ['a mapped address', '::ffff:27.73.175.36', '27.73.175.36'],
    ['IPv6', '2001:DB8:0::1', '2001:db8::1'],
  ])('takes %s for an exit IP, or for none', async (_, realIpAddress, exitIp) => {
    expect(await ask(200, success({ ...good, realIpAddress }))).toMatchObject({ upstream: { exitIp } })
  })

  it.each([
    ['a long one', 'Hà '.repeat(5_000), 'Hà '.repeat(34).slice(0, 100)],
    ['lines', 'Huế\r\n\tViệt Nam\u0000', 'Huế Việt Nam'],
    ['what turns the text around', 'Huế\u202Etxt\u2066', 'Huế txt'],
    ['half a character', 'Huế\ud83d', 'Huế'],
    ['nothing but that', '\u0007\u200b', null],
    ['a number', 7, null],
  ])('gives a place in one line of 100 characters: %s', async (_, location, expected) => {
    expect(await ask(200, success({ ...good, location }))).toMatchObject({ upstream: { location: expected } })
  })

  it('tells its own errors in one line', async () => {
    const reply = await ask(400, failure('ODD\u001b[31m', `one\ntwo ${'x'.repeat(1_000)}`))

    expect(reply).toMatchObject({
      message: expect.stringMatching(/^KiotProxy answered with an error: ODD \[31m one two x{200,300}$/),
    })
  })

  it('obeys Retry-After with 429', async () => {
    const reply = await ask(429, 'slow down', { 'retry-after': '20' })
    expect(reply).toMatchObject({ kind: 'unavailable', retryAfterMs: 20_000 })
  })

  it('shows no key, even where the message repeats it', async () => {
    const reply = await ask(400, failure('ODD', `Something about ${key}`))

    expect(JSON.stringify(reply)).not.toContain(key)
    expect(reply).toMatchObject({ message: expect.stringContaining('K0123456...abcdef') })
  })

  it('reads no more than the beginning of an answer without end', async () => {
    let poured = 0
    server = createServer((_, response) => {
      const pour = () => {
        do poured += 1_000_000
        while (poured < 400_000_000 && !response.destroyed && response.write('x'.repeat(1_000_000)))
      }
      response.on('drain', pour)
      pour()
    })

    expect(await askServer()).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('too long') })

    // What both kernels buffer was sent all the same.
    expect(poured).toBeLessThan(50_000_000)
  })

  it.each([
    ['hangs', () => createServer(() => {}), /did not answer in time/],
    ['resets', () => createServer((request) => request.socket.destroy()), /can't be reached/],
    ['drips one byte at a time', () => createServer((_, response) => drip(response)), /did not answer in time/],
  ])('gives up on a server that %s', async (_, create, message) => {
    server = create()
    expect(await askServer()).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(message) })
  })
})

function drip(response: { write: (text: string) => void; on: (event: 'close', end: () => void) => void }): void {
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}
