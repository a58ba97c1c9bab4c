import { expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { until } from '../../test/support/until.ts'
import type { Stop } from './clock.ts'
import { SlowDown } from './slow-down.ts'

const me = '192.0.2.1'

/** ImpatientClock notes how long it shall wait, and does not. */
class ImpatientClock extends ManualClock {
  readonly waits: number[] = []

  override after(ms: number, job: () => void): Stop {
    this.waits.push(ms)
    return super.after(0, job)
  }
}

it('lets ten failures pass, then waits from 250 ms doubling up to 5 s, and forgives after ten quiet minutes', async () => {
  const clock = new ImpatientClock()
  const slowDown = new SlowDown(clock)

  for (let count = 0; count < 17; count++) {
    const refused = slowDown.fail(me)
    await clock.advance(1)
    await refused
  }
  expect(clock.waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000])
  await clock.advance(10 * 60_000)
  await slowDown.fail(me)

  expect(clock.waits).toHaveLength(7)
})

it('is full with eight that wait, for this one alone, until one of them is over', async () => {
  const clock = new ManualClock()
  const slowDown = new SlowDown(clock)
  for (let count = 0; count < 10; count++) await slowDown.fail(me)

  for (let count = 0; count < 7; count++) void slowDown.fail(me)
  expect(slowDown.isFull(me)).toBe(false)
  void slowDown.fail(me)

  expect(slowDown.isFull(me)).toBe(true)
  expect(slowDown.isFull('192.0.2.2')).toBe(false)
  await clock.advance(250)
  await until('one of them to be over', () => !slowDown.isFull(me))
})

it('ends every wait when it is stopped', async () => {
  const slowDown = new SlowDown(new ManualClock())
  for (let count = 0; count < 10; count++) await slowDown.fail(me)
  const waiting = [slowDown.fail(me), slowDown.fail(me)]

  slowDown.stop()

  await Promise.all(waiting)
})
