import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { hashToken } from '../src/lib/vault.ts'
import { ask, cookieHeader, login, type Question } from './support/ask.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { adminPassword, World } from './support/world.ts'

const strangers = Array.from({ length: 60 }, (_, index) => `127.0.7.${index + 1}`)
const elsewhere = '127.0.9.9'

describe('signing in while a crowd does', () => {
  let world: World

  beforeEach(async () => {
    world = await World.create()
  })

  afterEach(() => world.stop())

  /** Sends a login and leaves without waiting for the answer. */
  async function abandon(from: string, username: string): Promise<void> {
    const body = JSON.stringify({ username, password: 'wrong password' })
    const socket = connect({ host: '127.0.0.1', port: world.app.port, localAddress: from })
    socket.on('error', () => {})
    await once(socket, 'connect')
    const lines = ['POST /api/auth/login HTTP/1.1', 'Host: localhost', 'Content-Type: application/json']
    socket.end(`${[...lines, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`)
    socket.destroySoon()
  }

  it('takes seconds at a new address after 300 logins from 60 addresses that were abandoned', async () => {
    const startedAt = performance.now()
    await Promise.all(
      strangers.flatMap((from, index) =>
        Array.from({ length: 5 }, (_, count) => abandon(from, `name ${index} ${count}`)),
      ),
    )

    await until('a place', async () => (await ask(world.url, login({ from: elsewhere }))).status === 200, 25_000)

    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  it('is at once possible where the admin has a session, while eight strangers wait and the others are told to wait', async () => {
    const crowd = strangers.map((from, index) => ask(world.url, login({ from }, 'wrong password', `name ${index}`)))
    const admin = await ask(world.url, login())
    const answers = await Promise.all(crowd)

    expect(admin.status).toBe(200)
    const statuses = answers.map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    const busy = answers.find(({ status }) => status === 429)
    expect(busy?.headers['retry-after']).toBe('2')
    expect(busy?.body.detail).toBe('Too many are signing in just now. Try again in 2 s.')
  })
})

describe('signing in while strangers guess', () => {
  let clock: ManualClock
  let world: World

  beforeEach(async () => {
    clock = new ManualClock()
    world = await World.create({ clock, environment: { TRUSTED_PROXIES: '127.0.0.1' } })
  })

  afterEach(() => world.stop())

  const at = (address: string, more: Record<string, string> = {}): Question => ({
    headers: { 'x-forwarded-for': address, ...more },
  })
  const guess = async (address: string, username = 'admin') =>
    (await ask(world.url, login(at(address), 'wrong password', username))).status

  /** Signs in as a browser does, whose cookies it returns. */
  async function signInBrowser(address: string, more: Record<string, string> = {}): Promise<Record<string, string>> {
    const { cookies, status } = await ask(world.url, login(at(address, { origin: world.url, ...more })))
    expect(status).toBe(200)
    return cookies
  }

  it('by the admin’s name, is possible within 30 s at any new address, however long they did', async () => {
    for (let count = 0; count < 12; count++) {
      await guess(`198.51.100.${count}`)
      await clock.advance(30_000)
    }
    await guess('198.51.100.100')

    const locked = await ask(world.url, login(at('192.0.2.1')))
    expect([locked.status, locked.headers['retry-after']]).toEqual([429, '30'])
    await clock.advance(30_000)
    expect((await ask(world.url, login(at('192.0.2.1')))).status).toBe(200)
  })

  it('is possible at once in a browser in which the admin did before, wherever it is now', async () => {
    const { device_id = '', ...others } = await signInBrowser('192.0.2.1')
    expect(Object.keys(others)).toEqual(['session_id'])
    for (let count = 0; count < 10; count++) await guess(`198.51.100.${count}`)
    for (let count = 0; count < 10; count++) await guess('203.0.113.1', 'nobody')

    const headers = { cookie: cookieHeader({ device_id }) }
    expect((await ask(world.url, login(at('192.0.2.99')))).status).toBe(429)
    expect((await ask(world.url, login(at('192.0.2.99', headers)))).status).toBe(200)
    expect((await ask(world.url, login(at('203.0.113.1', headers)))).status).toBe(200)
  })

  it('lets a known browser guess no better than anybody', async () => {
    const cookie = cookieHeader(await signInBrowser('192.0.2.1'))
    const guessHere = async () => (await ask(world.url, login(at('192.0.2.1', { cookie }), 'wrong password'))).status

    const statuses: number[] = []
    for (let count = 0; count < 6; count++) statuses.push(await guessHere())

    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  })

  it('counts the addresses of one IPv6 network together', async () => {
    for (let count = 0; count < 5; count++) expect(await guess(`2001:db8:1:2::${count}`, `name ${count}`)).toBe(401)

    expect(await guess('2001:db8:1:2:ffff::1', 'name')).toBe(429)
    expect(await guess('2001:db8:1:3::1', 'name')).toBe(401)
  })

  it('knows the IPv6 network where the admin has a session', async () => {
    await ask(world.url, login(at('2001:db8:1:2::1')))
    for (let count = 0; count < 6; count++) await guess(`198.51.100.${count}`)

    expect((await ask(world.url, login(at('2001:db8:1:2:abcd::7')))).status).toBe(200)
    expect((await ask(world.url, login(at('2001:db8:1:3::1')))).status).toBe(429)
  })

  it('remembers the last twenty browsers, as hashes, and no programs', async () => {
    const [first] = [await signInBrowser('192.0.2.1')]
    expect(Object.keys((await ask(world.url, login(at('192.0.2.1')))).cookies)).toEqual(['session_id'])
    for (let count = 0; count < 19; count++) await signInBrowser('192.0.2.1')
    const again = await signInBrowser('192.0.2.1', { cookie: cookieHeader(first ?? {}) })
    expect(again['device_id']).toBe(first?.['device_id'])
    await signInBrowser('192.0.2.1')

    await world.app.stop()
    const file = readFileSync(join(world.config.DATA_DIR, 'data.json'), 'utf8')
    const { users } = JSON.parse(file) as { users: { devices: { id_hash: string }[] }[] }
    const hashes = users[0]?.devices.map(({ id_hash }) => id_hash)
    expect(hashes).toHaveLength(20)
    expect(hashes).toContain(hashToken(again['device_id'] ?? ''))
    expect(file).not.toContain(again['device_id'])
  })

  it('is open to the browser that changed the password, and no longer to others that knew the former one', async () => {
    const other = await signInBrowser('192.0.2.1')
    const { session_id = '', device_id = '' } = await signInBrowser('192.0.2.1')
    const change = { current_password: adminPassword, new_password: 'another password' }
    const cookie = cookieHeader({ session_id, device_id })
    const headers = { cookie, origin: world.url }
    await ask(world.url, { method: 'POST', path: '/api/auth/password', body: change, headers })
    for (let count = 0; count < 6; count++) await guess(`198.51.100.${count}`)

    const signIn = async (device: string) =>
      (await ask(world.url, login(at('203.0.113.9', { cookie: `device_id=${device}` }), 'another password'))).status

    expect(await signIn(other['device_id'] ?? '')).toBe(429)
    expect(await signIn(device_id)).toBe(200)
  })
})
