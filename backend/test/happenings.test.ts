import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { LogEntry } from '../src/contract/index.ts'
import { EventReader } from './support/client-events.ts'
import { RawClient } from './support/data-plane.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { World } from './support/world.ts'

const address = '127.0.0.1'
const admin = { kind: 'admin', id: 1, name: 'admin', address }
const system = { kind: 'system', id: null, name: null, address: null }

let clock: ManualClock
let world: World

beforeEach(async () => {
  clock = new ManualClock()
  world = await World.create({ clock, environment: { DOMAIN: 'proxy.test' } })
})

afterEach(() => world.stop())

const ask = (path: string, language: string) =>
  fetch(`${world.url}${path}`, {
    headers: { authorization: `Bearer ${world.session}`, 'accept-language': language },
  })

describe('what happened', () => {
  it('is told with who did it', async () => {
    await world.call('POST', '/api/auth/login', { username: 'admin', password: 'not this one' })
    const { subdomain } = await world.addKey('a')
    await world.call('POST', '/api/proxies/1/rotate')
    await world.call('PUT', '/api/settings', { hold_seconds: 5 })
    await world.call('POST', '/api/proxies/1/addresses', { address: '127.0.7.9', for: '1h' })
    const { password } = await world.connection(1)
    const reply = await new RawClient(world.app.gatewayPort ?? 0, { localAddress: '127.0.7.1' })
      .send(`POST /address?for=1h HTTP/1.1\r\nHost: ${subdomain}.proxy.test\r\nConnection: close\r\n`)
      .send(`Content-Length: 0\r\nAuthorization: Bearer ${password}\r\n\r\n`)
      .untilEnd()
    expect(reply).toMatch(/^HTTP\/1.1 200 /)
    await clock.advance(3_600_000)

    const entries = await until('the end of the addresses', async () => {
      const found = await world.logs()
      return found.some(({ kind }) => kind === 'addresses_ended') ? found : undefined
    })

    const byOf = (wanted: LogEntry['kind']) => entries.filter(({ kind }) => kind === wanted).map(({ by }) => by)
    expect(byOf('signed_in')).toEqual([admin])
    expect(byOf('sign_in_failed')).toEqual([{ kind: 'client', id: null, name: null, address }])
    for (const kind of ['key_added', 'settings_changed'] as const) expect(byOf(kind)).toEqual([admin])
    expect(byOf('rotated').at(-1)).toEqual(admin)
    expect(byOf('address_allowed')).toEqual([{ kind: 'token', id: null, name: subdomain, address: '127.0.7.1' }, admin])
    expect(byOf('addresses_ended')).toEqual([system])
  })

  it('is told in the language that is asked for, and in English where none is', async () => {
    const { subdomain } = await world.addKey('a')
    await world.call('POST', '/api/proxies/1/restart')
    const messageIn = async (language: string) => {
      const reply = await ask('/api/logs?limit=1', language)
      const [entry] = (await reply.json()) as LogEntry[]
      return [entry?.message, reply.headers.get('content-language'), reply.headers.get('vary')]
    }

    const vary = expect.stringContaining('Accept-Language') as string
    expect(await messageIn('vi-VN,vi;q=0.9')).toEqual([`Đã khởi động lại ${subdomain}.`, 'vi', vary])
    expect(await messageIn('fr')).toEqual([`${subdomain} was restarted.`, 'en', vary])
    expect((await world.logs())[0]).toMatchObject({
      action: 'restart',
      message: `${subdomain} was restarted.`,
      kind: 'listener_restarted',
      facts: { endpoint: subdomain, key_name: 'a' },
    })
  })

  it('is written as CSV in the language of the request, or of the link', async () => {
    const { subdomain } = await world.addKey('a')
    await world.call('POST', '/api/proxies/1/restart')
    const read = async (query: string, language: string) =>
      (await ask(`/api/logs/export?action=restart${query}`, language)).text()

    expect(await read('', 'vi')).toContain(`Đã khởi động lại ${subdomain}.`)
    expect(await read('&language=vi', 'en')).toContain(`Đã khởi động lại ${subdomain}.`)
    expect(await read('&language=en', 'vi')).toContain(`${subdomain} was restarted.`)
    expect((await ask('/api/logs/export?language=tlh', 'vi')).status).toBe(400)
  })

  it('is sent live in the language of the stream', async () => {
    const { subdomain } = await world.addKey('a')
    const headers = { authorization: `Bearer ${world.session}`, 'accept-language': 'vi' }
    const reader = await EventReader.open(`${world.url}/api/events`, headers)

    await world.call('POST', '/api/proxies/1/restart')

    const event = await until('the event', () => reader.events.find(({ type }) => type === 'log.added'))
    expect(event.data).toMatchObject({
      message: `Đã khởi động lại ${subdomain}.`,
      kind: 'listener_restarted',
      by: admin,
    })
    reader.close()
  })

  it('keeps the name of a key that is gone, and never a provider key', async () => {
    const { subdomain } = await world.addKey('a')
    const other = `K${'7'.repeat(32)}`
    world.simulator.addKey(other)
    await world.call('PUT', '/api/proxies/1', { kiotproxy_key: other, key_name: 'named anew' })
    await world.call('DELETE', '/api/proxies/1')
    await world.restart()

    const [deleted, changed] = (await world.logs()).filter(({ proxy_id }) => proxy_id === 1)

    expect(deleted).toMatchObject({ kind: 'key_deleted', facts: { endpoint: subdomain, key_name: 'named anew' } })
    expect(changed?.facts).toMatchObject({ changes: { key_name: 'named anew', has_other_key: true } })
    expect(JSON.stringify(changed)).not.toContain(other)
  })
})
