import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { EventReader } from './support/client-events.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { providerKey, World } from './support/world.ts'

describe('the health check', () => {
  it('notes latency, exit IP and time, and says unreachable when the upstream is dead', async () => {
    const clock = new ManualClock()
    const world = await World.create({ clock })
    await world.call('PUT', '/api/settings', { rotate_on_failure: false })
    const key = await world.addKey('a')
    const checked = () =>
      until('a check', async () => ((await world.get(key.id)).last_check_at === null ? null : world.get(key.id)))

    await clock.advance(1000)
    expect(await checked()).toMatchObject({
      status: 'active',
      remote_ip: key.remote_ip,
      latency_ms: expect.any(Number),
    })

    const { exit } = world.simulator.getLease(providerKey('a'))
    exit.kill()
    await clock.advance(30_000)
    const dead = await until('unreachable', async () => {
      const view = await world.get(key.id)
      return view.status === 'unreachable' ? view : null
    })
    expect(dead.latency_ms).toBeNull()
    expect((await world.logs())[0]).toMatchObject({ action: 'status', status: 'failure' })
    await world.stop()
  })

  it('that finds what was known writes nothing, and sends one event', async () => {
    const clock = new ManualClock()
    const world = await World.create({ clock, environment: { HEALTH_CHECK_INTERVAL: '600' } })
    const key = await world.addKey('a')
    const checks = async (count: number) =>
      until(`check ${count}`, async () => {
        const view = await world.get(key.id)
        return view.recent_checks.length === count ? view : null
      })
    // The first one finds a fact that was not known.
    await clock.advance(1_000)
    await checks(1)
    await clock.advance(1_000)
    await checks(2)
    await clock.advance(1_000)
    const rows = world.app.keys.list()
    const reader = await EventReader.open(`${world.url}/api/events`, { authorization: `Bearer ${world.session}` })

    await clock.advance(600_000)
    const { latency_ms, last_check_at } = await checks(3)
    await clock.advance(1_000)
    await until('its event', () => reader.events.length > 0)
    await clock.advance(61_000)

    const data = expect.objectContaining({ id: key.id, latency_ms, last_check_at })
    expect(reader.events).toEqual([expect.objectContaining({ type: 'proxy.updated', data })])
    expect(world.app.keys.list()).toBe(rows)
    expect(readFileSync(join(world.config.DATA_DIR, 'data.json'), 'utf8')).not.toMatch(/latency_ms|last_check_at/)
    reader.close()
    await world.stop()
  })

  it('is still shown after a restart, as long as the key holds that upstream', async () => {
    const clock = new ManualClock()
    const world = await World.create({ clock })
    const [kept, rotated] = [await world.addKey('kept'), await world.addKey('rotated')]
    await clock.advance(1_000)
    await until('both checks', async () => (await world.list()).every((key) => key.last_check_at !== null))
    const { latency_ms, last_check_at } = await world.get(kept.id)
    await world.call('POST', `/api/proxies/${rotated.id}/rotate`)
    expect(await world.get(rotated.id)).toMatchObject({ latency_ms: null, last_check_at: null })

    await world.restart()

    expect(latency_ms).toEqual(expect.any(Number))
    expect(await world.get(kept.id)).toMatchObject({ latency_ms, last_check_at })
    expect(await world.get(rotated.id)).toMatchObject({ latency_ms: null, last_check_at: null })
    await world.stop()
  })

  it('can be asked for', async () => {
    const world = await World.create()
    await world.call('PUT', '/api/settings', { rotate_on_failure: false })
    const key = await world.addKey('a')

    const good = await world.call('POST', `/api/proxies/${key.id}/check`)
    world.simulator.getLease(providerKey('a')).exit.kill()
    const bad = await world.call('POST', `/api/proxies/${key.id}/check`)

    expect(good.body).toMatchObject({ reachable: true, remote_ip: key.remote_ip, status: 'active', message: null })
    expect(bad.body).toMatchObject({
      reachable: false,
      latency_ms: null,
      status: 'unreachable',
      message: 'the upstream refuses connections',
    })
    await world.stop()
  })
})
