import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { RotateReply } from '../src/contract/index.ts'
import { nextTurn } from '../src/leases/timed-turn.ts'
import { getThrough } from './support/proxy-client.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { providerKey, World } from './support/world.ts'

const minute = 60_000

describe('rotation', () => {
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

  it('by hand gives a new exit and tells the old one', async () => {
    const key = await world.addKey('a')
    await clock.advance(2 * minute)

    const reply = await rotate(key.id, { region: 'bac' })

    const lease = world.simulator.getLease(providerKey('a'))
    expect(reply.status).toBe(200)
    expect(reply.body).toEqual({
      new_ip: lease.exit.address,
      old_ip: key.remote_ip,
      location: lease.location,
      expiration_at: new Date(clock.now() + 20 * minute).toISOString(),
      next_request_at: new Date(clock.now() + 2 * minute).toISOString(),
      tunnels: { open: 0, idle: 0, finished: 0, cut: 0 },
      requests: { open: 0, idle: 0, finished: 0, cut: 0 },
    })
    expect(callsOf('new').at(-1)?.region).toBe('bac')
    const connection = await world.connection(key.id)
    expect((await getThrough(connection, 'http://ip.test/')).body.trim()).toBe(lease.exit.address)
  })

  it('during the cooldown is refused with the seconds left, and traffic goes on', async () => {
    const key = await world.addKey('a')
    await clock.advance(30_000)

    const reply = await refuseRotate(key.id)

    expect(reply.status).toBe(409)
    expect(reply.body).toMatchObject({ code: 'rotation_cooldown', retry_after: 90 })
    expect(reply.headers.get('retry-after')).toBe('90')
    expect(reply.body.detail).toBe(
      `proxy1 may be rotated again in 1 min 30 s. proxy1 stays on ${key.remote_ip} for another 19 min 30 s.`,
    )
    expect(callsOf('new')).toHaveLength(1)
    const through = await getThrough(await world.connection(key.id), 'http://ip.test/')
    expect(through.body.trim()).toBe(key.remote_ip)
  })

  it('follows the cooldown that the provider tells when ours is over', async () => {
    const key = await world.addKey('a')
    await clock.advance(3 * minute)
    world.simulator.getKey(providerKey('a')).nextRequestAt = clock.now() + 45_000

    const reply = await refuseRotate(key.id)

    expect(reply.body).toMatchObject({ code: 'rotation_cooldown', retry_after: 45 })
    expect((await world.get(key.id)).status).toBe('active')
  })

  it('takes an unchanged upstream, given as a success, for a cooldown', async () => {
    const key = await world.addKey('a')
    await clock.advance(3 * minute)
    world.simulator.getKey(providerKey('a')).nextRequestAt = clock.now() + 45_000
    world.simulator.setFault('stale')

    const reply = await refuseRotate(key.id)

    expect(reply.body).toMatchObject({ code: 'rotation_cooldown', retry_after: 45 })
    expect(await ipOf(key.id)).toBe(key.remote_ip)
  })

  it('happens one minute before the upstream ends', async () => {
    const key = await world.addKey('a')

    await clock.advance(19 * minute - 1000)
    expect(callsOf('new')).toHaveLength(1)
    await clock.advance(1000)

    await waitForNewIp(key.id, key.remote_ip)
    expect((await world.logs())[0]).toMatchObject({ action: 'rotate', reason: 'expiration', status: 'success' })
  })

  it('happens on the interval, at the time that is told before', async () => {
    await world.call('PUT', '/api/settings', { auto_rotate_interval_enabled: true, auto_rotate_interval_minutes: 5 })
    const key = await world.addKey('a')
    expect(key.next_rotation_reason).toBe('interval')
    const waitMs = Date.parse(key.next_rotation_at ?? '') - clock.now()
    expect(waitMs).toBeGreaterThanOrEqual(2 * minute)
    expect(waitMs).toBeLessThanOrEqual(5.5 * minute)

    await clock.advance(waitMs - 1)
    expect(callsOf('new')).toHaveLength(1)
    await clock.advance(1_000)

    await waitForNewIp(key.id, key.remote_ip)
    expect((await world.logs())[0]).toMatchObject({ proxy_id: key.id, reason: 'interval' })
    const { next_rotation_at } = await world.get(key.id)
    expect(Date.parse(next_rotation_at ?? '') - clock.now()).toBeGreaterThan(2 * minute)
  })

  it('is told to be on expiration, or never', async () => {
    const key = await world.addKey('a')
    expect(key).toMatchObject({
      next_rotation_at: new Date(clock.now() + 19 * minute).toISOString(),
      next_rotation_reason: 'expiration',
    })

    await world.call('PUT', '/api/settings', { auto_rotate_on_expiration: false })

    expect((await world.list())[0]).toMatchObject({ next_rotation_at: null, next_rotation_reason: null })
  })

  it('renews an upstream that would end before the interval does', async () => {
    await world.call('PUT', '/api/settings', { auto_rotate_interval_enabled: true, auto_rotate_interval_minutes: 60 })
    // Just after the turn that the first key has at this time of day: its next one is most of an hour away.
    await clock.advance(nextTurn(1, 60 * minute, clock.now()) - clock.now() + 1_000)
    const key = await world.addKey('a')

    await clock.advance(19 * minute + 1_000)

    await waitForNewIp(key.id, key.remote_ip)
    expect((await world.logs())[0]).toMatchObject({ reason: 'expiration' })
  })

  it('does not happen by itself when both settings are off; the ended upstream is not used', async () => {
    await world.call('PUT', '/api/settings', { auto_rotate_on_expiration: false })
    const key = await world.addKey('a')
    const connection = await world.connection(key.id)

    await clock.advance(21 * minute)

    expect(await world.get(key.id)).toMatchObject({ status: 'expired', remote_http: null, remote_ip: key.remote_ip })
    const through = await getThrough(connection, 'http://ip.test/')
    expect(through.status).toBe(503)
    expect(through.headers['retry-after']).toBe('10')
    expect(through.headers['content-type']).toMatch(/text\/plain/)
    expect(through.body).toMatch(/^proxy1: its upstream has ended/)
    expect(callsOf('new')).toHaveLength(1)
  })

  it('joins a second call to the one that runs', async () => {
    const key = await world.addKey('a')
    await clock.advance(3 * minute)

    const replies = await Promise.all([1, 2, 3].map(() => rotate(key.id)))

    expect(new Set(replies.map((reply) => reply.body.new_ip)).size).toBe(1)
    expect(callsOf('new')).toHaveLength(2)
  })

  it('rotates 20 keys side by side, of which one hangs, without delaying the others', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, (_, index) => world.addKey(`key ${index}`)))
    await clock.advance(3 * minute)
    world.simulator.setFault('hang', { key: providerKey('key 7') })

    const hanging = keys.find((key) => key.key_name === 'key 7')
    const others = keys.filter((key) => key !== hanging)
    const stuck = refuseRotate(hanging?.id ?? 0)
    const replies = await Promise.all(others.map((key) => rotate(key.id)))

    expect(replies.map((reply) => reply.status)).toEqual(others.map(() => 200))
    expect((await world.get(hanging?.id ?? 0)).status).toBe('rotating')
    // The provider's 10 s pass in real time.
    expect((await stuck).body).toMatchObject({ code: 'provider_unavailable' })
    expect(await world.get(hanging?.id ?? 0)).toMatchObject({ status: 'active', remote_ip: hanging?.remote_ip })
  })

  it('refuses a paused key, which makes no calls and serves nobody', async () => {
    const key = await world.addKey('a')
    const connection = await world.connection(key.id)
    expect((await world.call('PUT', `/api/proxies/${key.id}`, { is_active: false })).body).toMatchObject({
      status: 'inactive',
    })
    const calls = world.simulator.calls.length

    await clock.advance(30 * minute)
    const reply = await refuseRotate(key.id)
    const through = await getThrough(connection, 'http://ip.test/')

    expect([reply.status, reply.body.code]).toEqual([409, 'key_inactive'])
    expect([through.status, through.body]).toEqual([503, 'proxy1: it is paused.\n'])
    expect(world.simulator.calls).toHaveLength(calls)
  })
})

describe('a provider whose clock is an hour off', () => {
  it.each([-3_600_000, 3_600_000])('does not matter (%i ms)', async (clockSkewMs) => {
    const clock = new ManualClock()
    const world = await World.create({
      clock,
      simulator: { clockSkewMs, plan: { ttlSeconds: 1200, cooldownSeconds: 120 } },
    })

    const key = await world.addKey('a')

    expect(key.expiration_at).toBe(new Date(clock.now() + 20 * minute).toISOString())
    expect(key.next_request_at).toBe(new Date(clock.now() + 2 * minute).toISOString())
    await world.stop()
  })
})
