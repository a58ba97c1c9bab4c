import { request } from 'node:http'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { ImportReply, KeyConnection, LogEntry, Series, SessionView, TestReply } from '../src/contract/index.ts'
import { getThrough } from './support/proxy-client.ts'
import { providerKey, World } from './support/world.ts'

describe('what the dashboard asks for', () => {
  let world: World

  beforeEach(async () => {
    world = await World.create()
  })
  afterEach(() => world.stop())

  it('lists the sessions without what could sign in, and ends one', async () => {
    const first = world.session
    await world.signIn()
    const list = async () => (await world.call<SessionView[]>('GET', '/api/auth/sessions')).body
    const [own, other] = await list()
    expect([own?.is_current, other?.is_current]).toEqual([true, false])
    expect(JSON.stringify(await list())).not.toContain(world.session)

    expect((await world.call('DELETE', `/api/auth/sessions/${other?.id}`)).status).toBe(204)

    expect(await list()).toHaveLength(1)
    expect((await world.call('DELETE', `/api/auth/sessions/${other?.id}`)).body.code).toBe('not_found')
    world.session = first
    expect((await world.call('GET', '/api/auth/me')).status).toBe(401)
  })

  it('replaces a token: the one before opens nothing any more', async () => {
    await world.addKey('a')
    const before = await world.connection(1)

    const { status, body } = await world.call<KeyConnection>('POST', '/api/proxies/1/token')

    expect(status).toBe(200)
    expect(body.password).not.toBe(before.password)
    expect((await getThrough(before, world.simulator.originUrl)).status).toBe(407)
    expect((await getThrough(body, world.simulator.originUrl)).status).toBe(200)
    expect((await world.call('POST', '/api/proxies/9/token')).status).toBe(404)
  })

  it('makes a request through an endpoint as a client would', async () => {
    const key = await world.addKey('a')
    const test = async () => (await world.call<TestReply>('POST', '/api/proxies/1/test')).body
    expect(await test()).toMatchObject({ reachable: true, exit_ip: key.remote_ip, location: key.location })

    await world.call('PUT', '/api/proxies/1', { is_active: false })

    expect(await test()).toMatchObject({
      reachable: false,
      exit_ip: null,
      message: expect.stringMatching(/./) as string,
    })
  })

  it('tells all connections, traffic over time and in all', async () => {
    await world.addKey('a')
    await world.addKey('b')
    const { body } = await world.call<KeyConnection[]>('GET', '/api/connections')
    expect(body.map(({ id, username }) => [id, username])).toEqual([
      [1, 'proxy1'],
      [2, 'proxy2'],
    ])
    const [first] = body
    if (first) await getThrough(first, world.simulator.originUrl)

    const totals = await world.call<{ requests: number; bytes_out: number }>('GET', '/api/traffic')
    expect(totals.body.requests).toBe(1)
    expect(totals.body.bytes_out).toBeGreaterThan(0)
    const series = await world.call<Series>('GET', '/api/proxies/1/series?range=day')
    expect(series.body.points).toHaveLength(288)
    expect((await world.call('GET', '/api/proxies/1/series?range=year')).status).toBe(400)
    expect((await world.call<{ domain: string }>('GET', '/api/system')).body.domain).toBe('localhost')
  })

  it('says of each line of an import whether it can be added, and adds nothing', async () => {
    await world.addKey('held')
    const text = [providerKey('new'), '', `again,${providerKey('new')}`, `x,${providerKey('held')}`, '!'].join('\n')

    const { body } = await world.call<ImportReply>('POST', '/api/proxies/import', { text, dry_run: true })

    expect(body.lines.map(({ status }) => status)).toEqual(['ready', 'skipped', 'failed', 'failed', 'failed'])
    expect(body.lines.map(({ message }) => message).slice(2, 4)).toEqual([
      'Line 1 has this provider key already.',
      'proxy1 has this provider key already.',
    ])
    expect(await world.list()).toHaveLength(1)
  })

  it('tells in the preview what each line was understood as, its key masked, and which endpoint it would get', async () => {
    await world.addKey('held')
    const text = [
      `Shop A,${providerKey('new')},Hà Nội`,
      `${providerKey('more')} Shop B`,
      `Shop C,${providerKey('third')},west`,
      'Shop D,K0123456...abcdef',
      `${providerKey('held')},again`,
    ].join('\n')

    const reply = await world.call<ImportReply>('POST', '/api/proxies/import', { text, region: 'nam', dry_run: true })

    const [a, b, c, d, e] = reply.body.lines
    expect(a).toMatchObject({ status: 'ready', name: 'Shop A', region: 'bac', reason: null })
    expect(a?.endpoint).toBe(`proxy2.localhost:${world.config.PROXY_PORT_START + 2}`)
    expect(b).toMatchObject({ name: 'Shop B', region: 'nam', endpoint: expect.stringMatching(/^proxy3\./) as string })
    expect(c).toMatchObject({
      status: 'failed',
      reason: 'region_unknown',
      name: 'Shop C',
      region: null,
      endpoint: null,
    })
    expect(d).toMatchObject({ status: 'failed', reason: 'masked_key', key: null })
    expect(e).toMatchObject({ status: 'failed', code: 'duplicate_key', name: 'again' })
    const whole = JSON.stringify(reply.body)
    for (const name of ['new', 'more', 'third', 'held']) expect(whole).not.toContain(providerKey(name))
    expect(whole).toContain(providerKey('new').slice(0, 8))
  })

  it('counts in the preview of an import how many more keys there is room for', async () => {
    const room = world.config.PROXY_PORT_END - world.config.PROXY_PORT_START
    const text = Array.from({ length: room + 2 }, (_, index) => providerKey(`k${index}`)).join('\n')

    const { body } = await world.call<ImportReply>('POST', '/api/proxies/import', { text, dry_run: true })

    expect(body.lines.filter(({ status }) => status === 'ready')).toHaveLength(room)
    expect(body.lines.at(-1)).toMatchObject({ status: 'failed', code: 'no_free_number' })
  })

  it('filters the log, and writes it as CSV that is no formula', async () => {
    await world.addKey('a')
    await world.call('PUT', '/api/proxies/1', { key_name: '=cmd' })
    await world.call('POST', '/api/proxies/1/rotate')
    const logs = async (query: string) => (await world.call<LogEntry[]>('GET', `/api/logs?${query}`)).body
    expect((await logs('action=rotate')).map(({ action }) => action)).toEqual(['rotate'])
    expect(await logs('status=failure')).toEqual([])
    const [last] = await logs('')
    expect(await logs(`since=${last?.timestamp.replace(/\.\d+Z/, 'Z')}`)).not.toEqual([])
    expect(await logs('since=2100-01-01T00:00:00Z')).toEqual([])
    expect((await world.call('GET', '/api/logs?action=nonsense')).status).toBe(400)
    expect((await world.call('GET', '/api/logs?since=yesterday')).status).toBe(400)

    const reply = await fetch(`${world.url}/api/logs/export?proxy_id=1`, {
      headers: { authorization: `Bearer ${world.session}` },
    })

    // `text` takes the byte order mark away.
    const lines = (await reply.text()).trim().split('\r\n')
    expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(lines[0]).toBe('id,proxy_id,action,reason,region,status,old_ip,new_ip,message,timestamp')
    expect(lines).toHaveLength(4)
  })

  it('is served compressed and with a strict policy, its named files for ever and its pages fresh', async () => {
    const page = await fetch(`${world.url}/keys/1?tab=access`)
    const html = await page.text()
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toMatch(/script-src[^;]*unsafe/)
    const script = /src="(\/assets\/[\w.-]+\.js)"/.exec(html)?.[1] ?? ''

    // Undici would take the compression away again.
    const headers = await new Promise<Record<string, string | string[] | undefined>>((resolve, reject) => {
      request(`${world.url}${script}`, { headers: { 'accept-encoding': 'gzip, br' } }, (response) => {
        response.resume()
        resolve(response.headers)
      })
        .on('error', reject)
        .end()
    })

    expect(headers['content-encoding']).toBe('br')
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await fetch(`${world.url}/assets/missing.js`)).status).toBe(404)
    expect((await fetch(`${world.url}/assets/..%2f..%2fpackage.json`)).status).toBe(404)
    expect((await fetch(`${world.url}/nonsense`)).headers.get('content-type')).toBe('application/problem+json')
    const lost = await fetch(`${world.url}/keys/`, { headers: { accept: 'text/html' } })
    expect(lost.status).toBe(404)
    expect(await lost.text()).toContain('<div id="root">')
  })

  it('marks the session cookie as secure where the page came over https', async () => {
    const cookieFor = async (origin: string) => {
      const reply = await fetch(`${world.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin, host: new URL(origin).host },
        body: JSON.stringify({ username: 'admin', password: 'correct horse battery' }),
      })
      return reply.headers.get('set-cookie') ?? ''
    }
    const { host } = new URL(world.url)

    expect(await cookieFor(`https://${host}`)).toContain('Secure')
    expect(await cookieFor(`http://${host}`)).not.toContain('Secure')
  })
})
