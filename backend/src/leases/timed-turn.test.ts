import { describe, expect, it } from 'vitest'

import { nextTurn } from './timed-turn.ts'

const start = Date.UTC(2026, 0, 1, 10)
const minutes = [2, 10, 45, 10_080]
const ids = Array.from({ length: 55 }, (_, index) => index + 1)

describe.each(minutes)('with an interval of %i minutes', (count) => {
  const intervalMs = count * 60_000

  it('the first turns of many keys lie all over the interval', () => {
    const places = ids.map((id) => (nextTurn(id, intervalMs, start) - start) / intervalMs)

    expect(Math.min(...places)).toBeGreaterThan(0)
    expect(Math.max(...places)).toBeLessThanOrEqual(1.1)
    for (let tenth = 0; tenth < 10; tenth++) {
      const inTenth = places.filter((place) => place % 1 >= tenth / 10 && place % 1 < (tenth + 1) / 10)
      expect(inTenth.length).toBeGreaterThan(0)
      expect(inTenth.length).toBeLessThan(14)
    }
  })

  it('the turns of one key are an interval apart, a tenth more or less, and never alike', () => {
    const turns: number[] = []
    for (let time = start; turns.length < 50; time = turns.at(-1) ?? start) turns.push(nextTurn(7, intervalMs, time))

    const gaps = turns.slice(1).map((time, index) => (time - (turns[index] ?? 0)) / intervalMs)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.9)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1.1)
    expect(new Set(gaps).size).toBeGreaterThan(40)
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeCloseTo(1, 1)
  })

  it('a turn is the same whenever it is asked for before it', () => {
    const turn = nextTurn(3, intervalMs, start)

    for (const share of [0.1, 0.5, 0.9]) expect(nextTurn(3, intervalMs, start + (turn - start) * share)).toBe(turn)
    expect(nextTurn(3, intervalMs, turn - 1)).toBe(turn)
    expect(nextTurn(3, intervalMs, turn)).toBeGreaterThan(turn)
  })
})
