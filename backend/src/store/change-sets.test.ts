import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { addKeys, makeKey, openStore, type TestStore } from '../../test/support/store.ts'
import { until } from '../../test/support/until.ts'
import type { ChangeSet } from './store.ts'

let clock: ManualClock
let opened: TestStore

beforeEach(async () => {
  clock = new ManualClock()
  opened = await openStore({ clock })
})

afterEach(() => opened.remove())

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
    opened.store.change((draft) => draft.keys.add(third)),
    opened.store.change((draft) => draft.keys.remove(2)),
    opened.store.change((draft) => void (draft.keys.get(1).ttl = 6)),
    opened.store.change((draft) => draft.keys.remove(3)),
    opened.store.change((draft) => void (draft.settings.hold_seconds = 3)),
  ])

  expect(seen).toHaveLength(1)
  expect(seen[0]?.keys).toEqual([
    { before: first, after: { ...first, ttl: 6 } },
    { before: second, after: null },
  ])
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
