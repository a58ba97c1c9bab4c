import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { addKeys, makeEndpoint, makeKey, openStore, type TestStore } from '../../test/support/store.ts'
import { until } from '../../test/support/until.ts'
import type { ChangeSet, StoreDraft } from './store.ts'

let clock: ManualClock
let opened: TestStore

beforeEach(async () => {
  clock = new ManualClock()
  opened = await openStore({ clock })
})

afterEach(() => opened.remove())

const removeKey = (id: number) =>
  opened.store.change((draft) => {
    draft.endpoints.remove(id)
    draft.keys.remove(id)
  })

it('tells subscribers which rows changed, and keeps the others the same objects', async () => {
  await addKeys(opened.store, makeKey(1), makeKey(2))
  const before = opened.store.data.proxy_keys
  const seen: ChangeSet[] = []
  opened.store.subscribe((changes) => seen.push(changes))

  await opened.store.change((draft) => void (draft.keys.get(2).ttl = 5))

  const after = opened.store.data.proxy_keys
  expect(after.map((key, index) => key === before[index])).toEqual([true, false])
  expect(seen).toMatchObject([{ keys: [{ before: { id: 2 } }], users: [], sessions: [], settings: null }])
  expect(seen[0]?.keys[0]?.before).toBe(before[1])
  expect(seen[0]?.keys[0]?.after).toBe(after[1])
})

it('tells of changes that were written together as of one, without what came and went', async () => {
  await addKeys(opened.store, makeKey(1), makeKey(2))
  const [first, second] = opened.store.data.proxy_keys
  const third = makeKey(3)
  const seen: ChangeSet[] = []
  opened.store.subscribe((changes) => seen.push(changes))

  await Promise.all([
    opened.store.change((draft) => void (draft.keys.get(1).ttl = 5)),
    addKeys(opened.store, third),
    removeKey(2),
    opened.store.change((draft) => void (draft.keys.get(1).ttl = 6)),
    removeKey(3),
    opened.store.change((draft) => void (draft.settings.hold_seconds = 3)),
  ])

  expect(seen).toHaveLength(1)
  expect(seen[0]?.keys).toEqual([
    { before: first, after: { ...first, ttl: 6 } },
    { before: second, after: null },
  ])
  expect(seen[0]?.endpoints).toMatchObject([{ before: { id: 2 }, after: null }])
  expect(seen[0]?.settings).toMatchObject({ before: { hold_seconds: 10 }, after: { hold_seconds: 3 } })
  expect(opened.store.data.proxy_keys).toEqual([{ ...first, ttl: 6 }])
})

it('lets a change stand, and tells the others of it, when one who follows it throws', async () => {
  const seen: number[] = []
  opened.store.subscribe(() => {
    throw new Error('a follower failed')
  })
  opened.store.subscribe(({ version }) => seen.push(version))

  await opened.store.change((draft) => void (draft.settings.auto_rotate_interval_minutes = 7))
  await opened.store.record((draft) => void (draft.settings.auto_rotate_interval_minutes = 8))

  expect(seen).toEqual([1, 2])
  await clock.advance(60_000)
  const path = join(opened.dataDir, 'data.json')
  await until('the disk to follow', () => readFileSync(path, 'utf8').includes('"auto_rotate_interval_minutes": 8'))
})

it('finds a recipe out that does something else when it is run again', async () => {
  let times = 0

  await expect(opened.store.change((draft) => void (draft.settings.hold_seconds = times++))).rejects.toThrow(
    /did not do the same/,
  )
})

it('tells of endpoints as of keys, and joins what did not change to the same object', async () => {
  await addKeys(opened.store, makeKey(1), makeKey(2))
  const { proxies } = opened.store
  const seen: ChangeSet[] = []
  opened.store.subscribe((changes) => seen.push(changes))

  await opened.store.change((draft) => void (draft.endpointOf(2).name = 'Shop'))

  expect(seen).toMatchObject([{ keys: [], endpoints: [{ before: { name: 'Key 2' }, after: { name: 'Shop' } }] }])
  expect(opened.store.proxies.map((proxy, index) => proxy === proxies[index])).toEqual([true, false])
  expect(opened.store.getProxy(2)).toBe(opened.store.proxies[1])
  expect(opened.store.getProxy(2).endpoint).toBe(opened.store.data.endpoints[1])
})

describe('a change', () => {
  const key = makeKey(3)
  const endpoint = makeEndpoint(3)
  const many = Array.from({ length: 10 }, (_, index) => makeKey(index + 10))

  it.each<[string, (draft: StoreDraft) => void, RegExp]>([
    ['adds a key without an endpoint', ({ keys }) => keys.add(key), /no endpoint has the key with the id 3/],
    ['adds an endpoint without its key', ({ endpoints }) => endpoints.add(endpoint), /there is no key with the id 3/],
    [
      'removes a key without its endpoint',
      ({ keys }) => keys.remove(2),
      /a key is in two of them, or one that is gone is still in one/,
    ],
    [
      'removes an endpoint without its key',
      ({ endpoints }) => endpoints.remove(2),
      /no endpoint has the key with the id 2/,
    ],
    [
      'puts a key into a second endpoint',
      ({ endpoints }) => endpoints.add({ ...endpoint, key_ids: [2] }),
      /a key is in two of them/,
    ],
    [
      'exchanges the key of an endpoint for that of another',
      ({ endpoints }) => void (endpoints.get(1).key_ids = [2]),
      /no endpoint has the key with the id 1/,
    ],
    [
      'does one of these among many',
      ({ keys }) => many.forEach((one) => keys.add(one)),
      /proxy_keys\.2: no endpoint has the key with the id 10/,
    ],
  ])('that %s is refused', async (_, recipe, message) => {
    await addKeys(opened.store, makeKey(1), makeKey(2))
    const before = opened.store.data

    await expect(opened.store.change(recipe)).rejects.toThrow(message)

    expect(opened.store.data).toBe(before)
    expect(opened.store.proxies.map((proxy) => [proxy.key.id, proxy.endpoint.id])).toEqual([
      [1, 1],
      [2, 2],
    ])
  })

  it('may exchange the keys of two endpoints, and move one to an endpoint that comes', async () => {
    await addKeys(opened.store, makeKey(1), makeKey(2))

    await opened.store.change(({ endpoints }) => {
      endpoints.get(1).key_ids = [2]
      endpoints.get(2).key_ids = [1]
    })
    await opened.store.change(({ endpoints }) => {
      endpoints.remove(2)
      endpoints.add({ ...endpoint, key_ids: [1] })
    })

    expect(opened.store.proxies.map((proxy) => [proxy.key.id, proxy.endpoint.id])).toEqual([
      [1, 3],
      [2, 1],
    ])
    expect(opened.store.findProxyAt(3)?.key.id).toBe(1)
  })
})
