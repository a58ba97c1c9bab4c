import { expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { Backoff } from './backoff.ts'

const withoutChance = () => 0.5

it('waits 5 s, then twice as long each time, up to 5 minutes, and no less than it is told', () => {
  const backoff = new Backoff(new ManualClock(), withoutChance)

  const waits = Array.from({ length: 8 }, () => backoff.fail(1, null))

  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
  expect(backoff.fail(2, 20_000)).toBe(20_000)
})

it.each([-3_600_000, 3_600_000])('waits as long as it said when the clock is set (%i ms)', (jumpMs) => {
  const clock = new ManualClock()
  const backoff = new Backoff(clock, withoutChance)
  backoff.fail(1, null)

  clock.jump(jumpMs)
  clock.leap(4_999)
  expect(backoff.isWaiting(1)).toBe(true)
  clock.leap(1)
  expect(backoff.isWaiting(1)).toBe(false)
})

it('tells what failed last, and when it is tried again, on the clock as it is', () => {
  const clock = new ManualClock()
  const backoff = new Backoff(clock, withoutChance)
  const inFiveSeconds = (jumpMs = 0) => new Date(clock.now() + 5_000 + jumpMs).toISOString()
  expect(backoff.trouble(1)).toBeNull()

  backoff.fail(1, null, 'out_of_stock')
  expect(backoff.trouble(1)).toEqual({ code: 'out_of_stock', retryAt: inFiveSeconds() })
  clock.jump(3_600_000)
  expect(backoff.trouble(1)).toEqual({ code: 'out_of_stock', retryAt: inFiveSeconds() })
  clock.leap(5_000)
  expect(backoff.trouble(1)).toBeNull()

  backoff.fail(1, null)
  expect(backoff.trouble(1)?.code).toBe('provider_unavailable')
  backoff.clear(1)
  expect(backoff.trouble(1)).toBeNull()
})
