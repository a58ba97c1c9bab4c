import { restingStatus } from '../contract/index.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import type { Store } from '../store/store.ts'
import type { Rotator } from './rotator.ts'

interface ResumeParts {
  store: Store
  rotator: Rotator
  log: Log
}

/** endInterrupted puts keys right that a killed process left in the middle of a rotation. */
export async function endInterrupted(store: Store): Promise<void> {
  await store.record((draft) => {
    for (const row of draft.proxy_keys) if (row.status === 'rotating') row.status = restingStatus(row)
  })
}

/**
 * resume asks the provider, after a restart, which upstream each key holds: it may have changed while nobody looked. Keys
 * serve what is stored meanwhile; only what proves to be gone is rotated.
 */
export function resume({ store, rotator, log }: ResumeParts): void {
  for (const key of store.data.proxy_keys) {
    rotator.distrust(key.id)
    if (!key.is_active || key.status === 'invalid' || key.remote_http === null) continue
    rotator.sync(key.id).catch((error: unknown) => {
      if (error instanceof Problem) return
      log.error({ endpoint: key.subdomain, reason: messageOf(error) }, 'the upstream could not be asked for')
    })
  }
}
