import { mkdirSync } from 'node:fs'

import { Accounts } from './auth/accounts.ts'
import { Devices } from './auth/devices.ts'
import { LoginGuard } from './auth/login-guard.ts'
import { Passwords } from './auth/passwords.ts'
import { createPrincipals } from './auth/principal.ts'
import { Sessions } from './auth/sessions.ts'
import type { Config } from './config.ts'
import type { SiteServer } from './api/http-server.ts'
import { createOwnHosts } from './api/own-hosts.ts'
import { SiteRefusals } from './api/site-refusals.ts'
import { publishedWays, type SharedPorts } from './endpoints/published.ts'
import { reachOf, type Situation } from './endpoints/reach.ts'
import { PlaneMirror } from './endpoints/plane-mirror.ts'
import { Checker } from './health/checker.ts'
import { createEndpointTest } from './health/endpoint-test.ts'
import { createProbe } from './health/probe.ts'
import { Bus } from './happenings/bus.ts'
import { toLogEntry } from './happenings/log-entry.ts'
import { openHistoryDatabase } from './history/database.ts'
import type { History } from './history/history.ts'
import { Measurements } from './history/measurements.ts'
import { SqliteHistory } from './history/sqlite-history.ts'
import { Addresses } from './keys/addresses.ts'
import { Deleted } from './keys/deleted.ts'
import { Keys } from './keys/keys.ts'
import { Numbers } from './keys/numbers.ts'
import { createReplaceToken } from './keys/tokens.ts'
import { createRouting } from './keys/routing.ts'
import { createViews } from './keys/views.ts'
import { reasonOf, subdomainOf } from './contract/index.ts'
import { toTimestamp, type Clock } from './lib/clock.ts'
import { explainFileError } from './lib/file-error.ts'
import type { Log } from './lib/log.ts'
import { createNetworkMatcher } from './lib/ip.ts'
import { isPortFree } from './lib/ports.ts'
import { loadVault, type Vault } from './lib/vault.ts'
import { createKiotProxy } from './providers/kiotproxy.ts'
import { InProcessPlane } from './plane/plane.ts'
import { createAcquire } from './rotation/acquire.ts'
import { Backoff } from './rotation/backoff.ts'
import { Rotator } from './rotation/rotator.ts'
import { Running } from './rotation/running.ts'
import { Schedule } from './rotation/schedule.ts'
import { Worker } from './rotation/worker.ts'
import { Preferences } from './settings/preferences.ts'
import { lockFolder } from './store/folder-lock.ts'
import { Store } from './store/store.ts'

const probeTimeoutMs = 10_000
const endpointTestTimeoutMs = 20_000

/** Outside is what the rooms get from the process: settings, time, a place to write. */
export interface Outside {
  config: Config
  clock: Clock
  log: Log
  /** See `StoreParts`: for tests. */
  runsTwice?: boolean
}

/** Stops are the ends of what was begun so far; they are run from last to first. */
export type Stops = (() => Promise<void> | void)[]

export interface Storage {
  vault: Vault
  store: Store
  history: History
  /** Where verbs tell what they did. */
  bus: Bus
}

/** openStorage locks the data folder and opens what is in it. Throws a StartError where that can't be. */
export async function openStorage(outside: Outside, stops: Stops): Promise<Storage> {
  try {
    return await openFolder(outside, stops)
  } catch (error) {
    throw explainFileError(error, `or set DATA_DIR to another folder (it is ${outside.config.DATA_DIR})`)
  }
}

async function openFolder({ config, clock, log, runsTwice = false }: Outside, stops: Stops): Promise<Storage> {
  const dataDir = config.DATA_DIR
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  stops.push(lockFolder(dataDir))
  const vault = loadVault(dataDir, config.SECRET_KEY)
  const store = await Store.open({ dataDir, vault, clock, log, runsTwice })
  stops.push(() => store.close())
  const history = new SqliteHistory({ database: openHistoryDatabase(dataDir, log), clock, log })
  stops.push(() => history.close())
  const bus = new Bus({ clock, log })
  bus.happened.subscribe((happening) => history.add(toLogEntry(happening)))
  return { vault, store, history, bus }
}

export type DataPlane = ReturnType<typeof createDataPlane>

/** createDataPlane makes the plane, its mirror, and what turns keys into their routes and views. */
export function createDataPlane({ config, clock, log }: Outside, { vault, store, history }: Storage) {
  const host = config.PROXY_HOST
  /** Who serves what is no proxy request: set when there is somebody. */
  const site: { server: SiteServer | null } = { server: null }
  /** The ports of the gateway, once they are open. */
  const shared: SharedPorts = { gatewayPort: null, tlsPort: null }
  const isTrustedProxy = createNetworkMatcher(config.TRUSTED_PROXIES)
  const plane = new InProcessPlane({
    host,
    domain: config.DOMAIN,
    trustedProxies: config.TRUSTED_PROXIES,
    onVisit: ({ socket, bytes, ...origin }) => {
      if (site.server === null) socket.destroy()
      else site.server.receive(socket, bytes, origin)
    },
    clock,
    log,
  })
  const mirror = new PlaneMirror(plane)
  const siteRefusals = new SiteRefusals()
  const running = new Running()
  const backoff = new Backoff(clock)
  const measurements = new Measurements({
    history,
    clock,
    log,
    traffic: () => store.proxies.map(({ key, endpoint }) => ({ id: key.id, ...mirror.traffic(endpoint.id) })),
  })
  const schedule = new Schedule({ store, clock })
  const situation = (reachedBy: string | null): Situation => ({
    config,
    published: publishedWays(config, shared),
    publicHost: store.data.settings.public_host ?? null,
    reachedBy,
  })
  const views = createViews({
    vault,
    nextRotation: (key) => schedule.show(key),
    reach: (place, reachedBy) => reachOf({ subdomain: subdomainOf(place), port: place.port }, situation(reachedBy)),
    isRotating: (id) => running.ids.has(id),
    reason: (key) => reasonOf(key, backoff.trouble(key.id), toTimestamp(clock.now())),
    listenerState: (id) => mirror.state(id),
    traffic: (id) => mirror.traffic(id),
    lastCheck: (key) => measurements.lastCheck(key),
    recentChecks: (id) => measurements.recentChecks(id),
  })
  return {
    plane,
    mirror,
    running,
    backoff,
    siteRefusals,
    measurements,
    site,
    shared,
    situation,
    isTrustedProxy,
    isOwnHost: createOwnHosts(config.DOMAIN, config.ALLOWED_HOSTS),
    schedule,
    routing: createRouting(vault),
    views,
  }
}

export type ControlPlane = ReturnType<typeof createControlPlane>

/** createControlPlane makes what decides: verbs, rotation, health, accounts. `stopping` ends health checks under way. */
export function createControlPlane(
  outside: Outside,
  storage: Storage,
  { mirror, running, backoff, schedule }: DataPlane,
  stopping: AbortSignal,
) {
  const { config, clock, log } = outside
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
  const keys = new Keys({ ...storage, clock, acquire, rotator, numbers, deleted, restartListener, listenerStarted })
  const addresses = new Addresses({ ...storage, clock, log })
  const replaceToken = createReplaceToken(storage)
  const testEndpoint = createEndpointTest({
    proxyHost: config.PROXY_HOST,
    url: config.HEALTH_CHECK_URL,
    timeoutMs: endpointTestTimeoutMs,
  })
  const sessions = new Sessions({ store, clock })
  const passwords = new Passwords(clock)
  const devices = new Devices({ store, clock })
  const accounts = new Accounts({ store, bus, passwords, guard: new LoginGuard(clock), sessions, devices })
  const preferences = new Preferences({ store, bus })
  return {
    provider,
    rotator,
    worker,
    checker,
    keys,
    deleted,
    addresses,
    replaceToken,
    testEndpoint,
    sessions,
    principals: createPrincipals(sessions),
    passwords,
    accounts,
    preferences,
  }
}
