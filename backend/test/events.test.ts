import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { proxyKeyView } from '../src/contract/index.ts'
import { EventReader } from './support/client-events.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { providerKey, World } from './support/world.ts'

let clock: ManualClock
let world: World

beforeEach(async () => {
  clock = new ManualClock()
  world = await World.create({ clock })
})

afterEach(() => world.stop())

describe('live events', () => {
  const open = (headers: Record<string, string> = {}) =>
    EventReader.open(`${world.url}/api/events`, { authorization: `Bearer ${world.session}`, ...headers })
  const types = (reader: EventReader) => reader.events.map((event) => event.type)

  it('tell what changes, and hold no secret', async () => {
    const reader = await open()
    const key = await world.addKey('a')
    await world.call('POST', `/api/proxies/${key.id}/rotate`)
    await world.call('PUT', '/api/settings', { auto_rotate_interval_minutes: 5 })
    await world.call('DELETE', `/api/proxies/${key.id}`)

    await until('the last event', () => types(reader).filter((type) => type === 'log.added').length === 4)
    expect(types(reader)).toEqual(
      expect.arrayContaining(['proxy.added', 'proxy.updated', 'settings.updated', 'proxy.removed', 'log.added']),
    )
    const added = reader.events.find((event) => event.type === 'proxy.added')
    expect(proxyKeyView.strict().parse(added?.data)).toMatchObject({ id: key.id, key_name: 'a' })
    expect(JSON.stringify(reader.events)).not.toContain(providerKey('a'))
    reader.close()
  })

  it('go on after the last one seen', async () => {
    const before = await open()
    await world.addKey('a')
    await until('events', () => types(before).includes('log.added'))
    const seen = before.events.findIndex((event) => event.type === 'proxy.added')
    before.close()
    await world.addKey('b')

    const after = await open({ 'last-event-id': before.events[seen]?.id ?? '' })

    await until('what was missed', () => types(after).filter((type) => type === 'log.added').length === 2)
    expect(types(after).filter((type) => type === 'proxy.added')).toHaveLength(1)
    after.close()
  })

  it('say when too much was missed, as after a restart', async () => {
    const before = await open()
    await world.addKey('a')
    await until('an event', () => before.events.length > 0)
    const lastId = before.events.at(-1)?.id ?? ''
    await clock.advance(1000)
    await world.restart()
    await until('the old stream to end', () => !before.isOpen)

    const after = await open({ 'last-event-id': lastId })

    await until('an event', () => after.events.length > 0)
    expect(after.events[0]?.type).toBe('reset')
    after.close()
  })
})
