import { expect, it } from 'vitest'

import { systemClock } from './clock.ts'

it('tells that a machine which runs is not suspended', async () => {
  const before = { suspended: systemClock.suspended(), monotonic: systemClock.monotonic() }
  await new Promise((resolve) => systemClock.after(20, () => resolve(null)))

  // The time since the boot comes in hundredths of a second, or in whole ones.
  expect(Math.abs(systemClock.suspended() - before.suspended)).toBeLessThan(1_500)
  expect(systemClock.monotonic()).toBeGreaterThan(before.monotonic)
})
