import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { getThrough } from './support/proxy-client.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { providerKey, World } from './support/world.ts'

describe('a deleted key', () => {
  let clock: ManualClock
  let world: World

  beforeEach(async () => {
    clock = new ManualClock()
    world = await World.create({ clock })
  })

  afterEach(() => world.stop())

  const remove = (id: number, query = '') => world.call('DELETE', `/api/proxies/${id}${query}`)
  const restore = (id: number) => world.call('POST', `/api/proxies/${id}/restore`)

  it('comes back within ten seconds with all that it had', async () => {
    const other = await world.addKey('other')
    const key = await world.addKey('a', { region: 'nam', allowed_ips: ['203.0.113.7'] })
    const before = { key: await world.get(key.id), connection: await world.connection(key.id) }
    await remove(key.id)
    expect(await world.list()).toMatchObject([{ id: other.id }])

    await clock.advance(9_000)
    const reply = await restore(key.id)

    expect(reply.status).toBe(200)
    await until('its port', async () => (await world.get(key.id)).listener === 'listening')
    const { traffic: _, ...same } = before.key
    expect(await world.get(key.id)).toMatchObject(same)
    expect(await world.connection(key.id)).toEqual(before.connection)
    const through = await getThrough(before.connection, 'http://ip.test/')
    expect(through.body.trim()).toBe(key.remote_ip)
    const log = await world.logs()
    expect(log.filter(({ proxy_id }) => proxy_id === key.id).map(({ action }) => action)).toEqual([
      'update',
      'delete',
      'add',
    ])
    await clock.advance(60_000)
    expect((await restore(key.id)).status).toBe(404)
  })

  it('is gone after ten seconds, and where there was none', async () => {
    const key = await world.addKey('a')
    expect((await restore(key.id)).status).toBe(404)
    await remove(key.id)

    await clock.advance(10_000)

    expect(await restore(key.id)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect((await restore(99)).status).toBe(404)
    expect(await world.list()).toEqual([])
  })

  it('does not come back where its number or its provider key is another’s by now, and says whose', async () => {
    const [first, second] = [await world.addKey('a'), await world.addKey('b')]
    await remove(first.id)
    await remove(second.id)
    await world.addKey('c')

    expect(await restore(first.id)).toMatchObject({ status: 409, body: { code: 'number_taken' } })
    expect((await restore(second.id)).status).toBe(200)

    await remove(second.id)
    const again = await world.call('POST', '/api/proxies', { kiotproxy_key: providerKey('b') })
    expect(again.status).toBe(201)
    expect(await restore(second.id)).toMatchObject({ status: 409, body: { code: 'duplicate_key' } })
  })

  it('does not come back where another key has its address of this machine by now', async () => {
    const [first, second] = [await world.addKey('a'), await world.addKey('b')]
    const local_address = '127.0.7.9'
    await world.call('PUT', `/api/proxies/${first.id}`, { local_address })
    await remove(first.id)
    await world.call('PUT', `/api/proxies/${second.id}`, { local_address })

    expect(await restore(first.id)).toMatchObject({ status: 409, body: { code: 'number_taken' } })

    await world.call('PUT', `/api/proxies/${second.id}`, { local_address: null })
    expect((await restore(first.id)).body).toMatchObject({ local_address })
  })

  it('comes back with another upstream where the one that it had was given back', async () => {
    const key = await world.addKey('a')
    await remove(key.id, '?release=true')

    expect((await restore(key.id)).body).toMatchObject({ id: key.id, remote_http: null })

    await clock.advance(1_000)
    await until('another upstream', async () => (await world.get(key.id)).status === 'active')
  })

  it.runIf(process.platform === 'linux')('can be brought back once the disk is no longer full', async () => {
    const key = await world.addKey('a')
    await remove(key.id)
    const temporary = join(world.config.DATA_DIR, 'data.json.tmp')
    symlinkSync('/dev/full', temporary)
    expect(await restore(key.id)).toMatchObject({ body: { code: 'storage_full' } })
    expect(await world.list()).toEqual([])

    rmSync(temporary, { force: true })

    expect((await restore(key.id)).status).toBe(200)
    await world.restart()
    expect(await world.list()).toMatchObject([{ id: key.id, subdomain: key.subdomain }])
  })

  it('is asked for twice at once, and comes back once', async () => {
    const key = await world.addKey('a')
    await remove(key.id)

    const replies = await Promise.all([restore(key.id), restore(key.id)])

    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect(await world.list()).toHaveLength(1)
  })
})
