import {
  namesOf,
  providerKeyPlace,
  subdomainOf,
  type Actor,
  type Endpoint,
  type JoinedProxy,
  type UpdateProxyRequest,
} from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { Vault } from '../lib/vault.ts'
import type { Acquire, Acquisition } from '../leases/acquire.ts'
import type { Rotator } from '../leases/rotator.ts'
import type { Store } from '../store/store.ts'
import { changesOf } from './changes.ts'
import type { ProviderKeys } from './provider-keys.ts'
import { updateEndpoint, updateKey } from './update-proxy.ts'

export interface UpdateParts {
  store: Store
  bus: Bus
  vault: Vault
  clock: Clock
  acquire: Acquire
  rotator: Rotator
  providerKeys: ProviderKeys
}

/**
 * createUpdate makes the verb that changes what is given of a key and its endpoint. Another provider key is checked first and brings its
 * own upstream. Throws Problem `not_found`, `duplicate_key`, `key_rejected`, `provider_unavailable`, `provider_out_of_stock`; nothing is
 * changed then.
 */
export function createUpdate(parts: UpdateParts) {
  const { store, acquire, providerKeys } = parts
  return async (id: number, request: UpdateProxyRequest, by: Actor): Promise<JoinedProxy> => {
    const { key } = store.getProxy(id)
    const wanted = request.kiotproxy_key
    if (wanted === undefined || wanted === providerKeys.of(key)) return await apply(parts, id, { request, by })
    return await providerKeys.bringIn(wanted, async () => {
      const acquisition = await acquire(wanted, request.region ?? key.region)
      if (acquisition.kind === 'pending') {
        const { code, message } = acquisition.problem
        throw new Problem(code, `${message} The new key could not be checked, so nothing was changed.`)
      }
      return await apply(parts, id, { request, by, other: { providerKey: wanted, acquisition } })
    })
  }
}

interface Wish {
  request: UpdateProxyRequest
  by: Actor
  other?: { providerKey: string; acquisition: Acquisition }
}

async function apply(parts: UpdateParts, id: number, { request, by, other }: Wish): Promise<JoinedProxy> {
  const { store, bus, vault, clock, rotator } = parts
  const before = store.getProxy(id)
  refuseTakenLocalAddress(store.data.endpoints, before.endpoint, request.local_address ?? null)
  const changes = changesOf(before, request, other !== undefined)
  if (Object.keys(changes).length === 0 && before.key.refused === null) return before
  const sealed = other && vault.seal(other.providerKey, providerKeyPlace(id))
  const now = toTimestamp(clock.now())
  await store.change((draft) => {
    const fresh = other && sealed !== undefined ? { sealed, fields: other.acquisition.fields, now } : null
    updateKey(draft.keys.get(id), request, fresh)
    updateEndpoint(draft.endpointOf(id), request)
  })
  const after = store.getProxy(id)
  const facts = { ...namesOf(after.endpoint), new_ip: after.key.remote_ip, changes }
  bus.tell({ kind: 'key_changed', proxy_id: id, facts, by })
  if (other) rotator.forget(id)
  if (request.is_active === true) rotator.distrust(id)
  return after
}

/** An address of this machine can lead to one endpoint only. */
function refuseTakenLocalAddress(endpoints: readonly Endpoint[], { id }: Endpoint, address: string | null): void {
  if (address === null) return
  const holder = endpoints.find((other) => other.id !== id && other.access.local_address === address)
  if (!holder) return
  const message = `is the address of ${subdomainOf(holder)} already`
  throw new Problem('invalid_input', `local_address ${message}.`, { fields: [{ path: 'local_address', message }] })
}
