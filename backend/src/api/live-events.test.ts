import { expect, it } from 'vitest'

import type { ProxyKeyView } from '../contract/index.ts'
import { LiveEvents, type News } from './live-events.ts'

const removed = (id: number): News => ({ type: 'proxy.removed', data: { id } })
const updated = (id: number): News => ({ type: 'proxy.updated', id })

function createEvents(startedAt = 1, keys: Record<number, Partial<ProxyKeyView>> = {}): LiveEvents {
  return new LiveEvents(startedAt, (id) => (keys[id] as ProxyKeyView | undefined) ?? null)
}

const eventsAfter = (events: LiveEvents, id: string) =>
  events.after(id)?.events.map(({ event }) => [event.type, event.data]) ?? null
const idsAfter = (events: LiveEvents, id: string) =>
  events.after(id)?.events.map(({ event }) => (event.type === 'proxy.removed' ? event.data.id : null)) ?? null

it('gives what came after an id, and nothing twice', () => {
  const events = createEvents()
  const start = events.lastId
  events.publish(removed(1))
  events.publish(removed(2))

  const [first] = events.after(start)?.events ?? []
  expect(idsAfter(events, start)).toEqual([1, 2])
  expect(idsAfter(events, first?.id ?? '')).toEqual([2])
  expect(idsAfter(events, events.lastId)).toEqual([])
})

it('shows a key that changed several times once, as it is now, and in order with the rest', () => {
  const keys = { 1: { key_name: 'before' }, 2: { key_name: 'other' } }
  const events = createEvents(1, keys)
  const start = events.lastId
  events.publish(updated(1))
  events.publish(updated(2))
  events.publish(removed(9))
  events.publish(updated(1))
  keys[1].key_name = 'now'

  expect(eventsAfter(events, start)).toEqual([
    ['proxy.updated', { key_name: 'other' }],
    ['proxy.removed', { id: 9 }],
    ['proxy.updated', { key_name: 'now' }],
  ])
})

it('goes on behind what it has no longer to show', () => {
  const events = createEvents()
  const start = events.lastId
  events.publish(updated(1))
  events.publish(updated(2))

  expect(events.after(start)).toEqual({ events: [], lastId: events.lastId })
})

it('knows when it no longer has all of them', () => {
  const events = createEvents()
  const start = events.lastId
  for (let id = 1; id <= 10_000; id++) events.publish(removed(id))
  const recent = events.lastId.replace('10000', '9000')

  expect(events.after(start)).toBeNull()
  expect(idsAfter(events, recent)).toEqual(Array.from({ length: 1000 }, (_, index) => 9001 + index))
})

it.each(['', 'x', '1-', '1-abc', '1--5', '1-999', 'zz-1'])('does not know the id %j', (id) => {
  const events = createEvents()
  events.publish(removed(1))

  expect(events.after(id)).toBeNull()
})

it('does not take an id from before a restart for one of its own', () => {
  const before = createEvents(1)
  before.publish(removed(1))

  expect(createEvents(2).after(before.lastId)).toBeNull()
})

it('shows a key to each as he has reached us', () => {
  const events = new LiveEvents(1, (_, reachedBy) => ({ endpoint: `${reachedBy}:9001` }) as ProxyKeyView)
  const start = events.lastId
  events.publish(updated(1))

  const endpoints = ['203.0.113.10', 'vps.example.com'].map((host) => events.after(start, host)?.events[0]?.event.data)

  expect(endpoints).toEqual([{ endpoint: '203.0.113.10:9001' }, { endpoint: 'vps.example.com:9001' }])
})
