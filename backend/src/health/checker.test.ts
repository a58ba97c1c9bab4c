import { setImmediate as turn } from 'node:timers/promises'

import { expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { makeKey, openStore } from '../../test/support/store.ts'
import { openHistoryDatabase } from '../history/database.ts'
import { History } from '../history/history.ts'
import { silentLog } from '../lib/log.ts'
import { Checker } from './checker.ts'
import type { ProbeResult } from './probe.ts'

async function createChecker(keys: number, results: () => ProbeResult) {
  const clock = new ManualClock()
  const opened = await openStore({ clock })
  const { store, dataDir } = opened
  await store.change((draft) => {
    const last_check_at = new Date(clock.now()).toISOString()
    for (let id = 1; id <= keys; id++) draft.proxy_keys.push(makeKey(id, { last_check_at }))
  })
  const history = new History({ database: openHistoryDatabase(dataDir, silentLog), clock, log: silentLog })
  const probed: number[] = []
  const probe = () => {
    probed.push(clock.now())
    return Promise.resolve(results())
  }
  const checker = new Checker({ store, probe, history, clock, log: silentLog, intervalSeconds: 30 })
  const end = async () => {
    await checker.stop()
    await opened.remove()
  }
  return { clock, store, checker, probed, end }
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
  const { store, checker, end } = await createChecker(
    1,
    () => results.shift() ?? { kind: 'unreachable', message: 'none left', isGone: false },
  )

  await checker.check(1)
  expect(store.data.proxy_keys[0]).toMatchObject({ status: 'active', latency_ms: 5, remote_ip: '203.0.113.9' })
  await checker.check(1)
  expect(store.data.proxy_keys[0]).toMatchObject({ status: 'unreachable', latency_ms: null })
  await end()
})

it('says nothing about an upstream that was replaced meanwhile', async () => {
  const { store, checker, end } = await createChecker(1, () => ({
    kind: 'unreachable',
    message: 'gone',
    isGone: false,
  }))

  const check = checker.check(1)
  await store.change((draft) => draft.proxy_keys.forEach((row) => (row.remote_http = '127.0.0.2:9')))
  await check

  expect(store.data.proxy_keys[0]).toMatchObject({ status: 'active', remote_http: '127.0.0.2:9' })
  await end()
})
