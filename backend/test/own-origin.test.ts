import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { startApp } from '../src/app/app.ts'
import { silentLog } from '../src/lib/log.ts'
import { ask, cookieHeader, login } from './support/ask.ts'
import { ManualClock } from './support/manual-clock.ts'
import { adminPassword, World } from './support/world.ts'

const domain = 'proxy.test'

let clock: ManualClock
let world: World

beforeAll(async () => {
  clock = new ManualClock()
  const environment = {
    DOMAIN: domain,
    TRUSTED_PROXIES: '127.0.0.1',
    ALLOWED_HOSTS: 'Panel.example.com, stillpoint_up',
  }
  world = await World.create({ clock, environment })
})

afterAll(() => world.stop())

// What is refused here on purpose must not lock the next test out.
beforeEach(() => clock.advance(60 * 60_000))

const overHttps = { 'x-forwarded-proto': 'https' }

describe('the name by which Stillpoint is asked', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:8000',
    '192.0.2.1:8000',
    '[::1]:8000',
    '[2001:db8::1]',
    'localhost',
    'LOCALHOST:8000',
    domain,
    `app.${domain}`,
    `App.${domain.toUpperCase()}.:443`,
    'panel.example.com',
    'panel.example.com:8443',
    'stillpoint_up',
  ])('may be %s', async (host) => {
    const { status } = await ask(world.url, {
      path: '/api/settings',
      headers: { host, authorization: `Bearer ${world.session}` },
    })

    expect(status).toBe(200)
  })

  it.each([
    'evil.example',
    'evil.example:8000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    `${domain}.evil.example`,
    `app.${domain}.evil.example`,
    `evil${domain}`,
    `proxy1.${domain}`,
    'sub.panel.example.com',
    'example.com',
    '127.1',
  ])('must not be %j, whatever is asked', async (host) => {
    for (const path of ['/', '/health', '/api/auth/me', '/docs', '/nothing']) {
      const { status, body } = await ask(world.url, { path, headers: { host } })
      expect([path, status, body.code]).toEqual([path, 421, 'unknown_host'])
    }
    const { status, cookies } = await ask(world.url, login({ headers: { host } }))
    expect([status, cookies]).toEqual([421, {}])
  })

  it('is said to be wrong with what to do', async () => {
    const { body } = await ask(world.url, { headers: { host: 'evil.example' } })

    expect(body.detail).toBe(
      'Stillpoint does not go by the name "evil.example". Open Stillpoint by its address, as localhost, as DOMAIN or as app.DOMAIN, or add this name to ALLOWED_HOSTS in its environment and start it again.',
    )
  })
})

describe('a login and a change', () => {
  const own = { host: `app.${domain}` }
  const cases: [string, Record<string, string>, boolean][] = [
    ['its own page', { ...own, origin: `http://app.${domain}` }, true],
    ['its own page at another port', { host: `app.${domain}:8000`, origin: `http://app.${domain}:8000` }, true],
    ['its own page over https', { ...own, ...overHttps, origin: `https://app.${domain}` }, true],
    [
      'its own page, with the port of its scheme said',
      { ...own, host: `app.${domain}:80`, origin: `http://app.${domain}` },
      true,
    ],
    ['its own page behind a proxy that nobody trusts', { ...own, origin: `https://app.${domain}` }, true],
    [
      'its own page behind a proxy that changes the Host',
      { host: '127.0.0.1:8000', origin: 'https://panel.example.com', 'sec-fetch-site': 'same-origin' },
      true,
    ],
    ['another site', { ...own, origin: 'https://evil.example' }, false],
    [
      'another site, as the browser says',
      { ...own, origin: `http://app.${domain}`, 'sec-fetch-site': 'cross-site' },
      false,
    ],
    ['a sibling', { ...own, origin: `http://proxy1.${domain}`, 'sec-fetch-site': 'same-site' }, false],
    ['another port', { ...own, origin: `http://app.${domain}:3000` }, false],
    ['the same name in clear', { ...own, ...overHttps, origin: `http://app.${domain}` }, false],
    [
      'the same name over https, asked in clear',
      { ...own, 'x-forwarded-proto': 'http', origin: `https://app.${domain}` },
      false,
    ],
    ['a page that hides where it is from', { ...own, origin: 'null' }, false],
    ['a file', { ...own, origin: 'file://' }, false],
    ['an extension', { ...own, origin: `chrome-extension://app.${domain}` }, false],
  ]

  it.each(cases)('from %s', async (_, headers, isTaken) => {
    const change = { method: 'PUT', path: '/api/settings', body: {} }
    const cookie = cookieHeader({ session_id: world.session })

    const signedIn = await ask(world.url, login({ headers }))
    const changed = await ask(world.url, { ...change, headers: { ...headers, cookie } })

    expect([signedIn.status, changed.status]).toEqual(isTaken ? [200, 200] : [403, 403])
    if (isTaken) return
    expect([signedIn.body.code, changed.body.code]).toEqual(['cross_origin', 'cross_origin'])
    expect(signedIn.body.detail).toMatch(/reverse proxy in front must hand on the Host/)
  })
})

describe('over https', () => {
  const own = { ...overHttps, host: `app.${domain}`, origin: `https://app.${domain}` }

  it('the session is a cookie that only this host can have set, in place of one from a time without https', async () => {
    const { headers, cookies } = await ask(world.url, login({ headers: { ...own, cookie: 'session_id=former' } }))

    expect(Object.keys(cookies).toSorted()).toEqual(['__Host-device_id', '__Host-session_id', 'session_id'])
    expect(cookies['session_id']).toBe('')
    const lines = headers['set-cookie']?.filter((line) => line.startsWith('__Host-')) ?? []
    for (const line of lines)
      expect(line).toMatch(/^(?=.*; Path=\/)(?=.*; HttpOnly)(?=.*; Secure)(?=.*; SameSite=Strict)/)
    expect(lines.join()).not.toContain('Domain')
    const cookie = cookieHeader({ '__Host-session_id': cookies['__Host-session_id'] ?? '' })
    expect((await ask(world.url, { headers: { ...own, cookie } })).status).toBe(200)
  })

  it('a session under the former name goes on, also beside one that has ended, until it is signed out', async () => {
    const former = (await ask(world.url, login())).cookies['session_id'] ?? ''
    const cookie = cookieHeader({ '__Host-session_id': 'ended', session_id: former })
    const headers = { ...own, cookie }
    expect((await ask(world.url, { headers })).status).toBe(200)

    const out = await ask(world.url, { method: 'POST', path: '/api/auth/logout', headers })

    expect([out.status, out.cookies]).toEqual([204, { session_id: '', '__Host-session_id': '' }])
    expect((await ask(world.url, { headers })).status).toBe(401)
  })

  it('a browser is told to come no other way, and not where others share the name', async () => {
    const hsts = async (headers: Record<string, string>) =>
      (await ask(world.url, { path: '/', headers })).headers['strict-transport-security']

    expect(await hsts(own)).toBe('max-age=31536000')
    expect(await hsts({ ...overHttps, host: 'panel.example.com' })).toBe('max-age=31536000')
    expect(await hsts({ ...overHttps, host: 'localhost:8443' })).toBeUndefined()
    expect(await hsts({ ...overHttps, host: '127.0.0.1' })).toBeUndefined()
    expect(await hsts({ host: `app.${domain}` })).toBeUndefined()
    expect(await hsts({ host: `app.${domain}`, 'x-forwarded-proto': 'http' })).toBeUndefined()
  })
})

it('an answer about accounts and keys is stored nowhere', async () => {
  const authorization = `Bearer ${world.session}`
  const questions = [
    login(),
    login({}, 'wrong password'),
    { path: '/api/auth/me', headers: { authorization } },
    { path: '/api/auth/me' },
    { path: '/metrics', headers: { authorization } },
  ]

  for (const question of questions) {
    expect((await ask(world.url, question)).headers['cache-control']).toBe('no-store')
  }
})

it('a name of ALLOWED_HOSTS finds the dashboard on the shared port too', async () => {
  const shared = `http://127.0.0.1:${world.app.gatewayPort}`
  const statusOf = async (host: string) => (await ask(shared, { path: '/health', headers: { host } })).status

  expect(await statusOf('panel.example.com')).toBe(200)
  expect(await statusOf('evil.example')).toBe(404)
})

describe('a new password', () => {
  const change = async (new_password: string) =>
    await world.call('POST', '/api/auth/password', { current_password: adminPassword, new_password })

  it.each(['password', 'Password123', 'ｐａｓｓｗｏｒｄ', 'admin2026'])(
    'is refused that guessers try first: %s',
    async (word) => {
      const { status, body } = await change(word)

      expect([status, body.code]).toEqual([400, 'common_password'])
      expect(body.errors?.[0]?.path).toBe('new_password')
    },
  )

  it('is refused at the first start too', async () => {
    const DATA_DIR = mkdtempSync(join(tmpdir(), 'stillpoint-test-'))
    const config = { ...world.config, DATA_DIR, ADMIN_PASSWORD: 'password' }

    const started = startApp({ config, clock, log: silentLog })

    await expect(started).rejects.toThrow('ADMIN_PASSWORD=(not shown) is among the first that a guesser tries')
    rmSync(DATA_DIR, { recursive: true })
  })

  it('signs in in whatever Unicode form it is typed', async () => {
    const chosen = 'mật khẩu của tôi'
    expect((await change(chosen.normalize('NFD'))).status).toBe(204)

    for (const typed of [chosen, chosen.normalize('NFD'), chosen.replaceAll(' ', '\u3000')]) {
      expect((await ask(world.url, login({}, typed))).status).toBe(200)
    }
  })
})
