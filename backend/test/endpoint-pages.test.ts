import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createLog } from '../src/lib/log.ts'
import { launchChromium } from './support/chromium.ts'
import { RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { World } from './support/world.ts'

expectNoHandleLeft()

const domain = 'proxy.test'
const host = `proxy1.${domain}`
const formType = 'Content-Type: application/x-www-form-urlencoded'

describe('the page of an endpoint', () => {
  let clock: ManualClock
  let world: World
  let token: string
  const logged: string[] = []

  beforeEach(async () => {
    clock = new ManualClock()
    logged.length = 0
    const output = { isTTY: false, write: (line: string) => logged.push(line) }
    const log = createLog('debug', output as unknown as NodeJS.WriteStream)
    world = await World.create({ clock, log, environment: { DOMAIN: domain, GATEWAY_HOST: '0.0.0.0' } })
    await world.addKey('a')
    await world.addKey('b')
    token = (await world.connection(1)).password
  })
  afterEach(() => world.stop())

  const open = (localAddress = '127.0.7.1') => new RawClient(world.app.gatewayPort ?? 0, { localAddress })
  const head = (...lines: string[]) => `${['POST /address HTTP/1.1', `Host: ${host}`, ...lines].join('\r\n')}\r\n\r\n`
  const call = (given: string, ...lines: string[]) =>
    open().send(head(`Authorization: Bearer ${given}`, 'Content-Length: 0', 'Connection: close', ...lines))
  const form = (body: string, ...lines: string[]) =>
    head(formType, `Content-Length: ${body.length}`, 'Connection: close', ...lines) + body
  const failures = async () =>
    (await world.logs()).filter(({ action, status }) => action === 'login' && status === 'failure')

  /** It answers others. */
  async function expectInOrder(): Promise<void> {
    const page = open('127.0.7.9').send(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(await page.untilEnd()).toContain('Your address, 127.0.7.9, is not allowed by itself')
  }

  describe('takes bodies of 4 KB', () => {
    it('and refuses more by its length, on every path', async () => {
      const body = 'a&'.repeat(1024 * 1024)

      for (const path of ['/address', '/', '/proxy.pac', '/nothing']) {
        const client = open().send(form(body).replace('/address', path))
        expect(await client.status()).toBe(413)
      }

      await expectInOrder()
    })

    it('and refuses more while it comes, without keeping it', async () => {
      const client = open().send(head(formType, 'Transfer-Encoding: chunked'))
      const piece = 'a&'.repeat(2_048)
      client.send(`1000\r\n${piece}\r\n`)

      client.send('1\r\na\r\n')

      expect(await client.status()).toBe(413)
      await client.untilEnd()
      await expectInOrder()
    })

    it('that come within 15 s', async () => {
      const client = open().send(head(formType, 'Content-Length: 100') + 'tok')
      await expectInOrder()

      await clock.advance(15_000)

      expect(await client.untilEnd()).toMatch(/^HTTP\/1.1 408 [^]*The form did not come within 15 s/)
    })

    it('and reads a form that has them', async () => {
      const client = open().send(form(`token=+${token}%20&for=1h&x=${'&'.repeat(4_000)}`))

      expect(await client.untilEnd()).toMatch(/^HTTP\/1.1 200 [^]*127.0.7.1 may use proxy1 without a password until/)
    })
  })

  it('says one word, to the log alone, of forms that are broken off', async () => {
    const outcries = (['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name))
    const clients = Array.from({ length: 20 }, () => open().send(head(formType, 'Content-Length: 100') + 'tok'))
    await expectInOrder()

    for (const { socket } of clients) socket.destroy()

    const lines = () => logged.filter((line) => line.includes('a form was broken off'))
    await until('a line for each', () => lines().length === 20)
    await expectInOrder()
    for (const outcry of outcries) expect(outcry).not.toHaveBeenCalled()
    for (const line of lines()) expect(line).toContain('"level":"debug"')
    vi.restoreAllMocks()
  })

  describe('slows down whoever guesses tokens', () => {
    /** The first ten are answered at once. */
    async function guess(count: number): Promise<RawClient[]> {
      for (let index = 0; index < 10; index++) expect(await call('wrong').status()).toBe(401)
      return Array.from({ length: count }, () => call('wrong'))
    }

    it('but not the right token from there, nor anybody elsewhere', async () => {
      const [slow] = await guess(1)
      const elsewhere = open('127.0.7.2').send(head('Authorization: Bearer wrong', 'Content-Length: 0'))
      expect(await elsewhere.status()).toBe(401)
      expect(await call(token).status()).toBe(200)
      expect(slow?.received).toBe('')

      await clock.advance(250)

      expect(await slow?.status()).toBe(401)
    })

    it('lets eight of them wait, also of those that hang up, and sends the others away', async () => {
      const waiting = await guess(8)
      await until('all eight to have been looked at', async () => (await call('wrong').status()) === 429)
      for (const { socket } of waiting) socket.destroy()

      const refused = call(token)

      expect(await refused.untilEnd()).toMatch(/^HTTP\/1.1 429 [^]*Retry-After: 5/i)
      await clock.advance(5_000)
      expect(await call(token).status()).toBe(200)
    })

    it('writes one entry an address and hour to the operation log', async () => {
      await guess(0)
      expect(await failures()).toEqual([])
      await clock.advance(60_000)
      const [entry, ...more] = await failures()
      expect(entry?.message).toBe('10 wrong access tokens from 127.0.7.1 at the page of proxy1.')
      expect(entry?.proxy_id).toBe(1)
      expect(more).toEqual([])

      await clock.advance(15 * 60_000)
      expect(await call('wrong').status()).toBe(401)
      await clock.advance(40 * 60_000)
      expect(await failures()).toHaveLength(1)
      await clock.advance(10 * 60_000)

      const [next, ...before] = await failures()
      expect(next?.message).toBe('1 wrong access token from 127.0.7.1 at the page of proxy1.')
      expect(before).toEqual([entry])
    })

    it('writes what was not yet when it stops', async () => {
      await guess(0)

      await world.restart()

      await world.signIn()
      expect((await failures())[0]?.message).toBe('10 wrong access tokens from 127.0.7.1 at the page of proxy1.')
    })
  })

  describe('takes the form from itself alone', () => {
    it('and tells by Origin and Sec-Fetch-Site', async () => {
      const post = async (line: string) => {
        const byForm = await open()
          .send(form(`token=${token}&for=1h`, line))
          .untilEnd()
        const byCall = await call(token, line).untilEnd()
        expect(byForm.includes('This came from another web site')).toBe(byForm.startsWith('HTTP/1.1 403 '))
        return [byForm, byCall].map((answer) => Number(answer.split(' ')[1]))
      }
      const foreign = [
        'Origin: https://evil.example',
        `Origin: https://proxy2.${domain}`,
        `Origin: https://${host}:8443`,
        'Origin: null',
        'Sec-Fetch-Site: cross-site',
        `Origin: https://${host}\r\nSec-Fetch-Site: cross-site`,
      ]
      const own = [
        `Origin: https://${host}`,
        `Origin: http://${host}\r\nSec-Fetch-Site: same-origin`,
        'Sec-Fetch-Site: none',
      ]

      for (const line of foreign) expect([line, await post(line)]).toEqual([line, [403, 403]])
      expect((await world.get(1)).allowed_addresses).toEqual([])
      for (const line of own) expect([line, await post(line)]).toEqual([line, [200, 200]])
    })

    it('as a browser sends it', async () => {
      const browser = await launchChromium([], { args: [`--host-resolver-rules=MAP * 127.0.0.1`] })
      const page = await browser.newPage()
      await page.goto(`http://${host}:${world.app.gatewayPort}/`)
      await page.getByLabel('Access token').fill(token)

      await page.getByRole('button', { name: 'Allow 127.0.0.1' }).click()

      await page.getByRole('status').getByText('127.0.0.1 may use proxy1 without a password until').waitFor()
      await browser.close()
    })
  })

  describe('leaves an address that is allowed for another endpoint', () => {
    it.each<[string, () => Promise<unknown>]>([
      ['by a network', () => world.call('PUT', '/api/proxies/2', { allowed_ips: ['::ffff:127.0.7.0/120'] })],
      ['by itself', () => world.call('POST', '/api/proxies/2/addresses', { address: '::ffff:7f00:0701', for: '1h' })],
    ])('%s, and says what to do', async (_, allow) => {
      await allow()

      const byCall = await call(token).untilEnd()
      const byForm = await open()
        .send(form(`token=${token}&for=1h`))
        .untilEnd()

      const text =
        '127.0.7.1 is already allowed for proxy2, so nothing was changed. Give the user name proxy1 and its token with each connection, or ask the admin to allow the address for proxy1.'
      expect(byCall).toMatch(/^HTTP\/1.1 409 /)
      expect(byCall).toContain(`{"error":"${text}"}`)
      expect(byForm).toMatch(/^HTTP\/1.1 409 /)
      expect(byForm).toContain(text)
      expect((await world.get(1)).allowed_addresses).toEqual([])
      expect(await call('wrong').untilEnd()).not.toContain('proxy2')
      const byAdmin = await world.call('POST', '/api/proxies/1/addresses', { address: '127.0.7.1', for: '1h' })
      expect(byAdmin).toMatchObject({ status: 201, body: { also_allowed_for: ['proxy2'] } })
      expect(await call(token).status()).toBe(200)
    })
  })

  it('changes and logs nothing for who repeats himself within a minute', async () => {
    const entries = async () =>
      (await world.logs()).filter(({ message }) => message.includes('without its token')).length
    const allow = async (duration: string) => {
      const client = open().send(form(`token=${token}&for=${duration}`))
      expect(await client.untilEnd()).toMatch(/^HTTP\/1.1 200 /)
      return { entries: await entries(), ...(await world.get(1)).allowed_addresses[0] }
    }
    const first = await allow('24h')
    await clock.advance(59_000)
    expect(await allow('24h')).toEqual(first)

    await clock.advance(1_000)
    const renewed = await allow('24h')
    expect(renewed).toMatchObject({ entries: 2 })
    expect(Date.parse(renewed.until ?? '') - Date.parse(first.until ?? '')).toBe(60_000)
    expect(await allow('1h')).toMatchObject({ entries: 3 })
    const longest = await allow('7d')
    expect(longest).toMatchObject({ entries: 4 })
    await clock.advance(59_000)
    expect(await allow('7d')).toEqual(longest)
  })
})
