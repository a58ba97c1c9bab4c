import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { providerKeyPlace, tokenPlace, type Endpoint, type ProxyKey } from '../../src/contract/index.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createVault, newToken, type Vault } from '../../src/lib/vault.ts'
import { Store } from '../../src/store/store.ts'
import { ManualClock } from './manual-clock.ts'

/** testSecret is what testVault seals with: nobody's. */
export const testSecret = Buffer.alloc(32, 7)

export const testVault: Vault = createVault(testSecret)

export interface TestStore {
  store: Store
  dataDir: string
  remove(): Promise<void>
}

/** openStore opens a store in a new folder, or in the one given. */
export async function openStore(options: { clock?: Clock; dataDir?: string } = {}): Promise<TestStore> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'stillpoint-store-'))
  const store = await Store.open({
    dataDir,
    vault: testVault,
    clock: options.clock ?? new ManualClock(),
    log: silentLog,
    runsTwice: true,
  })
  return {
    store,
    dataDir,
    async remove() {
      await store.close().catch(() => {})
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** addKeys stores these rows, each with an endpoint of its own. */
export async function addKeys(store: Store, ...keys: ProxyKey[]): Promise<void> {
  const endpoints = keys.map(({ id }) => makeEndpoint(id))
  await store.change((draft) => {
    keys.forEach((key) => draft.keys.add(key))
    endpoints.forEach((endpoint) => draft.endpoints.add(endpoint))
  })
}

/** makeKey makes the row of an active key. */
export function makeKey(id: number, changes: Partial<ProxyKey> = {}): ProxyKey {
  return {
    id,
    user_id: 1,
    provider: 'kiotproxy',
    kiotproxy_key: testVault.seal(`K${id}`, providerKeyPlace(id)),
    region: 'random',
    is_active: true,
    upstream_protocol: 'http',
    remote_http: '127.0.0.1:9',
    remote_socks5: null,
    remote_ip: '127.0.0.1',
    location: null,
    expiration_at: null,
    next_request_at: null,
    ttl: null,
    ttc: null,
    lease_id: `lease-${id}`,
    refused: null,
    reachable: true,
    last_rotated_at: '2026-01-01T00:00:00.000Z',
    created_at: '2026-01-01T00:00:00.000Z',
    tags: [],
    note: '',
    ...changes,
  }
}

/** makeEndpoint makes the row of an endpoint with the number `id` over the key with this id. */
export function makeEndpoint(id: number, changes: Partial<Endpoint> = {}): Endpoint {
  return {
    id,
    name: `Key ${id}`,
    number: id,
    port: 9000 + id,
    key_ids: [id],
    overrides: {},
    access: {
      token: testVault.seal(newToken(), tokenPlace(id)),
      allowed_ips: [],
      local_address: null,
      always_ask: false,
      allowed_addresses: [],
    },
    created_at: '2026-01-01T00:00:00.000Z',
    ...changes,
  }
}
