import { listenHttp } from '../api/http-server.ts'
import { LiveEvents } from '../api/live-events.ts'
import { publishedWays, type Published } from '../endpoints/published.ts'
import type { Keys } from '../keys/keys.ts'
import type { Views } from '../keys/views.ts'
import { messageOf } from '../lib/problem.ts'
import { createAcceptsPlace } from '../providers/upstream-place.ts'
import { nameLeases, resume, retireElsewhere } from '../leases/resume.ts'
import { createControlPlane, createSigningIn } from './control.ts'
import { joinRooms } from './joints.ts'
import type { Outside, Stops } from './outside.ts'
import { createDataPlane } from './plane.ts'
import { createRoutes } from './routes.ts'
import { openSharedPorts } from './shared-ports.ts'
import { serveSite } from './site.ts'
import { openStorage } from './storage.ts'
import { TraefikFile } from './traefik.ts'
import { createShown } from './views.ts'

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
    return { ...(await start(outside, stops)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(outside: Outside, stops: Stops): Promise<Omit<App, 'stop'>> {
  const rooms = await openRooms(outside, stops)
  const { config } = outside
  const { storage, data, shown, control, signingIn, stopping, traefik } = rooms
  const { checker, keys, rotator, worker } = control
  const { store } = storage
  let isStarted = false
  const api = createRoutes(outside, { ...rooms, isStarted: () => isStarted, stopping: stopping.signal })
  const server = await listenHttp(api, config.HOST, config.PORT)
  stops.push(
    () => server.stop(),
    () => stopping.abort(),
  )
  serveSite(outside, rooms, api, stops)
  await openSharedPorts(outside, data.plane.gateway)
  const { ports } = data.plane.gateway
  traefik.start({ apiPort: server.port, ...ports })
  // Last of what can fail: a password that was generated must also be shown.
  const generatedPassword = await signingIn.accounts.ensureAdmin(config.ADMIN_USERNAME, config.ADMIN_PASSWORD)
  const adminName = store.data.users[0]?.username ?? config.ADMIN_USERNAME
  const resumed = resume({ store, rotator })
  worker.start()
  control.addresses.start()
  stops.push(() => control.addresses.stop())
  shown.measurements.start()
  stops.push(() => shown.measurements.stop())
  checker.start()
  isStarted = true
  const published = publishedWays(config, ports)
  return { port: server.port, ...ports, published, adminName, generatedPassword, keys, views: shown.views, resumed }
}

/** Makes the rooms and joins them: the endpoints' own ports are open then, and nothing happens by itself yet. */
async function openRooms(outside: Outside, stops: Stops) {
  const { config, clock } = outside
  const storage = await openStorage(outside, stops)
  const { store } = storage
  const stopping = new AbortController()
  const data = createDataPlane(outside)
  const shown = createShown(outside, storage, data)
  const control = createControlPlane(outside, storage, data, shown, stopping.signal)
  const signingIn = createSigningIn(outside, storage)
  const traefik = new TraefikFile(outside, store)
  const events = new LiveEvents(clock.now(), (id, reachedBy) => {
    const proxy = store.findProxy(id)
    return proxy ? shown.views.seenBy(reachedBy).proxy(proxy) : null
  })
  const rooms = { storage, data, shown, control, signingIn, traefik, events, stopping }
  const { checker, provider, rotator, worker } = control

  stops.push(() => signingIn.passwords.stop())
  await nameLeases(store)
  await retireElsewhere(store, createAcceptsPlace(config.KIOTPROXY_API_BASE))
  await worker.retireEnded()
  stops.push(
    () => data.mirror.stop(),
    () => data.plane.stop(),
  )
  joinRooms(rooms, stops)
  await data.mirror.settled()
  await shown.measurements.load(store.data.proxy_keys)
  stops.push(
    () => traefik.settled(),
    async () => {
      const quiet = Promise.all([rotator.stop(), checker.stop()])
      await provider.close()
      await quiet
    },
    () => worker.stop(),
  )
  return rooms
}
