import { expect, it } from 'vitest'

import type { LiveEvent } from '../contract/index.ts'
import { LiveEvents } from './live-events.ts'

const removed = (id: number): LiveEvent => ({ type: 'proxy.removed', data: { id } })
const idsAfter = (events: LiveEvents, id: string) =>
  events.after(id)?.map(({ event }) => (event.type === 'proxy.removed' ? event.data.id : null)) ?? null

it('gives what came after an id, and nothing twice', () => {
  const events = new LiveEvents(1)
  const start = events.lastId
  events.publish(removed(1))
  events.publish(removed(2))

  const [first] = events.after(start) ?? []
  expect(idsAfter(events, start)).toEqual([1, 2])
  expect(idsAfter(events, first?.id ?? '')).toEqual([2])
  expect(idsAfter(events, events.lastId)).toEqual([])
})

it('knows when it no longer has all of them', () => {
  const events = new LiveEvents(1)
  const start = events.lastId
  for (let id = 1; id <= 10_000; id++) events.publish(removed(id))
  const recent = events.lastId.replace('10000', '9000')

  expect(events.after(start)).toBeNull()
  expect(idsAfter(events, recent)).toEqual(Array.from({ length: 1000 }, (_, index) => 9001 + index))
})

it.each(['', 'x', '1-', '1-abc', '1--5', '1-999', 'zz-1'])('does not know the id %j', (id) => {
  const events = new LiveEvents(1)
  events.publish(removed(1))

  expect(events.after(id)).toBeNull()
})

it('does not take an id from before a restart for one of its own', () => {
  const before = new LiveEvents(1)
  before.publish(removed(1))

  expect(new LiveEvents(2).after(before.lastId)).toBeNull()
})
