import { Accounts } from '../auth/accounts.ts'
import { Devices } from '../auth/devices.ts'
import { LoginGuard } from '../auth/login-guard.ts'
import { Passwords } from '../auth/passwords.ts'
import { createPrincipals } from '../auth/principal.ts'
import { Sessions } from '../auth/sessions.ts'
import { Checker } from '../health/checker.ts'
import { createEndpointTest } from '../health/endpoint-test.ts'
import { createProbe } from '../health/probe.ts'
import { Addresses } from '../endpoints/allowed-addresses.ts'
import { Deleted } from '../keys/deleted.ts'
import { createKeys } from '../keys/keys.ts'
import { Numbers } from '../endpoints/numbers.ts'
import { createReplaceToken } from '../endpoints/replace-token.ts'
import { isPortFree } from '../lib/ports.ts'
import { createKiotProxy } from '../providers/kiotproxy.ts'
import { createAcquire } from '../leases/acquire.ts'
import { Rotator } from '../leases/rotator.ts'
import { Worker } from '../leases/worker.ts'
import { Preferences } from '../settings/preferences.ts'
import type { Outside } from './outside.ts'
import type { DataPlane } from './plane.ts'
import type { Storage } from './storage.ts'
import type { Shown } from './views.ts'

const probeTimeoutMs = 10_000
const endpointTestTimeoutMs = 20_000

export type ControlPlane = ReturnType<typeof createControlPlane>

/** createControlPlane makes what decides: rotation, health, verbs on keys and settings. `stopping` ends health checks under way. */
export function createControlPlane(
  { config, clock, log }: Outside,
  storage: Storage,
  { mirror }: DataPlane,
  { running, backoff, schedule }: Shown,
  stopping: AbortSignal,
) {
  const { store, bus } = storage
  const provider = createKiotProxy({ baseUrl: config.KIOTPROXY_API_BASE, clock })
  const rotator = new Rotator({ ...storage, provider, clock, log, backoff, running })
  const worker = new Worker({ store, rotator, backoff, schedule, bus, clock, log })
  const probe = createProbe(config.HEALTH_CHECK_URL, probeTimeoutMs, stopping)
  const checker = new Checker({ store, probe, bus, clock, log, intervalSeconds: config.HEALTH_CHECK_INTERVAL })
  const numbers = new Numbers({
    portStart: config.PROXY_PORT_START,
    portEnd: config.PROXY_PORT_END,
    isPortFree: (port) => isPortFree(config.PROXY_HOST, port),
    log,
  })
  const acquire = createAcquire(provider, clock)
  const deleted = new Deleted(clock)
  const restartListener = (id: number) => mirror.restart(id)
  const listenerStarted = (id: number) => mirror.started(id)
  const keys = createKeys({ ...storage, clock, acquire, rotator, numbers, deleted, restartListener, listenerStarted })
  return {
    provider,
    rotator,
    worker,
    checker,
    keys,
    deleted,
    addresses: new Addresses({ ...storage, clock, log }),
    replaceToken: createReplaceToken(storage),
    testEndpoint: createEndpointTest({
      proxyHost: config.PROXY_HOST,
      url: config.HEALTH_CHECK_URL,
      timeoutMs: endpointTestTimeoutMs,
    }),
    preferences: new Preferences({ store, bus }),
  }
}

export type SigningIn = ReturnType<typeof createSigningIn>

/** createSigningIn makes what knows who asks. */
export function createSigningIn({ clock }: Outside, { store, bus }: Storage) {
  const sessions = new Sessions({ store, clock })
  const passwords = new Passwords(clock)
  const devices = new Devices({ store, clock })
  const accounts = new Accounts({ store, bus, passwords, guard: new LoginGuard(clock), sessions, devices })
  return { sessions, passwords, accounts, principals: createPrincipals(sessions) }
}
