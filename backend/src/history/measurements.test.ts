import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { silentLog } from '../lib/log.ts'
import { openHistoryDatabase } from './database.ts'
import { Measurements, type Traffic } from './measurements.ts'
import { SqliteHistory } from './sqlite-history.ts'

const minuteMs = 60_000

describe('measurements', () => {
  let dataDir: string
  let database: DatabaseSync
  let clock: ManualClock
  let traffic: Traffic[]
  let measurements: Measurements

  const open = () => {
    const history = new SqliteHistory({ database, clock, log: silentLog })
    return new Measurements({ history, clock, log: silentLog, traffic: () => traffic })
  }
  const noteCheck = (id: number, latency_ms: number | null, lease_id = 'lease') => {
    const at = new Date(clock.now()).toISOString()
    measurements.noteCheck(id, { lease_id, at, latency_ms })
    return at
  }

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-measurements-'))
    database = openHistoryDatabase(dataDir, silentLog)
    clock = new ManualClock()
    traffic = []
    measurements = open()
    measurements.start()
  })

  afterEach(async () => {
    await measurements.stop()
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
    noteCheck(1, 100)
    noteCheck(1, 200)
    noteCheck(1, null)
    traffic = [{ id: 1, requests: 5, bytes_in: 50, bytes_out: 500 }]
    await pass(1)
    traffic = [{ id: 1, requests: 8, bytes_in: 60, bytes_out: 700 }]
    await pass(1)

    const { points, step_seconds } = await measurements.series(1, 'hour')

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
      noteCheck(1, 40)
      traffic = [{ id: 1, requests: minute, bytes_in: 0, bytes_out: 0 }]
      await pass(1)
    }

    for (const range of ['day', 'week'] as const) {
      const { points } = await measurements.series(1, range)
      expect(
        points.reduce((sum, point) => sum + point.requests, 0),
        range,
      ).toBe(130)
      expect(points.filter(({ latency_ms }) => latency_ms === 40).length, range).toBeGreaterThan(1)
    }
    expect((await measurements.series(1, 'day')).points).toHaveLength(288)
    expect((await measurements.series(1, 'week')).points).toHaveLength(168)
  })

  it('count from nothing when the counters begin anew', async () => {
    traffic = [{ id: 1, requests: 100, bytes_in: 100, bytes_out: 100 }]
    await pass(1)
    traffic = [{ id: 1, requests: 3, bytes_in: 4, bytes_out: 5 }]
    await pass(1)

    expect((await measurements.series(1, 'hour')).points.at(-1)).toMatchObject({
      requests: 3,
      bytes_in: 4,
      bytes_out: 5,
    })
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
    for (const latency of [10, 20, null]) noteCheck(1, latency)
    expect(measurements.recentChecks(1)).toEqual([10, 20, null])

    await measurements.stop()
    measurements = open()
    await measurements.load([{ id: 1, lease_id: 'lease' }])
    await pass(1)

    expect(measurements.recentChecks(1)).toEqual([15])
    expect((await measurements.series(1, 'hour')).points.at(-1)).toMatchObject({ requests: 7, failed_checks: 1 })
  })

  it('show the last twenty checks', () => {
    for (let latency = 1; latency <= 25; latency++) noteCheck(1, latency)

    expect(measurements.recentChecks(1)).toEqual(Array.from({ length: 20 }, (_, index) => index + 6))
  })

  describe('of a key', () => {
    const none = { latency_ms: null, last_check_at: null }
    const heldBy = (lease_id: string | null) => measurements.lastCheck({ id: 1, lease_id })
    const reopen = async (lease_id: string | null) => {
      await measurements.stop()
      measurements = open()
      await measurements.load([{ id: 1, lease_id }])
    }

    it('show the last check of the lease that it holds, also after a restart', async () => {
      expect(heldBy('a')).toEqual(none)
      noteCheck(1, 40, 'a')
      await pass(1)
      const at = noteCheck(1, 50, 'a')
      expect(heldBy('a')).toEqual({ latency_ms: 50, last_check_at: at })

      await reopen('a')

      expect(heldBy('a')).toEqual({ latency_ms: 50, last_check_at: at })
      await pass(1)
      const failedAt = noteCheck(1, null, 'a')
      await reopen('a')
      expect(heldBy('a')).toEqual({ latency_ms: null, last_check_at: failedAt })
    })

    it('show nothing of the lease before', async () => {
      noteCheck(1, 40, 'a')
      await pass(1)

      measurements.followLeases([{ id: 1, lease_id: 'b' }])

      expect(heldBy('b')).toEqual(none)
      // Nor when that one ends before it was checked.
      expect(heldBy(null)).toEqual(none)
      await reopen(null)
      expect(heldBy(null)).toEqual(none)
    })

    it('show nothing of a lease that was replaced while nobody looked', async () => {
      noteCheck(1, 40, 'a')

      await reopen('b')

      expect(heldBy('b')).toEqual(none)
    })

    it('show of a lease that has ended only when it was checked last', async () => {
      const at = noteCheck(1, 40, 'a')

      measurements.followLeases([{ id: 1, lease_id: null }])

      expect(heldBy(null)).toEqual({ latency_ms: null, last_check_at: at })
      await reopen(null)
      expect(heldBy(null)).toEqual({ latency_ms: null, last_check_at: at })
    })
  })

  it('ask the history nothing for what is shown in a list', async () => {
    traffic = [{ id: 1, requests: 0, bytes_in: 0, bytes_out: 0 }]
    for (const latency of [10, 20]) noteCheck(1, latency)
    await measurements.stop()
    measurements = open()
    await measurements.load([{ id: 1, lease_id: 'lease' }])

    database.close()

    expect(measurements.recentChecks(1)).toEqual([15])
    expect(measurements.lastCheck({ id: 1, lease_id: 'lease' })).toMatchObject({ latency_ms: 20 })
    database = openHistoryDatabase(dataDir, silentLog)
    measurements = open()
  })

  it('keep a check that was made before they had read what was known', async () => {
    traffic = [{ id: 1, requests: 0, bytes_in: 0, bytes_out: 0 }]
    noteCheck(1, 10)
    await measurements.stop()
    measurements = open()
    const at = noteCheck(1, 30)

    await measurements.load([{ id: 1, lease_id: 'lease' }])

    expect(measurements.recentChecks(1)).toEqual([10, 30])
    expect(measurements.lastCheck({ id: 1, lease_id: 'lease' })).toEqual({ latency_ms: 30, last_check_at: at })
  })

  it('go on without what can not be read', async () => {
    database.close()
    await measurements.load([{ id: 1, lease_id: 'lease' }])
    await pass(1)

    expect(measurements.recentChecks(1)).toEqual([])
    database = openHistoryDatabase(dataDir, silentLog)
    measurements = open()
  })

  it('forget a key that was deleted', async () => {
    traffic = [{ id: 1, requests: 7, bytes_in: 7, bytes_out: 7 }]
    await pass(1)
    noteCheck(1, 10)
    await pass(1)
    traffic = []
    noteCheck(1, 20)

    await measurements.forget(1)

    expect(rows()).toBe(0)
    await pass(1)
    await measurements.load([{ id: 1, lease_id: 'lease' }])
    expect(measurements.lastCheck({ id: 1, lease_id: 'lease' }).last_check_at).toBeNull()
  })
})
