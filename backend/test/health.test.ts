import { describe, expect, it } from 'vitest'

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
