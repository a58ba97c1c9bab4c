import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { RotateReply } from '../src/contract/index.ts'
import { getThrough } from './support/proxy-client.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { providerKey, World } from './support/world.ts'

const minute = 60_000

describe('a provider in trouble', () => {
  let clock: ManualClock
  let world: World

  beforeEach(async () => {
    clock = new ManualClock()
    world = await World.create({ clock, simulator: { plan: { ttlSeconds: 1200, cooldownSeconds: 120 } } })
  })

  afterEach(() => world.stop())

  const rotate = (id: number, body?: unknown) => world.call<RotateReply>('POST', `/api/proxies/${id}/rotate`, body)
  const refuseRotate = (id: number) => world.call('POST', `/api/proxies/${id}/rotate`)
  const ipOf = async (id: number) => (await world.get(id)).remote_ip
  const callsOf = (verb: string) => world.simulator.calls.filter((call) => call.verb === verb)
  const waitForNewIp = (id: number, old: string | null) =>
    until('a new exit IP', async () => ((await ipOf(id)) === old ? null : await ipOf(id)))

  it.each([
    ['reset', 502, 'provider_unavailable'],
    ['server_error', 502, 'provider_unavailable'],
    ['rate_limited', 502, 'provider_unavailable'],
    ['empty', 502, 'provider_unavailable'],
    ['null_host', 502, 'provider_unavailable'],
    ['port_zero', 502, 'provider_unavailable'],
    ['out_of_stock', 503, 'provider_out_of_stock'],
  ] as const)('keeps the old upstream when the provider fails (%s)', async (fault, status, code) => {
    const key = await world.addKey('a')
    await clock.advance(3 * minute)
    world.simulator.setFault(fault)

    const reply = await refuseRotate(key.id)

    expect([reply.status, reply.body.code]).toEqual([status, code])
    expect(reply.body.detail).toMatch(/proxy1 stays on 127\.20\.0\.1 for another 17 min. Trying again in \d+ s\./)
    expect(await world.get(key.id)).toMatchObject({ status: 'active', remote_ip: key.remote_ip })
    const through = await getThrough(await world.connection(key.id), 'http://ip.test/')
    expect(through.body.trim()).toBe(key.remote_ip)
  })

  it('backs off while the provider fails, and goes on as soon as it works', async () => {
    const key = await world.addKey('a')
    await clock.advance(18 * minute)
    world.simulator.setFault('out_of_stock')

    await clock.advance(minute)
    await until('a first failure', async () => (await world.logs())[0]?.status === 'failure')
    await clock.advance(3_000)
    expect(callsOf('new')).toHaveLength(2)
    await clock.advance(4_000)
    await until('a second attempt', () => callsOf('new').length === 3)
    await until('the second failure', async () => (await world.logs())[1]?.status === 'failure')
    await clock.advance(7_000)
    expect(callsOf('new')).toHaveLength(3)

    world.simulator.setFault(null)
    await clock.advance(6_000)
    await waitForNewIp(key.id, key.remote_ip)
  })

  it('asks for the current upstream after an answer that got lost, instead of spending another rotation', async () => {
    const key = await world.addKey('a')
    await clock.advance(3 * minute)
    world.simulator.setFault('lost', { verb: 'new' })
    await refuseRotate(key.id)
    world.simulator.setFault(null)
    const given = world.simulator.getLease(providerKey('a')).exit.address

    const reply = await rotate(key.id)

    expect(reply.body).toMatchObject({ new_ip: given, old_ip: key.remote_ip })
    expect(callsOf('new')).toHaveLength(2)
  })

  it('says that a key ran out which the provider lets go no further, and does not call again until the admin changes it', async () => {
    const key = await world.addKey('a')
    world.simulator.getKey(providerKey('a')).state = 'expired'
    await clock.advance(19 * minute)
    await until('the key to run out', async () => (await world.get(key.id)).status === 'key_expired')
    expect(await world.get(key.id)).toMatchObject({ reason: 'key_expired', retry_at: null })
    const calls = world.simulator.calls.length
    const through = await getThrough(await world.connection(key.id), 'http://ip.test/')
    expect(through.body.trim()).toBe(key.remote_ip)

    await clock.advance(30 * minute)
    expect(world.simulator.calls).toHaveLength(calls)
    expect(await world.get(key.id)).toMatchObject({ status: 'key_expired', remote_http: null })

    world.simulator.getKey(providerKey('a')).state = 'good'
    await world.call('PUT', `/api/proxies/${key.id}`, { is_active: true })
    await clock.advance(1000)
    await until('the key to work again', async () => (await world.get(key.id)).status === 'active')
  })

  it('does not ask every second while the cooldown runs and there is no upstream', async () => {
    const key = await world.addKey('a')
    await clock.advance(3 * minute)
    const simulated = world.simulator.getKey(providerKey('a'))
    simulated.lease = null
    simulated.nextRequestAt = clock.now() + 109_000
    await clock.advance(18 * minute)
    await until('a new upstream in the end', async () => (await ipOf(key.id)) !== key.remote_ip)
    const calls = world.simulator.calls.length

    simulated.lease = null
    simulated.nextRequestAt = clock.now() + 30 * minute
    await clock.advance(21 * minute)
    await until('the cooldown to be known', async () => (await world.get(key.id)).remote_http === null)
    await clock.advance(5_000)
    expect(world.simulator.calls.length - calls).toBeLessThan(60)
  })

  it('does not rotate an upstream every second that came with little life left', async () => {
    world.simulator.addKey(providerKey('short'), { ttlSeconds: 50, cooldownSeconds: 0 })
    await world.call('POST', '/api/proxies', { kiotproxy_key: providerKey('short') })

    for (let second = 0; second < 20; second++) {
      await clock.advance(1000)
      await world.list()
    }

    expect(callsOf('new')).toHaveLength(1)
  })

  it('makes an invalid key good again when the provider answers a manual rotation with its cooldown', async () => {
    const key = await world.addKey('a')
    const simulated = world.simulator.getKey(providerKey('a'))
    simulated.state = 'expired'
    await clock.advance(3 * minute)
    expect((await refuseRotate(key.id)).status).toBe(422)
    simulated.state = 'good'
    simulated.nextRequestAt = clock.now() + 30_000

    expect((await refuseRotate(key.id)).body.code).toBe('rotation_cooldown')

    expect((await world.get(key.id)).status).toBe('active')
  })
})
