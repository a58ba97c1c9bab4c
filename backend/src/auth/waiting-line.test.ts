import { expect, it } from 'vitest'

import { WaitingLine, type Place, type Standing } from './waiting-line.ts'

const place = (standing: Standing, group: string): Place => ({ standing, group })

function fullOf(standing: Standing, groups = 8): WaitingLine<Place> {
  const line = new WaitingLine()
  for (let count = 0; count < 8; count++) line.join(place(standing, `group ${count % groups}`))
  return line
}

it('serves who is known first, and equals in the order in which they came', () => {
  const line = new WaitingLine()
  const places = [
    place('stranger', 'a'),
    place('known_address', 'b'),
    place('stranger', 'c'),
    place('known_browser', 'd'),
    place('signed_in', 'e'),
  ]
  for (const joined of places) expect(line.join(joined)).toBeNull()

  const served = places.map(() => line.next()?.group)

  expect(served).toEqual(['e', 'd', 'b', 'a', 'c'])
  expect(line.next()).toBeUndefined()
})

it('turns the ninth away where all are equal', () => {
  const line = fullOf('stranger')
  const ninth = place('stranger', 'late')

  expect(line.join(ninth)).toBe(ninth)
})

it('makes a stranger go for who is known, and nobody who is known for a stranger', () => {
  expect(fullOf('stranger').join(place('known_address', 'a'))).toMatchObject({ standing: 'stranger' })
  expect(fullOf('known_address').join(place('known_browser', 'a'))).toMatchObject({ standing: 'known_address' })
  expect(fullOf('known_address').join(place('stranger', 'a'))).toMatchObject({ group: 'a' })
})

it('makes the last of whoever has most places go, so that one group can’t fill it', () => {
  const line = fullOf('stranger', 2)
  const newcomer = place('stranger', 'other')

  const loser = line.join(newcomer)

  expect(loser).toEqual(place('stranger', 'group 1'))
  expect(line.leave(newcomer)).toBe(true)
})

it('has room again when somebody leaves, who leaves once', () => {
  const line = fullOf('stranger', 1)
  const [first] = line.clear()
  const again = place('stranger', 'a')
  line.join(again)

  expect([first && line.leave(first), line.leave(again), line.leave(again)]).toEqual([false, true, false])
})
