import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { silentLog } from '../lib/log.ts'
import { openHistoryDatabase } from './database.ts'
import { Measurements, type Traffic } from './measurements.ts'

const minuteMs = 60_000

describe('measurements', () => {
  let dataDir: string
  let database: DatabaseSync
  let clock: ManualClock
  let traffic: Traffic[]
  let measurements: Measurements

  const open = () => new Measurements({ database, clock, log: silentLog, traffic: () => traffic })

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-measurements-'))
    database = openHistoryDatabase(dataDir, silentLog)
    clock = new ManualClock()
    traffic = []
    measurements = open()
    measurements.start()
  })

  afterEach(() => {
    measurements.stop()
    database.close()
    rmSync(dataDir, { recursive: true })
  })

  const pass = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) await clock.advance(minuteMs)
  }
  const rows = () => Number(database.prepare('SELECT count(*) AS count FROM minutes').get()?.['count'])

  it('tell the mean latency, failures and growth of each minute', async () => {
    traffic = [{ id: 1, requests: 0, bytes_in: 0, bytes_out: 0 }]
    await pass(1)
    measurements.noteCheck(1, 100)
    measurements.noteCheck(1, 200)
    measurements.noteCheck(1, null)
    traffic = [{ id: 1, requests: 5, bytes_in: 50, bytes_out: 500 }]
    await pass(1)
    traffic = [{ id: 1, requests: 8, bytes_in: 60, bytes_out: 700 }]
    await pass(1)

    const { points, step_seconds } = measurements.series(1, 'hour')

    expect(points).toHaveLength(60)
    expect(step_seconds).toBe(60)
    const [earlier, later] = points.slice(-2)
    expect(earlier).toMatchObject({ latency_ms: 150, checks: 3, failed_checks: 1, requests: 5, bytes_in: 50 })
    expect(later).toMatchObject({ latency_ms: null, checks: 0, requests: 3, bytes_in: 10, bytes_out: 200 })
    expect(Date.parse(later?.at ?? '') - Date.parse(earlier?.at ?? '')).toBe(minuteMs)
  })

  it('add up over a day and a week', async () => {
    traffic = [{ id: 1, requests: 0, bytes_in: 0, bytes_out: 0 }]
    for (let minute = 1; minute <= 130; minute++) {
      measurements.noteCheck(1, 40)
      traffic = [{ id: 1, requests: minute, bytes_in: 0, bytes_out: 0 }]
      await pass(1)
    }

    for (const range of ['day', 'week'] as const) {
      const { points } = measurements.series(1, range)
      expect(
        points.reduce((sum, point) => sum + point.requests, 0),
        range,
      ).toBe(130)
      expect(points.filter(({ latency_ms }) => latency_ms === 40).length, range).toBeGreaterThan(1)
    }
    expect(measurements.series(1, 'day').points).toHaveLength(288)
    expect(measurements.series(1, 'week').points).toHaveLength(168)
  })

  it('count from nothing when the counters begin anew', async () => {
    traffic = [{ id: 1, requests: 100, bytes_in: 100, bytes_out: 100 }]
    await pass(1)
    traffic = [{ id: 1, requests: 3, bytes_in: 4, bytes_out: 5 }]
    await pass(1)

    expect(measurements.series(1, 'hour').points.at(-1)).toMatchObject({ requests: 3, bytes_in: 4, bytes_out: 5 })
  })

  it('take no row for a minute without anything, and none after seven days', async () => {
    traffic = [{ id: 1, requests: 1, bytes_in: 1, bytes_out: 1 }]
    await pass(5)
    expect(rows()).toBe(1)

    await pass(7 * 24 * 60 + 61)

    expect(rows()).toBe(0)
  })

  it('keep the last minute over a restart, and what they know of recent checks', async () => {
    traffic = [{ id: 1, requests: 7, bytes_in: 7, bytes_out: 7 }]
    for (const latency of [10, 20, null]) measurements.noteCheck(1, latency)
    expect(measurements.recentChecks(1)).toEqual([10, 20, null])

    measurements.stop()
    measurements = open()
    await pass(1)

    expect(measurements.recentChecks(1)).toEqual([15])
    expect(measurements.series(1, 'hour').points.at(-1)).toMatchObject({ requests: 7, failed_checks: 1 })
  })

  it('show the last twenty checks', () => {
    for (let latency = 1; latency <= 25; latency++) measurements.noteCheck(1, latency)

    expect(measurements.recentChecks(1)).toEqual(Array.from({ length: 20 }, (_, index) => index + 6))
  })

  it('forget a key that was deleted', async () => {
    traffic = [{ id: 1, requests: 7, bytes_in: 7, bytes_out: 7 }]
    await pass(1)
    traffic = []

    measurements.forget(1)

    expect(rows()).toBe(0)
  })
})
