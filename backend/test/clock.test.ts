import { describe, expect, it } from 'vitest'

import { ManualClock } from './support/manual-clock.ts'
import { getThrough } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { World } from './support/world.ts'

const minute = 60_000
const hour = 60 * minute

describe("the machine's clock", () => {
  const plan = { ttlSeconds: 1200, cooldownSeconds: 120 }

  /** A world whose provider goes by the true time: that of `jump` alone is not true, that of a pause is. */
  async function createWorld() {
    const clock = new ManualClock()
    const begin = clock.now()
    let pausedMs = 0
    const world = await World.create({
      clock,
      simulator: { plan, now: () => begin + pausedMs + clock.monotonic() },
    })
    const key = await world.addKey('a')
    await world.app.resumed
    world.simulator.calls.length = 0
    return {
      clock,
      world,
      key,
      /** The row as it is stored. */
      row: () => world.app.keys.get(key.id).key,
      /** So much time passes while this process stands still, which its system tells or not. */
      pause: (ms: number, isTold: boolean) => {
        pausedMs += ms
        if (isTold) clock.suspend(ms)
        else clock.jump(ms)
      },
      callsOf: (verb: string) => world.simulator.calls.filter((call) => call.verb === verb),
      newIp: () => until('a new exit', async () => (await world.get(key.id)).remote_ip !== key.remote_ip),
      failures: async () => (await world.logs()).filter((entry) => entry.status === 'failure'),
    }
  }

  it('set back an hour delays no rotation, by hand or by itself', async () => {
    const { clock, world, key, row, callsOf } = await createWorld()
    await clock.advance(minute)

    clock.jump(-hour)
    await clock.advance(1000)
    const early = await world.call('POST', `/api/proxies/${key.id}/rotate`)
    await clock.advance(minute)
    const due = await world.call('POST', `/api/proxies/${key.id}/rotate`)

    expect(early.body).toMatchObject({ code: 'rotation_cooldown', retry_after: 59 })
    expect(due.status).toBe(200)
    expect(Date.parse(row().expiration_at ?? '') - clock.now()).toBe(20 * minute)
    await clock.advance(19 * minute)
    await until('the rotation before the end', () => callsOf('new').length === 2)
    await world.stop()
  })

  it('set back after a cooldown does not begin that anew', async () => {
    const { clock, world, key } = await createWorld()
    await clock.advance(5 * minute)

    clock.jump(-hour)
    await clock.advance(1000)

    expect((await world.call('POST', `/api/proxies/${key.id}/rotate`)).status).toBe(200)
    await world.stop()
  })

  it('set ahead two hours ends no upstream that the provider still gives', async () => {
    const { clock, world, key, row, callsOf, failures } = await createWorld()
    const { lease_id } = row()
    const end = Date.parse(key.expiration_at ?? '')

    clock.jump(2 * hour)
    await clock.advance(1000)
    await until('the provider to be asked', () => callsOf('current').length === 1)
    await clock.advance(1000)

    expect(row()).toMatchObject({ lease_id, refused: null, remote_ip: key.remote_ip })
    expect((await world.get(key.id)).status).toBe('active')
    expect(Date.parse(row().expiration_at ?? '')).toBe(end + 2 * hour)
    const through = await getThrough(await world.connection(key.id), 'http://ip.test/')
    expect(through.body.trim()).toBe(key.remote_ip)
    expect(callsOf('new')).toEqual([])
    expect(await failures()).toEqual([])
    await world.stop()
  })

  it('of a machine that was suspended is right: what has ended is not used any more', async () => {
    const { clock, world, key, row, pause, callsOf, newIp } = await createWorld()
    world.simulator.setFault('hang', { verb: 'new' })

    pause(2 * hour, true)
    await clock.advance(1000)

    expect(row()).toMatchObject({ remote_http: null, lease_id: null })
    expect(callsOf('current')).toEqual([])
    world.simulator.setFault(null, { verb: 'new' })
    await until('the call to be given up', async () => (await world.logs())[0]?.action === 'rotate', 15_000)
    await clock.advance(10_000)
    await newIp()
    expect((await world.get(key.id)).status).toBe('active')
    await world.stop()
  })

  it('of a machine that was paused for a moment, of which nobody tells, leaves the lease as it is', async () => {
    const { clock, world, key, row, pause, callsOf } = await createWorld()
    const { lease_id, expiration_at } = row()

    pause(5 * minute, false)
    await clock.advance(1000)
    await until('the right end', () => row().expiration_at === expiration_at)

    expect(row()).toMatchObject({ lease_id, refused: null, remote_ip: key.remote_ip })
    expect((await world.get(key.id)).status).toBe('active')
    expect(callsOf('new')).toEqual([])
    await world.stop()
  })

  it('of a machine that was paused longer than the lease lasts, of which nobody tells, keeps no dead lease', async () => {
    const { clock, world, row, pause, newIp } = await createWorld()
    const { lease_id } = row()
    world.simulator.setFault('out_of_stock', { verb: 'new' })

    pause(2 * hour, false)
    await clock.advance(1000)
    await until('a failed rotation', async () => (await world.logs())[0]?.action === 'rotate')
    await clock.advance(1000)
    expect(row()).toMatchObject({ remote_http: null, lease_id: null })

    world.simulator.setFault(null, { verb: 'new' })
    await clock.advance(10_000)
    await newIp()
    expect(row().lease_id).not.toBe(lease_id)
    await world.stop()
  })

  it('of a paused machine without a network asks again until the provider answers', async () => {
    const { clock, world, row, pause, callsOf, newIp } = await createWorld()
    const { lease_id } = row()
    world.simulator.setFault('reset')
    pause(2 * hour, false)
    await clock.advance(1000)
    await until('a first question', () => callsOf('current').length === 1)
    expect(row().lease_id).toBe(lease_id)

    world.simulator.setFault(null)
    await until('another question', async () => {
      await clock.advance(1000)
      return callsOf('current').length > 1
    })

    await newIp()
    await world.stop()
  })
})
