import { setImmediate as pause } from 'node:timers/promises'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { addKeys, makeKey, openStore, testVault, type TestStore } from '../../test/support/store.ts'
import { until } from '../../test/support/until.ts'
import type { ProxyKey, Settings } from '../contract/index.ts'
import { Bus } from '../happenings/bus.ts'
import { silentLog } from '../lib/log.ts'
import type { Provider, ProviderReply } from '../providers/provider.ts'
import { Backoff } from './backoff.ts'
import { Rotator } from './rotator.ts'
import { Running } from './running.ts'
import { Schedule } from './schedule.ts'
import { Worker } from './worker.ts'

const minute = 60_000
const keys = 55

describe('timed rotation of 55 keys', () => {
  let clock: ManualClock
  let opened: TestStore
  let schedule: Schedule
  let rotator: Rotator
  let worker: Worker
  let rotated: { id: number; at: number }[]

  const upstreamAt = (http: string, exitIp: string | null): ProviderReply => ({
    kind: 'upstream',
    upstream: {
      http,
      socks5: null,
      exitIp,
      location: null,
      expiresAt: null,
      nextRotationAt: null,
      ttlSeconds: null,
      cooldownSeconds: null,
    },
  })
  const provider: Provider = {
    rotate: (key) => {
      rotated.push({ id: Number(key.slice(1)), at: clock.now() })
      return Promise.resolve(upstreamAt(`127.0.0.1:${1_000 + rotated.length}`, null))
    },
    current: (key) => {
      const held = opened.store.data.proxy_keys.find(({ id }) => id === Number(key.slice(1)))
      return Promise.resolve(upstreamAt(held?.remote_http ?? '', held?.remote_ip ?? null))
    },
    release: () => Promise.resolve({ kind: 'none' }),
    close: () => Promise.resolve(),
  }

  beforeEach(async () => {
    clock = new ManualClock()
    opened = await openStore({ clock })
    rotated = []
    startWorker()
  })
  afterEach(async () => {
    await rotator.stop()
    await opened.remove()
  })

  function startWorker(): void {
    const { store } = opened
    const bus = new Bus({ clock, log: silentLog })
    const backoff = new Backoff(clock)
    const parts = { store, bus, backoff, clock, log: silentLog }
    schedule = new Schedule({ store, clock })
    rotator = new Rotator({ ...parts, provider, vault: testVault, running: new Running() })
    worker = new Worker({ ...parts, rotator, schedule })
  }

  const set = (settings: Partial<Settings>) =>
    opened.store.change((draft) => void Object.assign(draft.settings, settings))

  /** All of them were added, and their rotations began, in the same second. */
  async function begin(change: Partial<ProxyKey> = {}): Promise<void> {
    const now = new Date(clock.now()).toISOString()
    const made = { created_at: now, last_rotated_at: now, ...change }
    await addKeys(opened.store, ...Array.from({ length: keys }, (_, index) => makeKey(index + 1, made)))
  }

  /** What the worker does in so much time, a second after the other. */
  async function pass(ms: number): Promise<typeof rotated> {
    rotated = []
    for (let second = 0; second < ms / 1_000; second++) {
      await clock.advance(1_000)
      await worker.tick()
      await settle()
    }
    return rotated
  }

  async function settle(): Promise<void> {
    await pause()
    await until('rotations to end', () => opened.store.data.proxy_keys.every(({ id }) => !rotator.isRotating(id)))
  }

  function mostInASecond(times: typeof rotated): number {
    const counts = Object.values(Object.groupBy(times, ({ at }) => String(Math.floor(at / 1_000))))
    return Math.max(...counts.map((count) => count?.length ?? 0))
  }

  it('is spread over the interval from the first turn on, each key once in it', async () => {
    await begin()
    await set({ auto_rotate_interval_enabled: true, auto_rotate_interval_minutes: 10 })

    const first = await pass(11 * minute)
    const later = await pass(20 * minute)

    expect(new Set(first.map(({ id }) => id)).size).toBe(keys)
    for (const times of [first, later]) {
      expect(mostInASecond(times)).toBeLessThanOrEqual(4)
      const perMinute = Object.values(Object.groupBy(times, ({ at }) => String(Math.floor(at / minute))))
      for (const each of perMinute) expect(each?.length).toBeLessThan(16)
    }
    expect(later.length).toBeGreaterThan(keys * 1.7)
    expect(later.length).toBeLessThan(keys * 2.3)
  })

  it('is spread too when it is turned on long after the last rotations, or the interval becomes another', async () => {
    await begin()
    await clock.advance(3 * 60 * minute)
    await set({ auto_rotate_interval_enabled: true, auto_rotate_interval_minutes: 10 })
    expect(mostInASecond(await pass(5 * minute))).toBeLessThanOrEqual(4)

    await set({ auto_rotate_interval_minutes: 4 })

    const times = await pass(5 * minute)
    expect(mostInASecond(times)).toBeLessThanOrEqual(4)
    expect(times.length).toBeGreaterThan(keys * 0.8)
  })

  it('is not all made up for after a stop, and comes at the same times as it would have', async () => {
    await begin()
    await set({ auto_rotate_interval_enabled: true, auto_rotate_interval_minutes: 10 })
    await pass(11 * minute)
    const times = () => opened.store.data.proxy_keys.map((key) => schedule.next(key)?.at)
    const before = times()

    await rotator.stop()
    startWorker()

    expect(times()).toEqual(before)
    await rotator.stop()
    clock.leap(3 * 60 * minute)
    startWorker()
    expect(mostInASecond(await pass(11 * minute))).toBeLessThanOrEqual(4)
  })

  it.each([-7, 7])('is spread too after the clock was set by %i hours', async (hours) => {
    await begin()
    await set({ auto_rotate_interval_enabled: true, auto_rotate_interval_minutes: 10 })
    await pass(2 * minute)

    clock.jump(hours * 60 * minute)

    const times = await pass(11 * minute)
    expect(mostInASecond(times)).toBeLessThanOrEqual(4)
    expect(times.length).toBeGreaterThan(keys * 0.7)
  })

  it('keeps the distance that is set between different keys', async () => {
    await begin()
    await set({
      auto_rotate_interval_enabled: true,
      auto_rotate_interval_minutes: 10,
      auto_rotate_spacing_seconds: 8,
    })

    const times = (await pass(30 * minute)).map(({ at }) => at)

    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(8_000)
    expect(times.length).toBeGreaterThan(keys * 2.4)
  })

  it('keeps it also where there is more to do than fits, and lets each key have its turn', async () => {
    await begin()
    await set({
      auto_rotate_interval_enabled: true,
      auto_rotate_interval_minutes: 2,
      auto_rotate_spacing_seconds: 10,
    })

    const times = await pass(keys * 10_000 + 5 * minute)

    const gaps = times.slice(1).map(({ at }, index) => at - (times[index]?.at ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000)
    expect(new Set(times.map(({ id }) => id)).size).toBe(keys)
  })

  it('renews an upstream in good time all the same, and none before its cooldown ends', async () => {
    const end = clock.now() + 5 * minute
    const cooldown = clock.now() + 3 * minute
    await begin({
      expiration_at: new Date(end).toISOString(),
      next_request_at: new Date(cooldown).toISOString(),
    })
    await set({
      auto_rotate_interval_enabled: true,
      auto_rotate_interval_minutes: 10,
      auto_rotate_spacing_seconds: 60,
    })

    const times = await pass(5 * minute)

    expect(new Set(times.map(({ id }) => id)).size).toBe(keys)
    expect(Math.min(...times.map(({ at }) => at))).toBeGreaterThanOrEqual(cooldown)
    expect(Math.max(...times.map(({ at }) => at))).toBeLessThanOrEqual(end - minute)
  })

  it('is told beforehand', async () => {
    await begin()
    expect(opened.store.data.proxy_keys.map((key) => schedule.show(key))).toEqual(
      Array.from({ length: keys }, () => ({ next_rotation_at: null, next_rotation_reason: null })),
    )
    await set({
      auto_rotate_interval_enabled: true,
      auto_rotate_interval_minutes: 10,
      auto_rotate_spacing_seconds: 3,
    })

    const told = opened.store.data.proxy_keys.map((key) => schedule.show(key))

    expect(new Set(told.map(({ next_rotation_reason }) => next_rotation_reason))).toEqual(new Set(['interval']))
    const times = told.map(({ next_rotation_at }) => Date.parse(next_rotation_at ?? ''))
    const rotations = await pass(12 * minute)
    for (const [index, time] of times.entries()) {
      const { at = 0 } = rotations.find(({ id }) => id === index + 1) ?? {}
      expect(at - time).toBeGreaterThanOrEqual(0)
      expect(at - time).toBeLessThan(30_000)
    }
  })
})
