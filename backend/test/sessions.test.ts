import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from './support/manual-clock.ts'
import { adminPassword, World } from './support/world.ts'

let clock: ManualClock
let world: World

beforeEach(async () => {
  clock = new ManualClock()
  world = await World.create({ clock })
})

afterEach(() => world.stop())

describe('a session', () => {
  it('is needed for everything under /api', async () => {
    world.session = ''
    for (const path of ['/api/proxies', '/api/settings', '/api/logs', '/api/events', '/api/auth/me', '/api/nothing']) {
      const reply = await world.call('GET', path)
      expect([reply.status, reply.body.code]).toEqual([401, 'not_authenticated'])
      expect(reply.headers.get('content-type')).toBe('application/problem+json')
    }
  })

  it('survives a restart and ends after 30 days without use', async () => {
    await world.restart()
    expect((await world.call('GET', '/api/auth/me')).status).toBe(200)

    clock.leap(29 * 86_400_000)
    expect((await world.call('GET', '/api/auth/me')).status).toBe(200)
    clock.leap(29 * 86_400_000)
    expect((await world.call('GET', '/api/auth/me')).status).toBe(200)
    clock.leap(31 * 86_400_000)
    expect((await world.call('GET', '/api/auth/me')).status).toBe(401)
  })

  it('ends after 90 days, however much it is used', async () => {
    for (let day = 20; day < 90; day += 20) {
      clock.leap(20 * 86_400_000)
      expect((await world.call('GET', '/api/auth/me')).status).toBe(200)
    }

    clock.leap(10 * 86_400_000)

    expect((await world.call('GET', '/api/auth/me')).status).toBe(401)
    expect((await world.call('GET', '/api/proxies')).status).toBe(401)
  })

  it('as a cookie may write only from the same origin', async () => {
    const write = (headers: Record<string, string>) =>
      fetch(`${world.url}/api/settings`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', cookie: `session_id=${world.session}`, ...headers },
        body: '{}',
      })

    const replies = await Promise.all([
      write({ origin: world.url }),
      write({}),
      write({ origin: 'https://evil.example' }),
    ])

    expect(replies.map((reply) => reply.status)).toEqual([200, 403, 403])
    const read = await fetch(`${world.url}/api/proxies`, { headers: { cookie: `session_id=${world.session}` } })
    expect(read.status).toBe(200)
  })

  it('is refused more and more slowly to whoever guesses', async () => {
    const guess = (password: string) => world.call('POST', '/api/auth/login', { username: 'admin', password })
    const wrong = await Promise.all(Array.from({ length: 5 }, () => guess('wrong')))
    const locked = await guess(adminPassword)

    expect(wrong.map((reply) => [reply.status, reply.body.code])).toEqual(wrong.map(() => [401, 'wrong_credentials']))
    expect([locked.status, locked.body.code, locked.headers.get('retry-after')]).toEqual([
      429,
      'too_many_attempts',
      '5',
    ])
    await clock.advance(5_000)
    expect((await guess(adminPassword)).status).toBe(200)
  })

  it('begun with the old password does not outlive a change of it', async () => {
    const change = { current_password: adminPassword, new_password: 'another password' }
    const login = () =>
      world.call<{ session_id?: string }>('POST', '/api/auth/login', { username: 'admin', password: adminPassword })

    const [changed, ...logins] = await Promise.all([world.call('POST', '/api/auth/password', change), login(), login()])

    expect(changed.status).toBe(204)
    for (const { body } of logins) {
      world.session = body.session_id ?? 'none'
      expect((await world.call('GET', '/api/auth/me')).status).toBe(401)
    }
  })

  it('keeps its address open for the admin while strangers guess', async () => {
    const guess = () =>
      world.app.keys &&
      fetch(`${world.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'nobody', password: 'wrong password' }),
      })
    for (let count = 0; count < 4; count++) await guess()

    const change = { current_password: adminPassword, new_password: 'another password' }
    expect((await world.call('POST', '/api/auth/password', change)).status).toBe(204)
  })
})
