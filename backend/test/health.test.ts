import { readFileSync, statSync } from 'node:fs'
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
    const world = await World.create({ clock })
    const key = await world.addKey('a')
    await clock.advance(1_000)
    await until('a first check', async () => (await world.get(key.id)).last_check_at !== null)
    // The first check is another fact: it is written within a minute.
    await clock.advance(61_000)
    await until('a later check', async () => ((await world.get(key.id)).recent_checks.length > 2 ? true : null))
    await clock.advance(1_000)
    const file = join(world.config.DATA_DIR, 'data.json')
    const written = statSync(file, { bigint: true })
    const before = await world.get(key.id)
    const reader = await EventReader.open(`${world.url}/api/events`, { authorization: `Bearer ${world.session}` })

    await clock.advance(30_000)
    const after = await until('another check', async () => {
      const view = await world.get(key.id)
      return view.last_check_at === before.last_check_at ? null : view
    })
    await clock.advance(1_000)
    await until('its event', () => reader.events.length > 0)

    expect(after.recent_checks).toHaveLength(before.recent_checks.length + 1)
    const { latency_ms, last_check_at } = after
    expect(reader.events).toMatchObject([{ type: 'proxy.updated', data: { id: key.id, latency_ms, last_check_at } }])
    await clock.advance(25_000)
    expect(statSync(file, { bigint: true }).mtimeNs).toBe(written.mtimeNs)
    expect(readFileSync(file, 'utf8')).not.toMatch(/latency_ms|last_check_at/)
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
