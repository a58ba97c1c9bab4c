import { setImmediate as turn } from 'node:timers/promises'

import { expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { addKeys, makeKey, openStore } from '../../test/support/store.ts'
import { until } from '../../test/support/until.ts'
import { Bus } from '../happenings/bus.ts'
import type { Check } from '../history/history.ts'
import { silentLog } from '../lib/log.ts'
import { Checker } from './checker.ts'
import type { ProbeResult } from './probe.ts'
import type { ProbedUpstream } from './probed-upstream.ts'

const reachable = (exitIp: string | null = null): ProbeResult => ({ kind: 'reachable', latencyMs: 1, exitIp })

async function createChecker(keys: number, results: (upstream: ProbedUpstream) => ProbeResult | Promise<ProbeResult>) {
  const clock = new ManualClock()
  const opened = await openStore({ clock })
  const { store } = opened
  await addKeys(store, ...Array.from({ length: keys }, (_, index) => makeKey(index + 1)))
  const bus = new Bus({ clock, log: silentLog })
  const probed: number[] = []
  const probe = async (upstream: ProbedUpstream) => {
    probed.push(clock.now())
    return await results(upstream)
  }
  const checker = new Checker({ store, probe, bus, clock, log: silentLog, intervalSeconds: 30 })
  const checks: Check[] = []
  checker.checked.subscribe((_, check) => checks.push(check))
  const end = async () => {
    await checker.stop()
    await opened.remove()
  }
  return { clock, store, checker, checks, probed, end }
}

it('follows the interval of the settings, spread over it, also when that becomes shorter', async () => {
  const { clock, store, checker, probed, end } = await createChecker(60, () => ({
    kind: 'reachable',
    latencyMs: 1,
    exitIp: null,
  }))
  const pass = async (seconds: number) => {
    probed.length = 0
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1_000)
      checker.tick()
      await turn()
    }
    return probed.length
  }
  await store.change((draft) => void (draft.settings.health_check_seconds = 600))
  await pass(1)
  expect(await pass(60)).toBeLessThan(10)

  await store.change((draft) => void (draft.settings.health_check_seconds = 10))
  await pass(10)

  expect(await pass(20)).toBe(120)
  expect(new Set(probed).size).toBe(20)
  await end()
})

it('spreads the checks of many keys evenly over the interval', async () => {
  const { clock, checker, probed, end } = await createChecker(90, () => ({
    kind: 'reachable',
    latencyMs: 1,
    exitIp: null,
  }))
  checker.start()

  const perSecond: number[] = []
  for (let second = 0; second < 60; second++) {
    const before = probed.length
    await clock.advance(1000)
    await turn()
    perSecond.push(probed.length - before)
  }

  expect(probed.length).toBeGreaterThanOrEqual(90)
  expect(Math.max(...perSecond)).toBeLessThanOrEqual(6)
  const secondRound = perSecond.slice(30)
  expect(secondRound.reduce((sum, count) => sum + count, 0)).toBe(90)
  expect(Math.min(...secondRound)).toBeGreaterThanOrEqual(1)
  await end()
})

it('takes one failure for an accident and two in a row for an outage', async () => {
  const results: ProbeResult[] = [
    { kind: 'unreachable', message: 'lost', isGone: false },
    { kind: 'reachable', latencyMs: 5, exitIp: '203.0.113.9' },
    { kind: 'unreachable', message: 'lost', isGone: false },
    { kind: 'unreachable', message: 'lost', isGone: false },
  ]
  const { store, checker, checks, end } = await createChecker(
    1,
    () => results.shift() ?? { kind: 'unreachable', message: 'none left', isGone: false },
  )

  await checker.check(1)
  expect(store.data.proxy_keys[0]).toMatchObject({ reachable: true, remote_ip: '203.0.113.9' })
  await checker.check(1)
  expect(store.data.proxy_keys[0]).toMatchObject({ reachable: false })
  expect(checks.map(({ latency_ms }) => latency_ms)).toEqual([5, null])
  await end()
})

it('changes no row where it finds what is known, and tells of all such checks about once a second', async () => {
  const { clock, store, checker, checks, end } = await createChecker(3, () => reachable('127.0.0.1'))
  const told: (readonly number[])[] = []
  checker.confirmed.subscribe((ids) => told.push(ids))
  await store.change((draft) => void (draft.settings.health_check_seconds = 1))
  const before = store.data
  checker.tick()

  for (let second = 0; second < 3; second++) {
    await clock.advance(1_000)
    checker.tick()
    await turn()
  }
  await clock.advance(1_000)
  checker.tick()

  expect(store.data).toBe(before)
  expect(checks.length).toBeGreaterThanOrEqual(6)
  expect(checks[0]).toMatchObject({ lease_id: expect.stringMatching(/^lease-\d$/), latency_ms: 1 })
  expect(told.length).toBeGreaterThanOrEqual(2)
  for (const ids of told) expect(ids.toSorted()).toEqual([1, 2, 3])
  await end()
})

it('writes another fact into the row at once, and does not tell of that check a second time', async () => {
  const { store, checker, end } = await createChecker(1, () => reachable('203.0.113.9'))
  const told: (readonly number[])[] = []
  checker.confirmed.subscribe((ids) => told.push(ids))

  await checker.check(1)
  expect(store.data.proxy_keys[0]?.remote_ip).toBe('203.0.113.9')
  expect(told).toEqual([])

  await checker.check(1)
  expect(told).toEqual([[1]])
  await end()
})

it('says nothing about an upstream that was replaced meanwhile', async () => {
  const { store, checker, end } = await createChecker(1, () => ({
    kind: 'unreachable',
    message: 'gone',
    isGone: false,
  }))

  const check = checker.check(1)
  await store.change((draft) => draft.keys.where(() => true).forEach((row) => (row.lease_id = 'another')))
  await check

  expect(store.data.proxy_keys[0]).toMatchObject({ reachable: true })
  await end()
})

it('writes no exit IP of a lease before onto the one after it at the same address, nor calls that lost', async () => {
  const results: ((result: ProbeResult) => void)[] = []
  const { store, checker, end } = await createChecker(1, () => new Promise((resolve) => results.push(resolve)))
  const lost: number[] = []
  checker.lost.subscribe((id) => lost.push(id))
  const rotate = (lease_id: string) =>
    store.change((draft) =>
      draft.keys.where(() => true).forEach((row) => Object.assign(row, { lease_id, remote_ip: null })),
    )

  const first = checker.check(1)
  await until('a probe', () => results.length === 1)
  await rotate('second')
  results[0]?.(reachable('203.0.113.1'))
  await first
  const second = checker.check(1)
  await until('another probe', () => results.length === 2)
  await rotate('third')
  results[1]?.({ kind: 'unreachable', message: 'gone', isGone: true })
  await until('a second look', () => results.length === 3)
  results[2]?.({ kind: 'unreachable', message: 'gone', isGone: true })
  await second

  expect(store.data.proxy_keys[0]).toMatchObject({ lease_id: 'third', reachable: true, remote_ip: null })
  expect(lost).toEqual([])
  await end()
})

it('checks a new lease at once, at the address of the one before and while that is being checked', async () => {
  const results: ((result: ProbeResult) => void)[] = []
  const { clock, store, checker, end } = await createChecker(1, () => new Promise((resolve) => results.push(resolve)))
  const check = checker.check(1)
  await until('a probe', () => results.length === 1)
  checker.tick()

  await store.change((draft) => draft.keys.where(() => true).forEach((row) => (row.lease_id = 'second')))
  await clock.advance(1000)
  checker.tick()

  await until('a probe of the new lease', () => results.length === 2)
  results[1]?.(reachable('203.0.113.2'))
  await until('its exit IP', () => store.data.proxy_keys[0]?.remote_ip === '203.0.113.2')
  results[0]?.(reachable('203.0.113.1'))
  await check
  expect(store.data.proxy_keys[0]?.remote_ip).toBe('203.0.113.2')
  await end()
})

it('goes the way that clients go, and looks at once when that becomes another', async () => {
  const ways: ProbedUpstream[] = []
  const { clock, store, checker, end } = await createChecker(1, (upstream) => {
    ways.push(upstream)
    return reachable()
  })
  await store.change((draft) =>
    draft.keys.where(() => true).forEach((row) => (row.remote_socks5 = '[2001:db8::7]:1080')),
  )
  await checker.check(1)
  checker.tick()

  await store.change((draft) => draft.keys.where(() => true).forEach((row) => (row.upstream_protocol = 'socks5')))
  await clock.advance(1000)
  checker.tick()
  await until('a second check', () => ways.length === 2)

  expect(ways).toEqual([
    { protocol: 'http', host: '127.0.0.1', port: 9, credentials: null },
    { protocol: 'socks5', host: '2001:db8::7', port: 1080, credentials: null },
  ])
  await store.change((draft) => draft.keys.where(() => true).forEach((row) => (row.remote_socks5 = null)))
  await expect(checker.check(1)).rejects.toThrow('proxy1 has an upstream without a SOCKS5 port')
  await end()
})

it.each([-3_600_000, 3_600_000])(
  'keeps its checks as they are spread when the clock is set (%i ms)',
  async (jumpMs) => {
    const { clock, checker, probed, end } = await createChecker(90, () => reachable())
    checker.start()
    const pass = async (seconds: number) => {
      const perSecond: number[] = []
      for (let second = 0; second < seconds; second++) {
        const before = probed.length
        await clock.advance(1000)
        await turn()
        perSecond.push(probed.length - before)
      }
      return perSecond
    }
    await pass(30)
    const before = await pass(30)

    clock.jump(jumpMs)

    expect(await pass(30)).toEqual(before)
    await end()
  },
)
