import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { endpointView, tokenPlace, type DataFile, type EndpointView } from '../src/contract/index.ts'
import { loadVault } from '../src/lib/vault.ts'
import { EventReader } from './support/client-events.ts'
import { ManualClock } from './support/manual-clock.ts'
import { getThrough } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { providerKey, World } from './support/world.ts'

let world: World

beforeEach(async () => {
  world = await World.create({ clock: new ManualClock() })
})

afterEach(() => world.stop())

describe('GET /api/endpoints', () => {
  it('shows endpoints on their own, with the keys that they lead through and without a secret', async () => {
    const key = await world.addKey('a', { key_name: 'Shop A', allowed_ips: ['203.0.113.0/24'] })
    await world.call('PUT', `/api/proxies/${key.id}`, { overrides: { hold_seconds: 3 }, always_ask: true })

    const list = await world.call<EndpointView[]>('GET', '/api/endpoints')
    const one = await world.call<EndpointView>('GET', '/api/endpoints/1')

    expect(list.body).toEqual([one.body])
    expect(endpointView.strict().parse(one.body)).toEqual({
      id: 1,
      name: 'Shop A',
      number: Number(key.subdomain.slice(5)),
      subdomain: key.subdomain,
      port: key.port,
      endpoint: key.endpoint,
      key_ids: [key.id],
      overrides: { hold_seconds: 3 },
      allowed_ips: ['203.0.113.0/24'],
      local_address: null,
      always_ask: true,
      allowed_addresses: [],
      listener: 'listening',
      created_at: key.created_at,
    })
  })

  it('knows no other id, and tells strangers nothing', async () => {
    const unknown = await world.call('GET', '/api/endpoints/99')
    const stranger = await fetch(`${world.url}/api/endpoints`)

    expect(unknown).toMatchObject({
      status: 404,
      body: { code: 'not_found', detail: 'There is no endpoint with the id 99.' },
    })
    expect(stranger.status).toBe(401)
  })
})

describe('an endpoint whose id is not that of its key', () => {
  /** Gives every endpoint an id that is by a hundred more than that of its key. */
  const moveIds = async () => {
    await world.app.stop()
    const { DATA_DIR } = world.config
    const vault = loadVault(DATA_DIR, undefined)
    const path = join(DATA_DIR, 'data.json')
    const file = JSON.parse(readFileSync(path, 'utf8')) as DataFile
    for (const endpoint of file.endpoints) {
      const token = vault.open(endpoint.access.token, tokenPlace(endpoint.id))
      endpoint.id += 100
      endpoint.access.token = vault.seal(token, tokenPlace(endpoint.id))
    }
    file.next_endpoint_id += 100
    writeFileSync(path, JSON.stringify(file))
    await world.restart()
  }

  it('is served, shown, changed, told of and brought back with it', async () => {
    const [first, second] = [await world.addKey('a'), await world.addKey('b')]
    await moveIds()
    const { id } = second
    const events = await EventReader.open(`${world.url}/api/events`, { authorization: `Bearer ${world.session}` })
    const through = async () => (await getThrough(await world.connection(id), 'http://ip.test/')).body.trim()

    expect((await world.list()).map(({ listener }) => listener)).toEqual(['listening', 'listening'])
    expect(await through()).toBe(second.remote_ip)
    await until('the traffic', async () => (await world.get(id)).traffic.requests === 1)
    expect((await world.get(first.id)).traffic.requests).toBe(0)

    const rotated = await world.call<{ new_ip: string }>('POST', `/api/proxies/${id}/rotate`)
    expect(await through()).toBe(rotated.body.new_ip)
    expect((await world.call('POST', `/api/proxies/${id}/restart`)).status).toBe(200)
    expect((await world.call('POST', `/api/proxies/${id}/check`)).body).toMatchObject({ reachable: true })
    expect((await world.call('POST', `/api/proxies/${id}/test`)).body).toMatchObject({ exit_ip: rotated.body.new_ip })
    await world.call('POST', `/api/proxies/${id}/token`)
    await world.call('POST', `/api/proxies/${id}/addresses`, { address: '198.51.100.9' })
    await world.call('PUT', `/api/proxies/${id}`, { key_name: 'Shop B', region: 'nam' })
    const before = await world.get(id)
    expect(before).toMatchObject({ key_name: 'Shop B', allowed_addresses: [{ address: '198.51.100.9' }] })
    const connection = await world.connection(id)

    await world.call('DELETE', `/api/proxies/${id}`)
    expect((await world.call<EndpointView[]>('GET', '/api/endpoints')).body.map((each) => each.id)).toEqual([101])
    expect((await world.call('POST', `/api/proxies/${id}/restore`)).status).toBe(200)

    await until('its port', async () => (await world.get(id)).listener === 'listening')
    expect({ ...(await world.get(id)), traffic: 0 }).toEqual({ ...before, traffic: 0 })
    expect(await world.connection(id)).toEqual(connection)
    expect(await through()).toBe(rotated.body.new_ip)
    const third = await world.addKey('c')
    expect((await world.call<EndpointView>('GET', '/api/endpoints/103')).body.key_ids).toEqual([third.id])
    expect((await world.logs()).every(({ proxy_id }) => proxy_id === null || proxy_id <= third.id)).toBe(true)
    await until('the last event', () => JSON.stringify(events.events).includes(providerKey('c').slice(0, 8)))
    const updates = events.events.filter(({ type }) => type === 'proxy.updated')
    expect(updates.map(({ data }) => (data as { id: number }).id)).toContain(id)
    events.close()
  })

  it('tells those who look on of a change of the endpoint alone', async () => {
    const { id } = await world.addKey('a')
    await moveIds()
    const events = await EventReader.open(`${world.url}/api/events`, { authorization: `Bearer ${world.session}` })

    await world.call('PUT', `/api/proxies/${id}`, { key_name: 'Renamed' })

    await until('an event', () => JSON.stringify(events.events).includes('"Renamed"'))
    events.close()
  })
})
