import { expect, it } from 'vitest'

import { addKeys, makeKey, openStore } from '../../test/support/store.ts'
import { nameLeases, retireElsewhere } from './resume.ts'

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

it('uses no stored upstream that the provider may not give', async () => {
  const opened = await openStore()
  const { store } = opened
  const isAccepted = (place: string) => place.startsWith('198.51.100.')
  await addKeys(
    store,
    makeKey(1, { remote_http: '198.51.100.1:80', remote_socks5: '198.51.100.1:81' }),
    makeKey(2, { remote_http: '127.0.0.1:8000', remote_socks5: '198.51.100.2:81' }),
    makeKey(3, { remote_http: '198.51.100.3:80', remote_socks5: 'printer.local:80' }),
  )

  await retireElsewhere(store, isAccepted)

  expect(store.data.proxy_keys).toMatchObject([
    { remote_http: '198.51.100.1:80', remote_socks5: '198.51.100.1:81', lease_id: 'lease-1', reachable: true },
    { remote_http: null, remote_socks5: null, lease_id: null, reachable: null },
    { remote_http: '198.51.100.3:80', remote_socks5: null, lease_id: 'lease-3', reachable: true },
  ])
  const mended = store.data
  await retireElsewhere(store, isAccepted)
  expect(store.data).toBe(mended)
  await opened.remove()
})
