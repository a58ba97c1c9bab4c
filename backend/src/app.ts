import { createApi } from './api/api.ts'
import { listenHttp } from './api/http-server.ts'
import { LiveEvents } from './api/live-events.ts'
import { renderMetrics } from './api/metrics.ts'
import type { DataFile, ReadyReply } from './contract/index.ts'
import { describeChange } from './follow.ts'
import type { Keys } from './keys/keys.ts'
import type { Views } from './keys/views.ts'
import { messageOf } from './lib/problem.ts'
import { endInterrupted, resume } from './rotation/resume.ts'
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
import { version } from './version.ts'

/** App is a running Stillpoint. `stop` ends everything that it started and may be called twice. */
export interface App {
  /** Port of the API: another than PORT where that was 0. */
  port: number
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
    const rooms = { storage, data, control, events: new LiveEvents(outside.clock.now()), stopping }
    return { ...(await startRooms(outside, rooms, stops)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startRooms(outside: Outside, rooms: Rooms, stops: Stops): Promise<Omit<App, 'stop'>> {
  const { config, log } = outside
  const { storage, data, control, stopping } = rooms
  const { store } = storage
  const { accounts, checker, keys, passwords, provider, rotator, worker } = control

  stops.push(() => passwords.stop())
  await endInterrupted(store)
  await worker.retireEnded()

  stops.push(() => data.listeners.stop())
  followStore(rooms, stops)
  await data.listeners.settled()

  const server = await listenHttp(createRoutes(outside, rooms), config.HOST, config.PORT)
  stops.push(
    async () => {
      const quiet = Promise.all([rotator.stop(), checker.stop()])
      await provider.close()
      await quiet
    },
    () => worker.stop(),
    () => server.stop(),
    () => stopping.abort(),
  )
  // Last of what can fail: a password that was generated must also be shown.
  const generatedPassword = await accounts.ensureAdmin(config.ADMIN_USERNAME, config.ADMIN_PASSWORD)
  const adminName = store.data.users[0]?.username ?? config.ADMIN_USERNAME
  const resumed = resume({ store, rotator, log })
  worker.start()
  checker.start()
  return { port: server.port, adminName, generatedPassword, keys, views: data.views, resumed }
}

/** The one subscriber of the store: listeners follow the keys, live events tell what changed. */
function followStore({ storage, data, control, events }: Rooms, stops: Stops): void {
  const { store, history } = storage
  const { listeners, routing, views } = data
  const routes = ({ proxy_keys, settings }: DataFile) => proxy_keys.map((key) => routing(key, settings))
  const { checker, failures } = control
  listeners.reconcile(routes(store.data))
  stops.push(
    store.subscribe((next, previous) => {
      const isOther = next.proxy_keys !== previous.proxy_keys || next.settings !== previous.settings
      if (isOther) listeners.reconcile(routes(next))
      for (const event of describeChange(next, previous, views.proxy)) events.publish(event)
    }),
    history.added.subscribe((entry) => events.publish({ type: 'log.added', data: entry })),
    listeners.drained.subscribe((route, counts) => failures.noteDrain(route.port, counts)),
    listeners.upstreamFailing.subscribe((route) => failures.look(route.port)),
    checker.lost.subscribe((id) => failures.replace(id)),
  )
}

function createRoutes({ clock, log }: Outside, { storage, data, control, events, stopping }: Rooms) {
  const { keys, preferences } = control
  const { listeners, views } = data
  const startedAt = clock.now()
  const uptimeSeconds = () => Math.floor((clock.now() - startedAt) / 1000)
  const readiness = (): ReadyReply => {
    const wanted = keys.list().length
    const listening = keys.list().filter((key) => listeners.state(key.port) === 'listening').length
    return {
      ready: storage.store.isOpen && listening === wanted,
      store: storage.store.isOpen ? 'open' : 'closed',
      listeners: { wanted, listening, failed: listeners.failed() },
    }
  }
  return createApi({
    ...control,
    ...data,
    history: storage.history,
    events,
    log,
    version,
    uptimeSeconds,
    readiness,
    drain: (port, wait) => listeners.drain(port, wait),
    readSettings: () => preferences.read(),
    changeSettings: (change) => preferences.change(change),
    renderMetrics: () => renderMetrics(keys.list().map(views.proxy), uptimeSeconds()),
    stopping: stopping.signal,
  })
}

/** resetPassword gives the admin a new password, in a data folder that nobody uses now. */
export async function resetPassword(outside: Outside): Promise<{ username: string; password: string }> {
  const stops: Stops = []
  try {
    const storage = await openStorage(outside, stops)
    const control = createControlPlane(
      outside,
      storage,
      createDataPlane(outside, storage),
      new AbortController().signal,
    )
    stops.push(
      () => control.provider.close(),
      () => control.passwords.stop(),
    )
    return await control.accounts.resetPassword()
  } finally {
    for (let end = stops.pop(); end; end = stops.pop()) await end()
  }
}
