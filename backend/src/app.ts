import { createApi } from './api/api.ts'
import { findDashboard } from './api/dashboard.ts'
import { listenHttp } from './api/http-server.ts'
import { LiveEvents } from './api/live-events.ts'
import { renderMetrics } from './api/metrics.ts'
import { subdomainOf, type ReadyReply } from './contract/index.ts'
import { toTraefikEndpoints } from './endpoints.ts'
import { publishedWays, type Published, type SharedPorts } from './endpoints/published.ts'
import { describeReach } from './endpoints/reach.ts'
import { describeChange } from './follow.ts'
import { writeExport } from './keys/export-csv.ts'
import type { Keys } from './keys/keys.ts'
import { createRouteTable } from './keys/routing.ts'
import type { Views } from './keys/views.ts'
import { messageOf } from './lib/problem.ts'
import { addUp } from './endpoints/traffic-totals.ts'
import { createAcceptsPlace } from './providers/upstream-place.ts'
import { noteDrain } from './rotation/note-drain.ts'
import { nameLeases, resume, retireElsewhere } from './rotation/resume.ts'
import {
  createControlPlane,
  createDataPlane,
  openStorage,
  type ControlPlane,
  type DataPlane,
  type Outside,
  type Stops,
  type Storage,
} from './rooms.ts'
import { openSharedPorts } from './shared-ports.ts'
import { DynamicFile } from './traefik/dynamic-file.ts'
import { version } from './version.ts'

/** App is a running Stillpoint. `stop` ends everything that it started and may be called twice. */
export interface App {
  /** Port of the API: another than PORT where that was 0. */
  port: number
  /** Port of the gateway; null where it could not be had and nobody asked for it. */
  gatewayPort: number | null
  /** Port of the gateway over TLS; null without a certificate. */
  tlsPort: number | null
  /** The ways in that clients can reach. */
  published: Published
  adminName: string
  /** The admin's password where it was generated just now: the only time that it is known. */
  generatedPassword: string | null
  keys: Keys
  views: Views
  /** Resolves when the provider was asked for every upstream that was stored. */
  resumed: Promise<void>
  stop(): Promise<void>
}

interface Rooms {
  storage: Storage
  data: DataPlane
  control: ControlPlane
  events: LiveEvents
  stopping: AbortController
  /** Set once the ports are known; null where no file is wanted. */
  traefik: DynamicFile | null
  /** Whether all of the start is done: nobody is told before that Stillpoint is ready. */
  isStarted: boolean
}

/**
 * startApp makes the rooms, joins them and starts them in order: store, listeners, API, then what changes things by itself.
 * A StartError means that nothing is left running.
 */
export async function startApp(outside: Outside): Promise<App> {
  const stops: Stops = []
  const stop = async () => {
    for (let end = stops.pop(); end; end = stops.pop()) {
      await Promise.resolve(end()).catch((error: unknown) =>
        outside.log.error({ reason: messageOf(error) }, 'while stopping'),
      )
    }
  }
  try {
    const storage = await openStorage(outside, stops)
    const stopping = new AbortController()
    const data = createDataPlane(outside, storage)
    const control = createControlPlane(outside, storage, data, stopping.signal)
    const rooms: Rooms = {
      storage,
      data,
      control,
      events: createEvents(outside, storage, data),
      stopping,
      traefik: null,
      isStarted: false,
    }
    return { ...(await startRooms(outside, rooms, stops)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startRooms(outside: Outside, rooms: Rooms, stops: Stops): Promise<Omit<App, 'stop'>> {
  const { config } = outside
  const { storage, data, control, stopping } = rooms
  const { store } = storage
  const { accounts, checker, keys, passwords, provider, rotator, worker } = control

  stops.push(() => passwords.stop())
  await nameLeases(store)
  await retireElsewhere(store, createAcceptsPlace(config.KIOTPROXY_API_BASE))
  await worker.retireEnded()

  stops.push(
    () => data.mirror.stop(),
    () => data.plane.stop(),
  )
  followStore(rooms, stops)
  await data.mirror.settled()
  await data.measurements.load(store.data.proxy_keys)

  const api = createRoutes(outside, rooms)
  stops.push(
    async () => await rooms.traefik?.settled(),
    async () => {
      const quiet = Promise.all([rotator.stop(), checker.stop()])
      await provider.close()
      await quiet
    },
    () => worker.stop(),
  )
  const server = await listenHttp(api, config.HOST, config.PORT)
  stops.push(
    () => server.stop(),
    () => stopping.abort(),
  )
  const shared = await openSharedPorts(outside, rooms, api, stops)
  followForTraefik(outside, rooms, { apiPort: server.port, ...shared })
  // Last of what can fail: a password that was generated must also be shown.
  const generatedPassword = await accounts.ensureAdmin(config.ADMIN_USERNAME, config.ADMIN_PASSWORD)
  const adminName = store.data.users[0]?.username ?? config.ADMIN_USERNAME
  const resumed = resume({ store, rotator })
  worker.start()
  control.addresses.start()
  stops.push(() => control.addresses.stop())
  data.measurements.start()
  stops.push(() => data.measurements.stop())
  checker.start()
  rooms.isStarted = true
  const published = publishedWays(config, shared)
  return { port: server.port, ...shared, published, adminName, generatedPassword, keys, views: data.views, resumed }
}

function createEvents({ clock }: Outside, { store }: Storage, { views }: DataPlane): LiveEvents {
  return new LiveEvents(clock.now(), (id, reachedBy) => {
    const proxy = store.findProxy(id)
    return proxy ? views.seenBy(reachedBy).proxy(proxy) : null
  })
}

/** The one subscriber of the store: listeners follow keys and endpoints, live events tell what changed. */
function followStore(rooms: Rooms, stops: Stops): void {
  const { storage, data, control, events } = rooms
  const { store, history, bus } = storage
  const { mirror, measurements, routing, running } = data
  const toRoutes = createRouteTable(routing)
  const { checker, deleted, worker } = control
  const applyRoutes = () => mirror.apply(toRoutes(store.proxies, store.data.settings, running.ids))
  const follow = () => {
    applyRoutes()
    rooms.traefik?.reconcile(toTraefikEndpoints(store.proxies))
  }
  /** The plane speaks of endpoints. */
  const withKeyAt = (endpointId: number, tell: (keyId: number) => void) => {
    const proxy = store.findProxyAt(endpointId)
    if (proxy) tell(proxy.key.id)
  }
  follow()
  stops.push(
    store.subscribe((changes) => {
      if (changes.keys.length + changes.endpoints.length > 0 || changes.settings !== null) follow()
      measurements.followLeases(changes.keys.flatMap(({ after }) => after ?? []))
      for (const news of describeChange(changes)) {
        events.publish(news)
      }
    }),
    running.changed.subscribe((id) => {
      applyRoutes()
      events.publish({ type: 'proxy.updated', id })
    }),
    history.added.subscribe((entry) => events.publish({ type: 'log.added', data: entry })),
    mirror.drained.subscribe((id, drained) => {
      const proxy = store.findProxyAt(id)
      if (proxy) noteDrain(bus, proxy, drained)
    }),
    mirror.listenerChanged.subscribe((id) =>
      withKeyAt(id, (keyId) => events.publish({ type: 'proxy.updated', id: keyId })),
    ),
    mirror.upstreamFailing.subscribe(({ id }) => withKeyAt(id, (keyId) => checker.suspect(keyId))),
    deleted.over.subscribe((id) => void measurements.forget(id)),
    () => deleted.stop(),
    checker.lost.subscribe((id) => worker.replaceLost(id)),
    checker.checked.subscribe((id, check) => measurements.noteCheck(id, check)),
    checker.confirmed.subscribe((ids) => {
      for (const id of ids) events.publish({ type: 'proxy.updated', id })
    }),
  )
}

/** Keeps Traefik's file in step from now on; the ports that it names are open. */
function followForTraefik({ config, log }: Outside, rooms: Rooms, ports: SharedPorts & { apiPort: number }): void {
  const { TLS_CERT: certFile, TLS_KEY: keyFile, TRAEFIK_DYNAMIC_DIR: dir } = config
  if (dir === null) return
  const traefik = new DynamicFile({
    dir,
    log,
    domain: config.DOMAIN,
    backendHost: config.TRAEFIK_BACKEND_HOST,
    ...ports,
    isBelieved: config.TRUSTED_PROXIES.length > 0,
    certResolver: config.TRAEFIK_CERT_RESOLVER ?? null,
    certificate: certFile === undefined || keyFile === undefined ? null : { certFile, keyFile },
  })
  rooms.traefik = traefik
  traefik.reconcile(toTraefikEndpoints(rooms.storage.store.proxies))
}

function createRoutes({ config, clock, log }: Outside, rooms: Rooms) {
  const { storage, data, control, events, stopping } = rooms
  const { keys, preferences } = control
  const { store } = storage
  const { mirror, siteRefusals, situation, views } = data
  const startedAt = clock.now()
  const uptimeSeconds = () => Math.floor((clock.now() - startedAt) / 1000)
  const readiness = (): Required<ReadyReply> => {
    const { endpoints } = store.data
    const wanted = endpoints.length
    const listening = endpoints.filter(({ id }) => mirror.state(id) === 'listening').length
    return {
      ready: rooms.isStarted && store.isOpen && listening === wanted,
      store: store.isOpen ? 'open' : 'closed',
      listeners: { wanted, listening, failed: mirror.failed().map((id) => subdomainOf(store.getEndpoint(id))) },
    }
  }
  return createApi({
    ...control,
    ...data,
    writeExport: (holdsWholeKeys, reachedBy) => writeExport(keys.list(), views.seenBy(reachedBy), holdsWholeKeys),
    history: storage.history,
    bus: storage.bus,
    events,
    log,
    version,
    uptimeSeconds,
    readiness,
    listEndpoints: () => store.data.endpoints,
    getEndpoint: (id) => store.getEndpoint(id),
    drain: (endpointId, wait) => mirror.drain(endpointId, wait),
    readTraffic: () =>
      addUp(
        store.data.endpoints.map(({ id }) => mirror.traffic(id)),
        clock.now(),
      ),
    readSystem: (reachedBy) => ({
      version,
      uptime_seconds: uptimeSeconds(),
      domain: config.DOMAIN,
      is_https_public: config.PUBLIC_HTTPS,
      ...describeReach(situation(reachedBy)),
      health_check_url: config.HEALTH_CHECK_URL,
      health_check_interval: config.HEALTH_CHECK_INTERVAL,
    }),
    readSettings: () => preferences.read(),
    changeSettings: (change, by) => preferences.change(change, by),
    renderMetrics: () =>
      renderMetrics(keys.list().map(views.proxy), {
        strangers: mirror.strangers,
        site: siteRefusals.read(),
        uptimeSeconds: uptimeSeconds(),
      }),
    dashboardDir: findDashboard(),
    stopping: stopping.signal,
  })
}
