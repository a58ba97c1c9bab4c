import type { Actor, AddProxyRequest, JoinedProxy } from '../contract/index.ts'
import type { Numbers } from '../endpoints/numbers.ts'
import type { Bus, Told } from '../happenings/bus.ts'
import { describe } from '../happenings/wording/describe.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import type { Vault } from '../lib/vault.ts'
import type { Acquire } from '../leases/acquire.ts'
import type { Rotator } from '../leases/rotator.ts'
import type { Store } from '../store/store.ts'
import { whatCameOf } from './changes.ts'
import { createAddProxy } from './new-proxy.ts'
import type { ProviderKeys } from './provider-keys.ts'

export interface AddParts {
  store: Store
  bus: Bus
  vault: Vault
  clock: Clock
  acquire: Acquire
  rotator: Rotator
  numbers: Numbers
  providerKeys: ProviderKeys
  /** Resolves when the first attempt to open the port is over. */
  listenerStarted: (endpointId: number) => Promise<void>
}

/** Added is a new key with its endpoint, and what to say of it. */
export interface Added {
  proxy: JoinedProxy
  message: string
}

/**
 * createAdd makes the verb that adds a key with its first upstream; while the provider can give none it is stored as `pending`. Throws
 * Problem `duplicate_key`, `no_free_number`, `key_rejected` (nothing is stored then), or a storage problem.
 */
export function createAdd(parts: AddParts) {
  const { store, bus, vault, clock, acquire, rotator, numbers, providerKeys, listenerStarted } = parts
  return async (request: AddProxyRequest, by: Actor): Promise<Added> =>
    await providerKeys.bringIn(request.kiotproxy_key, () =>
      numbers.withPlace(
        () => store.data.endpoints,
        async (place) => {
          const acquisition = await acquire(request.kiotproxy_key, request.region)
          const now = toTimestamp(clock.now())
          const id = await store.change(createAddProxy({ request, place, acquisition, now, vault }))
          const added = store.getProxy(id)
          await listenerStarted(added.endpoint.id)
          const told: Told = { ...whatCameOf(added, acquisition), proxy_id: id, by }
          bus.tell(told)
          // The provider may have given an upstream although its answer did not arrive.
          if (acquisition.kind === 'pending') rotator.distrust(id)
          return { proxy: store.getProxy(id), message: describe('en', told) }
        },
      ),
    )
}
