import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { healthReply, logEntry, proxyKeyView } from '../src/contract/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { getThrough } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { adminPassword, providerKey, World } from './support/world.ts'

let clock: ManualClock
let world: World

beforeEach(async () => {
  clock = new ManualClock()
  world = await World.create({ clock })
})

afterEach(() => world.stop())

describe('the API as it is promised', () => {
  it('POST /api/auth/login gives a session id and a strict cookie', async () => {
    const response = await fetch(`${world.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: adminPassword }),
    })

    const { session_id } = (await response.json()) as { session_id: string }
    expect(session_id).toMatch(/^[\w-]{40,}$/)
    const cookie = response.headers.get('set-cookie')
    expect(cookie).toContain(`session_id=${session_id};`)
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Strict/)
  })

  it('GET /api/auth/me and POST /api/auth/logout', async () => {
    expect((await world.call('GET', '/api/auth/me')).body).toEqual({
      id: 1,
      username: 'admin',
      has_generated_password: false,
    })
    expect((await world.call('POST', '/api/auth/logout')).status).toBe(204)
    expect((await world.call('GET', '/api/auth/me')).status).toBe(401)
  })

  it('POST /api/auth/password ends the other sessions', async () => {
    const other = world.session
    await world.signIn()
    const wrong = await world.call('POST', '/api/auth/password', {
      current_password: 'no',
      new_password: 'another password',
    })
    const short = await world.call('POST', '/api/auth/password', {
      current_password: adminPassword,
      new_password: 'short',
    })
    const done = await world.call('POST', '/api/auth/password', {
      current_password: adminPassword,
      new_password: 'another password',
    })

    expect([wrong.status, short.status, done.status]).toEqual([401, 400, 204])
    expect((await world.call('GET', '/api/auth/me')).status).toBe(200)
    world.session = other
    expect((await world.call('GET', '/api/auth/me')).status).toBe(401)
  })

  it('POST /api/proxies, GET /api/proxies and GET /api/proxies/{id}', async () => {
    world.simulator.addKey(providerKey('a'))
    const request = { key_name: 'Shop A', kiotproxy_key: providerKey('a'), region: 'nam' }

    const added = await world.call('POST', '/api/proxies', request)

    const { exit, location } = world.simulator.getLease(providerKey('a'))
    const expected = {
      id: 1,
      key_name: 'Shop A',
      subdomain: 'proxy1',
      port: world.config.PROXY_PORT_START + 1,
      endpoint: `proxy1.localhost:${world.config.PROXY_PORT_START + 1}`,
      region: 'nam',
      is_active: true,
      kiotproxy_key: 'K6100000...000000',
      remote_http: exit.http,
      remote_socks5: exit.socks5,
      remote_ip: exit.address,
      location,
      expiration_at: new Date(clock.now() + 1_200_000).toISOString(),
      next_request_at: new Date(clock.now()).toISOString(),
      ttl: 1200,
      ttc: 0,
      status: 'active',
      reason: null,
      retry_at: null,
      latency_ms: null,
      last_check_at: null,
      last_rotated_at: new Date(clock.now()).toISOString(),
      next_rotation_at: new Date(clock.now() + 1_140_000).toISOString(),
      next_rotation_reason: 'expiration',
      created_at: new Date(clock.now()).toISOString(),
      allowed_ips: [],
      local_address: null,
      always_ask: false,
      allowed_addresses: [],
      upstream_protocol: 'http',
      overrides: {},
      recent_checks: [],
      listener: 'listening',
      traffic: { connections: 0, requests: 0, bytes_in: 0, bytes_out: 0, tunnels: 0, refused: expect.any(Object) },
    }
    expect(added.status).toBe(201)
    expect(added.body).toEqual({ ...expected, message: `proxy1 is ready: ${exit.address} (${location}).` })
    const list = await world.list()
    expect(list).toEqual([expected])
    expect(await world.get(1)).toEqual(expected)
    expect(proxyKeyView.strict().parse(list[0])).toBeTruthy()
  })

  it('PUT /api/proxies/{id} changes only what is given', async () => {
    const key = await world.addKey('a')

    const reply = await world.call('PUT', `/api/proxies/${key.id}`, {
      key_name: 'New',
      region: 'bac',
      allowed_ips: ['::1'],
    })

    expect(reply.status).toBe(200)
    expect(reply.body).toMatchObject({ key_name: 'New', region: 'bac', allowed_ips: ['::1'], remote_ip: key.remote_ip })
  })

  it('PUT /api/proxies/{id} with another provider key checks it first, and keeps the endpoint', async () => {
    const key = await world.addKey('a')
    const before = await world.connection(key.id)
    world.simulator.addKey(providerKey('b'))

    const refused = await world.call('PUT', `/api/proxies/${key.id}`, { kiotproxy_key: providerKey('nobody') })
    world.simulator.setFault('reset')
    const unchecked = await world.call('PUT', `/api/proxies/${key.id}`, { kiotproxy_key: providerKey('b') })
    world.simulator.setFault(null)
    expect([refused.status, unchecked.status]).toEqual([422, 502])
    expect((await world.get(key.id)).remote_ip).toBe(key.remote_ip)

    await world.call('PUT', `/api/proxies/${key.id}`, { kiotproxy_key: providerKey('b') })
    expect(await world.connection(key.id)).toEqual(before)
    const through = await getThrough(before, 'http://ip.test/')
    expect(through.body.trim()).toBe(world.simulator.getLease(providerKey('b')).exit.address)
  })

  it('DELETE /api/proxies/{id} answers 204, and 404 the second time', async () => {
    const key = await world.addKey('a')
    const statuses = [1, 2].map(() => world.call('DELETE', `/api/proxies/${key.id}`).then((reply) => reply.status))

    expect((await Promise.all(statuses)).toSorted()).toEqual([204, 404])
    expect(world.simulator.calls.map((call) => call.verb)).not.toContain('out')
  })

  it('DELETE /api/proxies/{id}?release=true gives the upstream back', async () => {
    const key = await world.addKey('a')

    expect((await world.call('DELETE', `/api/proxies/${key.id}?release=true`)).status).toBe(204)

    expect(world.simulator.calls.at(-1)).toMatchObject({ verb: 'out', key: providerKey('a') })
  })

  it('POST /api/proxies/{id}/rotate answers with exactly the promised fields, with and without a body', async () => {
    const key = await world.addKey('a')

    for (const body of [undefined, {}, { region: 'trung' }]) {
      const reply = await world.call('POST', `/api/proxies/${key.id}/rotate`, body)
      expect(reply.status).toBe(200)
      expect(Object.keys(reply.body).toSorted()).toEqual([
        'expiration_at',
        'location',
        'new_ip',
        'next_request_at',
        'old_ip',
        'requests',
        'tunnels',
      ])
    }
    const bad = await world.call('POST', `/api/proxies/${key.id}/rotate`, { region: 'west' })
    expect([bad.status, bad.body.errors?.[0]?.path]).toEqual([400, 'region'])
    expect((await world.call('POST', `/api/proxies/${key.id}/rotate`, '{')).body.code).toBe('invalid_json')
    expect((await world.call('POST', '/api/proxies/99/rotate')).status).toBe(404)
    expect((await world.call('POST', '/api/proxies/x/rotate')).status).toBe(400)
  })

  it('GET /api/proxies/{id}/connection is what a client needs', async () => {
    const key = await world.addKey('a')

    const { body } = await world.call<Record<string, unknown>>('GET', `/api/proxies/${key.id}/connection`)

    expect(body).toEqual({
      host: '127.0.0.1',
      port: key.port,
      username: 'proxy1',
      password: expect.stringMatching(/^[\w-]{24}$/),
      http_url: `http://proxy1:${String(body['password'])}@127.0.0.1:${key.port}`,
      socks5_url: `socks5h://proxy1:${String(body['password'])}@127.0.0.1:${key.port}`,
      shared_url: `http://proxy1:${String(body['password'])}@127.0.0.1:${world.app.gatewayPort}`,
      tls_url: null,
    })
  })

  it('says what a call needs: the media type, the method, a value', async () => {
    const form = await fetch(`${world.url}/api/auth/login`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'admin' }),
    })
    const wrongMethod = await world.call('PATCH', '/api/settings')
    const missing = await world.call('POST', '/api/proxies', { region: 'west', name: 'x' })

    expect([form.status, ((await form.json()) as { code: string }).code]).toEqual([415, 'unsupported_media_type'])
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'GET, PUT'])
    expect(missing.body.errors).toEqual([
      { path: 'kiotproxy_key', message: 'is missing' },
      { path: 'region', message: 'must be one of random, bac, trung, nam' },
      { path: 'body', message: 'has the unknown field name' },
    ])
    expect((await world.call('GET', '/api/logs?proxy_id=&limit=&before=')).status).toBe(200)
  })

  it('GET /api/logs is newest first, by key, and pages on', async () => {
    const a = await world.addKey('a')
    const b = await world.addKey('b')
    await world.call('POST', `/api/proxies/${a.id}/rotate`)

    const all = await world.logs()
    const ofB = await world.call<unknown[]>('GET', `/api/logs?proxy_id=${b.id}`)
    const first = await world.call<{ id: number }[]>('GET', '/api/logs?limit=1')
    const rest = await world.call<unknown[]>('GET', `/api/logs?before=${first.body[0]?.id}`)

    expect(all.map((entry) => entry.action)).toEqual(['rotate', 'add', 'add', 'login'])
    for (const entry of all) logEntry.strict().parse(entry)
    expect(ofB.body).toHaveLength(1)
    expect(rest.body).toEqual(all.slice(1))
    expect((await world.call('GET', '/api/logs?limit=0')).status).toBe(400)
  })

  it('GET and PUT /api/settings', async () => {
    const defaults = {
      auto_rotate_on_expiration: true,
      auto_rotate_interval_enabled: false,
      auto_rotate_interval_minutes: 10,
      auto_rotate_spacing_seconds: 0,
      rotate_on_failure: true,
      drain_seconds: 10,
      idle_drain_ms: 300,
      hold_seconds: 10,
      tunnel_idle_minutes: 10,
      health_check_seconds: null,
    }
    expect((await world.call('GET', '/api/settings')).body).toEqual(defaults)

    const done = await world.call('PUT', '/api/settings', { auto_rotate_interval_enabled: true })
    const low = await world.call('PUT', '/api/settings', { auto_rotate_interval_minutes: 1 })
    const odd = await world.call('PUT', '/api/settings', { auto_rotate: true })

    expect(done.body).toEqual({ success: true, settings: { ...defaults, auto_rotate_interval_enabled: true } })
    expect([low.status, low.body.errors]).toEqual([
      400,
      [{ path: 'auto_rotate_interval_minutes', message: 'must be at least 2 (minutes)' }],
    ])
    expect(odd.status).toBe(400)
  })

  it('GET /health, /ready, /metrics, /openapi.json, /docs and /', async () => {
    await world.addKey('a')
    await until('the listener', async () => (await world.call('GET', '/ready')).status === 200)
    expect(healthReply.parse((await world.call('GET', '/health')).body)).toMatchObject({ status: 'ok' })
    expect((await world.call('GET', '/ready')).body).toEqual({
      ready: true,
      store: 'open',
      listeners: { wanted: 1, listening: 1, failed: [] },
    })
    const page = async (path: string) =>
      await (await fetch(`${world.url}${path}`, { headers: { authorization: `Bearer ${world.session}` } })).text()
    expect(await page('/metrics')).toMatch(/^stillpoint_key_up\{endpoint="proxy1"\} 1$/m)
    expect(await page('/metrics')).toMatch(/^stillpoint_key_refused_total\{endpoint="proxy1",reason="malformed"\} 0$/m)
    expect(await page('/')).toMatch(/<div id="root">/)
    expect(await page('/docs')).toMatch(/swagger-ui-bundle\.js/)
    expect(await page('/docs/swagger-ui-bundle.js')).toMatch(/SwaggerUIBundle/)
    expect((await fetch(`${world.url}/metrics`)).status).toBe(401)
  })
})
