import { randomUUID } from 'node:crypto'

import type { ProxyKey } from '../contract/index.ts'
import type { Store } from '../store/store.ts'
import type { Rotator } from './rotator.ts'
import { retire } from './rows.ts'

interface ResumeParts {
  store: Store
  rotator: Rotator
}

/** nameLeases gives an id to the leases of a file that was written before they had one. */
export async function nameLeases(store: Store): Promise<void> {
  const isNameless = ({ remote_http, lease_id }: ProxyKey) => remote_http !== null && lease_id === null
  const ids = new Map(store.data.proxy_keys.filter(isNameless).map(({ id }) => [id, randomUUID()]))
  if (ids.size === 0) return
  await store.record((draft) => {
    for (const row of draft.keys.where(isNameless)) row.lease_id = ids.get(row.id) ?? null
  })
}

/** retireElsewhere takes upstreams out of use that the provider may not give: a file of before, or one edited, may hold them. */
export async function retireElsewhere(store: Store, isAccepted: (hostPort: string) => boolean): Promise<void> {
  const isBad = (place: string | null) => place !== null && !isAccepted(place)
  if (!store.data.proxy_keys.some((key) => isBad(key.remote_http) || isBad(key.remote_socks5))) return
  await store.record((draft) => {
    for (const row of draft.keys.where((key) => isBad(key.remote_http))) retire(row)
    for (const row of draft.keys.where((key) => isBad(key.remote_socks5))) row.remote_socks5 = null
  })
}

/**
 * resume asks the provider, after a restart, which upstream each key holds: it may have changed while nobody looked. Keys
 * serve what is stored meanwhile; only what proves to be gone is rotated. Resolves when all were asked for.
 */
export async function resume({ store, rotator }: ResumeParts): Promise<void> {
  const keys = store.data.proxy_keys
  for (const key of keys) rotator.distrust(key.id)
  const held = keys.filter((key) => key.is_active && key.refused === null && key.remote_http !== null)
  await Promise.all(held.map(({ id }) => rotator.trySync(id)))
}
