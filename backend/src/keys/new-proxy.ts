import {
  endpoint,
  proxyKey,
  providerKeyPlace,
  subdomainOf,
  tokenPlace,
  type AddProxyRequest,
  type JoinedProxy,
} from '../contract/index.ts'
import { newToken, type Vault } from '../lib/vault.ts'
import type { Acquisition } from '../leases/acquire.ts'
import type { StoreDraft } from '../store/store.ts'
import type { Place } from '../endpoints/numbers.ts'

interface NewProxyParts {
  request: AddProxyRequest
  place: Place
  acquisition: Acquisition
  /** ISO 8601. */
  now: string
  vault: Vault
}

/**
 * createAddProxy makes the recipe that stores a new key with an endpoint of its own, and returns the id of the key. They are parsed, so
 * that the fields stand in the file in the order of the schema.
 */
export function createAddProxy({ request, place, acquisition, now, vault }: NewProxyParts) {
  const secrets = createSecrets(vault, request.kiotproxy_key, newToken())
  return (draft: StoreDraft): number => {
    const id = draft.takeKeyId()
    const endpointId = draft.takeEndpointId()
    const { kiotproxy_key, token } = secrets(id, endpointId)
    draft.keys.add(
      proxyKey.parse({
        id,
        user_id: 1,
        provider: 'kiotproxy',
        kiotproxy_key,
        region: request.region,
        is_active: true,
        upstream_protocol: request.upstream_protocol,
        ...acquisition.fields,
        last_rotated_at: acquisition.kind === 'ready' ? now : null,
        created_at: now,
        refused: null,
        reachable: null,
      }),
    )
    draft.endpoints.add(
      endpoint.parse({
        id: endpointId,
        name: request.key_name ?? subdomainOf(place),
        ...place,
        overrides: {},
        created_at: now,
        key_ids: [id],
        access: { token, allowed_ips: request.allowed_ips },
      }),
    )
    return id
  }
}

/** Sealed for the ids that they get. A recipe that is run again gets the same for the same: each seal is another text. */
function createSecrets(vault: Vault, providerKey: string, token: string) {
  const known = new Map<string, { kiotproxy_key: string; token: string }>()
  return (id: number, endpointId: number) => {
    const found = known.get(`${id} ${endpointId}`)
    if (found) return found
    const made = {
      kiotproxy_key: vault.seal(providerKey, providerKeyPlace(id)),
      token: vault.seal(token, tokenPlace(endpointId)),
    }
    known.set(`${id} ${endpointId}`, made)
    return made
  }
}

/** isInPlaceOf tells whether two endpoints can't be there together. */
export function isInPlaceOf({ endpoint: one }: JoinedProxy, { endpoint: other }: JoinedProxy): boolean {
  const { local_address } = other.access
  const isSameAddress = local_address !== null && one.access.local_address === local_address
  return one.port === other.port || one.number === other.number || isSameAddress
}
