import { afterEach, beforeEach, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { addKeys, makeKey, openStore, type TestStore } from '../../test/support/store.ts'
import { silentLog } from '../lib/log.ts'
import { Backoff } from './backoff.ts'
import { ClockJumps } from './clock-jumps.ts'
import type { Rotator } from './rotator.ts'

const hour = 3_600_000

let clock: ManualClock
let opened: TestStore
let asked: number[]
let jumps: ClockJumps

beforeEach(async () => {
  clock = new ManualClock()
  opened = await openStore({ clock })
  await addKeys(opened.store, makeKey(1, times()), makeKey(2, times()))
  asked = []
  const doubts = new Set<number>()
  const rotator = {
    distrust: (id: number) => void doubts.add(id),
    isInDoubt: (id: number) => doubts.has(id),
    sync: (id: number) => {
      asked.push(id)
      doubts.delete(id)
      return Promise.resolve()
    },
  }
  const parts = { store: opened.store, clock, backoff: new Backoff(clock), log: silentLog }
  jumps = new ClockJumps({ ...parts, rotator: rotator as unknown as Rotator })
})

afterEach(() => opened.remove())

/** Of an upstream that came now. */
const times = () => ({
  last_rotated_at: new Date(clock.now()).toISOString(),
  next_request_at: new Date(clock.now() + 120_000).toISOString(),
  expiration_at: new Date(clock.now() + 1_200_000).toISOString(),
})
const row = (id: number) => opened.store.data.proxy_keys.find((key) => key.id === id)
const secondPasses = () => {
  clock.leap(1000)
  return jumps.heal()
}

it.each([-hour, 2 * hour])(
  'moves all times that follow from durations by what the clock was set (%i ms)',
  async (ms) => {
    clock.jump(ms)

    const expected = times()
    await jumps.heal()

    expect(row(1)).toMatchObject(expected)
  },
)

it.each([
  ['small differences, however many', () => clock.jump(3_000)],
  ['a suspended machine', () => clock.suspend(hour)],
  ['time that passes', () => clock.leap(hour)],
])('takes %s for no jump', async (_, happen) => {
  const before = opened.store.data
  for (let count = 0; count < 5; count++) {
    happen()
    await secondPasses()
  }

  expect(opened.store.data).toBe(before)
  expect(asked).toEqual([])
})

it('follows only the part of a jump that was no sleep', async () => {
  clock.suspend(hour)
  clock.jump(-600_000)
  const before = row(1)?.expiration_at ?? ''

  await jumps.heal()

  expect(Date.parse(row(1)?.expiration_at ?? '') - Date.parse(before)).toBe(-600_000)
})

it('leaves times alone that were written since the last look, which may be on the new clock, and asks for them', async () => {
  await secondPasses()
  clock.jump(-hour)
  const fresh = times()
  await opened.store.change((draft) => void Object.assign(draft.keys.get(2), fresh))

  await secondPasses()

  expect(row(2)).toMatchObject(fresh)
  expect(row(1)?.expiration_at).not.toBe(fresh.expiration_at)
  expect(asked).toEqual([2])
})
