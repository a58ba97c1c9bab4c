import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { DataFile } from '../src/contract/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { providerKey, World } from './support/world.ts'

const minute = 60_000

describe('the id of a lease', () => {
  let clock: ManualClock
  let world: World

  beforeEach(async () => {
    clock = new ManualClock()
    world = await World.create({ clock, simulator: { plan: { ttlSeconds: 1200, cooldownSeconds: 0 } } })
  })

  afterEach(() => world.stop())

  const leaseOf = (id: number) => world.app.keys.get(id).key.lease_id

  it('is another one after each rotation, and in the file, but not on the wire', async () => {
    const key = await world.addKey('a')
    const first = leaseOf(key.id)
    await world.call('POST', `/api/proxies/${key.id}/rotate`)
    const second = leaseOf(key.id)

    expect([first, second]).toEqual([expect.any(String), expect.any(String)])
    expect(second).not.toBe(first)
    const file = JSON.parse(readFileSync(join(world.config.DATA_DIR, 'data.json'), 'utf8')) as DataFile
    expect(file.proxy_keys[0]?.lease_id).toBe(second)
    expect(await world.get(key.id)).not.toHaveProperty('lease_id')
  })

  it('stays over a restart, where the provider still lends the upstream, and goes with it', async () => {
    const key = await world.addKey('a')
    const before = leaseOf(key.id)

    await world.restart()
    await world.app.resumed
    expect(leaseOf(key.id)).toBe(before)

    await world.call('PUT', '/api/settings', { auto_rotate_on_expiration: false })
    await clock.advance(21 * minute)
    expect(world.app.keys.get(key.id).key).toMatchObject({ remote_http: null, lease_id: null })
  })

  it('is another one when the provider was found to lend another upstream', async () => {
    const key = await world.addKey('a')
    const before = leaseOf(key.id)
    await world.app.stop()
    await world.simulator.renew(providerKey('a'))

    await world.restart()
    await world.app.resumed

    expect(leaseOf(key.id)).toEqual(expect.any(String))
    expect(leaseOf(key.id)).not.toBe(before)
  })

  it('is another one with another provider key, whose status no rotation of the old one holds up', async () => {
    const key = await world.addKey('a')
    const before = leaseOf(key.id)
    world.simulator.addKey(providerKey('b'))
    world.simulator.setFault('hang', { key: providerKey('a') })
    const rotation = world.call('POST', `/api/proxies/${key.id}/rotate`)
    await until('the rotation to begin', async () => (await world.get(key.id)).status === 'rotating')

    await world.call('PUT', `/api/proxies/${key.id}`, { kiotproxy_key: providerKey('b') })

    expect(leaseOf(key.id)).not.toBe(before)
    expect((await world.get(key.id)).status).toBe('active')
    await rotation
  })
})
