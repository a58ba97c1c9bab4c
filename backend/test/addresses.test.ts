import { expect, it } from 'vitest'

import { RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { World } from './support/world.ts'

expectNoHandleLeft()

const domain = 'proxy.test'
const get = 'GET http://ip.test/ HTTP/1.1\r\nHost: ip.test\r\n\r\n'

it('lets a client allow its own address for a time, with the token, on the page or by a call', async () => {
  const clock = new ManualClock()
  const world = await World.create({ clock, environment: { DOMAIN: domain } })
  const exit = (await world.addKey('a')).remote_ip ?? ''
  await world.addKey('b')
  const first = await world.connection(1)
  const open = () => new RawClient(world.app.gatewayPort ?? 0, { localAddress: '127.0.7.1' })
  const post = (query: string, token: string) =>
    open().send(
      `POST /address${query} HTTP/1.1\r\nHost: proxy1.${domain}\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    )
  expect(await open().send(get).status()).toBe(407)
  expect(await post('?for=1h', 'wrong').status()).toBe(401)
  expect(await post('?for=5y', first.password).status()).toBe(400)

  expect(await post('?for=1h', first.password).untilEnd()).toMatch(/^HTTP\/1.1 200 [^]*"also_allowed_for":\[\]/)

  await open().send(get).until(exit)
  await world.call('POST', '/api/proxies/2/addresses', { address: '127.0.7.1', for: 'forever' })
  const form = `token=${first.password}&for=24h`
  const page = open().send(
    `POST /address HTTP/1.1\r\nHost: proxy1.${domain}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\nConnection: close\r\n\r\n${form}`,
  )
  const answer = await page.untilEnd()
  expect(answer).toContain('It may also use proxy2')
  expect(answer).toContain('Your address, 127.0.7.1, may use it without a password')
  expect((await world.get(1)).allowed_addresses).toMatchObject([{ address: '127.0.7.1' }])
  await world.call('DELETE', '/api/proxies/2/addresses/127.0.7.1')
  await clock.advance(25 * 3_600_000)
  expect((await world.get(1)).allowed_addresses).toEqual([])
  expect(await open().send(get).status()).toBe(407)
  await world.stop()
})

it('answers alike when the admin allows an address once more, and notes it once', async () => {
  const world = await World.create({ clock: new ManualClock() })
  await world.addKey('a')
  const allow = () => world.call('POST', '/api/proxies/1/addresses', { address: '127.0.7.1' })

  const [first, again] = [await allow(), await allow()]

  expect([first.status, again.status]).toEqual([201, 201])
  expect(again.body).toEqual(first.body)
  expect((await world.logs()).filter(({ message }) => message.includes('127.0.7.1'))).toHaveLength(1)
  await world.stop()
})
