import { expect, it } from 'vitest'

import { spaceOut, type Turn } from './space-out.ts'

const turn = (at: number, latest = Number.POSITIVE_INFINITY): Turn => ({ at, latest })
const never = Number.NEGATIVE_INFINITY

it.each<[string, Turn[], number, number, number[]]>([
  ['nothing', [], 5, never, []],
  ['what is far enough apart as it is', [turn(0), turn(5), turn(20)], 5, never, [0, 5, 20]],
  ['what comes at once', [turn(3), turn(3), turn(3)], 5, never, [3, 8, 13]],
  ['what comes in another order', [turn(9), turn(0), turn(2)], 5, never, [10, 0, 5]],
  ['what is behind a crowd', [turn(0), turn(1), turn(2), turn(30)], 5, never, [0, 5, 10, 30]],
  ['what comes soon after the last one', [turn(1), turn(9)], 5, 0, [5, 10]],
  ['what would be too late', [turn(0), turn(1, 3), turn(2)], 5, never, [0, 3, 8]],
  ['what is too late already', [turn(0), turn(4, 2)], 5, never, [0, 4]],
  ['what has no room', [turn(0), turn(0, 1), turn(0, 1)], 5, never, [0, 1, 1]],
  ['anything, without a gap', [turn(3), turn(3)], 0, never, [3, 3]],
])('spaces out %s', (_, turns, gapMs, lastAt, expected) => {
  expect(spaceOut(turns, gapMs, lastAt)).toEqual(expected)
})
