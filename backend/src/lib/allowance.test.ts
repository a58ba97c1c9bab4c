import { expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { Allowance } from './allowance.ts'

it('gives so much in a second, to whoever asks, and no part of what is more', async () => {
  const clock = new ManualClock()
  const allowance = new Allowance(clock, 100)

  expect([60, 41, 40, 1].map((units) => allowance.take(units))).toEqual([true, false, true, false])

  await clock.advance(999)
  expect(allowance.take(1)).toBe(false)
  await clock.advance(1)
  expect([100, 1].map((units) => allowance.take(units))).toEqual([true, false])
})

it('does not save up what was not taken', async () => {
  const clock = new ManualClock()
  const allowance = new Allowance(clock, 100)

  await clock.advance(60_000)

  expect([100, 1].map((units) => allowance.take(units))).toEqual([true, false])
})
