import { expect, it } from 'vitest'

import { addKeys, makeKey, openStore } from '../../test/support/store.ts'
import { nameLeases } from './resume.ts'

it('gives an id to each upstream of an older file, and to nothing else', async () => {
  const opened = await openStore()
  const { store } = opened
  const nameless = { lease_id: null }
  const keys = [makeKey(1, nameless), makeKey(2, nameless), makeKey(3), makeKey(4, { ...nameless, remote_http: null })]
  await addKeys(store, ...keys)

  await nameLeases(store)

  const ids = store.data.proxy_keys.map((key) => key.lease_id)
  expect(ids).toEqual([expect.any(String), expect.any(String), 'lease-3', null])
  expect(ids[0]).not.toBe(ids[1])
  const named = store.data
  await nameLeases(store)
  expect(store.data).toBe(named)
  await opened.remove()
})
