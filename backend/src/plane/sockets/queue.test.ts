import { describe, expect, it } from 'vitest'

import { Queue, type Queued } from './queue.ts'

class Guest implements Queued<Guest> {
  previous: Guest | null = null
  next: Guest | null = null
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** The names in a queue in their order, found from its first on and back again. */
function namesIn(queue: Queue<Guest>): string[] {
  const there: string[] = []
  const back: string[] = []
  let last: Guest | null = null
  for (let guest = queue.first; guest !== null; guest = guest.next) {
    there.push(guest.name)
    last = guest
  }
  for (let guest = last; guest !== null; guest = guest.previous) back.push(guest.name)
  expect(back.toReversed()).toEqual(there)
  expect(queue.size).toBe(there.length)
  return there
}

describe('a queue', () => {
  it.each<[string, string[], string[]]>([
    ['nobody', [], ['a', 'b', 'c']],
    ['the first', ['a'], ['b', 'c']],
    ['one in the middle', ['b'], ['a', 'c']],
    ['the last', ['c'], ['a', 'b']],
    ['the first two', ['a', 'b'], ['c']],
    ['the last two', ['c', 'b'], ['a']],
    ['all, from the first on', ['a', 'b', 'c'], []],
    ['all, from the last on', ['c', 'b', 'a'], []],
    ['all, from the middle on', ['b', 'a', 'c'], []],
  ])('keeps its order when %s leaves', (_, leaving, expected) => {
    const guests = ['a', 'b', 'c'].map((name) => new Guest(name))
    const queue = new Queue<Guest>()
    for (const guest of guests) queue.add(guest)

    for (const name of leaving) {
      const guest = guests.find((one) => one.name === name)
      if (guest !== undefined) queue.remove(guest)
    }

    expect(namesIn(queue)).toEqual(expected)
    for (const name of leaving) queue.add(new Guest(name))
    expect(namesIn(queue)).toEqual([...expected, ...leaving])
  })

  it('takes one in again who has left, at its end', () => {
    const [a, b] = [new Guest('a'), new Guest('b')]
    const queue = new Queue<Guest>()
    queue.add(a)
    queue.add(b)

    queue.remove(a)
    queue.add(a)

    expect(namesIn(queue)).toEqual(['b', 'a'])
    expect(queue.first).toBe(b)
  })
})
