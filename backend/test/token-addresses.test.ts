import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { World } from './support/world.ts'

expectNoHandleLeft()

const domain = 'proxy.test'
const host = `proxy1.${domain}`

describe('addresses that a token lets in', () => {
  let clock: ManualClock
  let world: World
  let token: string

  beforeEach(async () => {
    clock = new ManualClock()
    world = await World.create({ clock, environment: { DOMAIN: domain } })
    await world.addKey('a')
    token = (await world.connection(1)).password
  })
  afterEach(() => world.stop())

  const open = (localAddress: string) => new RawClient(world.app.gatewayPort ?? 0, { localAddress })
  const addressOf = (index: number) => `127.0.7.${index}`
  const lines = (...more: string[]) => `${[`Host: ${host}`, 'Connection: close', ...more].join('\r\n')}\r\n\r\n`
  const call = (address: string, duration = '24h', given = token) =>
    open(address)
      .send(`POST /address?for=${duration} HTTP/1.1\r\n`)
      .send(lines(`Authorization: Bearer ${given}`, 'Content-Length: 0'))
      .untilEnd()
  const form = async (address: string, body: string) => {
    const type = 'Content-Type: application/x-www-form-urlencoded'
    const head = `POST /address HTTP/1.1\r\n${lines(type, `Content-Length: ${body.length}`)}`
    return await open(address)
      .send(head + body)
      .untilEnd()
  }
  const allowed = async () => (await world.get(1)).allowed_addresses.map(({ address }) => address)
  const entries = async () => (await world.logs()).filter(({ message }) => message.includes('without its token'))
  const get = 'GET http://ip.test/ HTTP/1.1\r\nHost: ip.test\r\n\r\n'
  const statusThrough = (address: string) => open(address).send(get).status()

  it('end with it, and those of the admin stay', async () => {
    await call(addressOf(1), '7d')
    await world.call('POST', '/api/proxies/1/addresses', { address: addressOf(2), for: 'forever' })
    await world.call('POST', '/api/proxies/1/addresses', { address: addressOf(3), for: '1h' })
    await call(addressOf(3), '7d')
    expect((await world.get(1)).allowed_addresses.map(({ address, made_by }) => [address, made_by])).toEqual([
      [addressOf(1), 'token'],
      [addressOf(2), 'admin'],
      [addressOf(3), 'admin'],
      [addressOf(3), 'token'],
    ])
    expect(await statusThrough(addressOf(1))).toBe(200)

    await world.call('POST', '/api/proxies/1/token')

    expect(await allowed()).toEqual([addressOf(2), addressOf(3)])
    expect(await statusThrough(addressOf(1))).toBe(407)
    expect(await statusThrough(addressOf(2))).toBe(200)
    expect(await statusThrough(addressOf(3))).toBe(200)
    expect((await world.logs())[0]?.message).toBe(
      'proxy1 has a new access token; the one before ended, and with it what it had let in: 127.0.7.1, 127.0.7.3.',
    )
    expect(await call(addressOf(1), '7d')).toMatch(/^HTTP\/1.1 401 /)
  })

  it('are none that come while it is replaced', async () => {
    const replacing = world.call('POST', '/api/proxies/1/token')
    const answers = await Promise.all([1, 2, 3, 4].map((index) => call(addressOf(index))))
    await replacing

    expect(await allowed()).toEqual([])
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 (200|401) /)
  })

  it('are let in for a week at most, and no more is offered', async () => {
    const page = await open(addressOf(1)).send(`GET / HTTP/1.1\r\n${lines()}`).untilEnd()
    const text = 'With the token an address can be allowed for 7 days at most: for must be one of 1h, 24h, 7d.'

    expect(page).toContain('value="7d"')
    expect(page).not.toContain('forever')
    expect(await call(addressOf(1), 'forever')).toMatch(/^HTTP\/1.1 400 /)
    expect(await call(addressOf(1), 'forever')).toContain(text)
    expect(await form(addressOf(1), `token=${token}&for=forever`)).toContain(text)
    expect(await allowed()).toEqual([])
    expect(await call(addressOf(1), '7d')).toMatch(/^HTTP\/1.1 200 /)
  })

  it('change ten times a minute, and repeats of the last change count for nothing', async () => {
    for (let turn = 0; turn < 10; turn++) {
      const duration = turn % 2 === 0 ? '1h' : '24h'
      for (let repeat = 0; repeat < 4; repeat++) {
        expect(await call(addressOf(1), duration)).toMatch(/^HTTP\/1.1 200 /)
      }
      await clock.advance(1_000)
    }
    expect(await entries()).toHaveLength(10)

    const refused = await call(addressOf(1), '1h')
    const page = await form(addressOf(2), `token=${token}&for=1h`)

    const text =
      'The token of proxy1 has changed 10 allowed addresses within a minute, so nothing was changed. Try again in 50 s.'
    expect(refused).toMatch(/^HTTP\/1.1 429 [^]*Retry-After: 50\r\n/i)
    expect(refused).toContain(JSON.stringify({ error: text }))
    expect(page).toMatch(/^HTTP\/1.1 429 /)
    expect(page).toContain(text)
    expect(await call(addressOf(1), '24h')).toMatch(/^HTTP\/1.1 200 /)
    expect(await entries()).toHaveLength(10)
    expect(await allowed()).toEqual([addressOf(1)])
    await clock.advance(50_000)
    expect(await call(addressOf(1), '1h')).toMatch(/^HTTP\/1.1 200 /)
  })

  it('are 16 at most, and the page says what to do then', async () => {
    for (let index = 1; index <= 16; index++) {
      expect(await call(addressOf(index))).toMatch(/^HTTP\/1.1 200 /)
      await clock.advance(7_000)
    }

    const refused = await call(addressOf(17))
    const page = await form(addressOf(17), `token=${token}&for=1h`)

    expect(refused).toMatch(/^HTTP\/1.1 409 /)
    for (const answer of [refused, page]) {
      expect(answer).toContain(
        '16 other addresses are allowed with the token of proxy1 already, so nothing was changed.',
      )
      expect(answer).toContain('or ask the admin to remove some.')
    }
    expect(await allowed()).toHaveLength(16)
    await world.call('DELETE', `/api/proxies/1/addresses/${addressOf(3)}`)
    expect(await call(addressOf(17))).toMatch(/^HTTP\/1.1 200 /)
  })
})
