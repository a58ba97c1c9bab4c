import { mkdirSync } from 'node:fs'

import { createApi } from './api/api.ts'
import { listenHttp } from './api/http-server.ts'
import { LiveEvents } from './api/live-events.ts'
import { renderMetrics } from './api/metrics.ts'
import { Accounts } from './auth/accounts.ts'
import { LoginGuard } from './auth/login-guard.ts'
import { Passwords } from './auth/passwords.ts'
import { Sessions } from './auth/sessions.ts'
import type { Config } from './config.ts'
import type { ReadyReply } from './contract/index.ts'
import { describeChange } from './follow.ts'
import { Checker } from './health/checker.ts'
import { createProbe } from './health/probe.ts'
import { History } from './history/history.ts'
import { Keys } from './keys/keys.ts'
import { Numbers } from './keys/numbers.ts'
import { createRouting } from './keys/routing.ts'
import { createViews, type Views } from './keys/views.ts'
import type { Clock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { messageOf, StartError } from './lib/problem.ts'
import { isPortFree } from './lib/ports.ts'
import { loadVault } from './lib/vault.ts'
import { FailureDelay } from './proxy/failure-delay.ts'
import { Listeners } from './proxy/listeners.ts'
import { createKiotProxy } from './providers/kiotproxy.ts'
import { createAcquire } from './rotation/acquire.ts'
import { Backoff } from './rotation/backoff.ts'
import { endInterrupted, resume } from './rotation/resume.ts'
import { Rotator } from './rotation/rotator.ts'
import { Worker } from './rotation/worker.ts'
import { Preferences } from './settings/preferences.ts'
import { lockFolder } from './store/folder-lock.ts'
import { Store } from './store/store.ts'
import { version } from './version.ts'

const probeTimeoutMs = 10_000

export interface AppParts {
  config: Config
  clock: Clock
  log: Log
}

/** App is a running Stillpoint. `stop` ends everything that it started and may be called twice. */
export interface App {
  /** Port of the API: another than PORT where that was 0. */
  port: number
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
export async function startApp(parts: AppParts): Promise<App> {
  const stops: (() => Promise<void> | void)[] = []
  const stop = async () => {
    for (let end = stops.pop(); end; end = stops.pop()) {
      await Promise.resolve(end()).catch((error: unknown) =>
        parts.log.error({ reason: messageOf(error) }, 'while stopping'),
      )
    }
  }
  try {
    const app = await assemble(parts, stops)
    return { ...app, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function assemble(
  { config, clock, log }: AppParts,
  stops: (() => Promise<void> | void)[],
): Promise<Omit<App, 'stop'>> {
  const startedAt = clock.now()
  const dataDir = config.DATA_DIR
  makeDataDir(dataDir)
  stops.push(lockFolder(dataDir))
  const vault = loadVault(dataDir, config.SECRET_KEY)
  const store = await Store.open({ dataDir, vault, clock, log })
  stops.push(() => store.close())
  const history = new History({ dataDir, clock, log })
  stops.push(() => history.close())

  const listeners = new Listeners({ host: config.PROXY_HOST, clock, log, failureDelay: new FailureDelay(clock) })
  const routing = createRouting(vault)
  const views = createViews({
    vault,
    domain: config.DOMAIN,
    proxyHost: config.PROXY_HOST,
    listenerState: (port) => listeners.state(port),
    traffic: (port) => listeners.traffic(port),
  })
  const provider = createKiotProxy({ baseUrl: config.KIOTPROXY_API_BASE, clock })
  const backoff = new Backoff(clock)
  const rotator = new Rotator({ store, provider, history, vault, clock, log, backoff })
  const worker = new Worker({ store, rotator, backoff, history, clock, log })
  const stopping = new AbortController()
  const probe = createProbe(config.HEALTH_CHECK_URL, probeTimeoutMs, stopping.signal)
  const checker = new Checker({ store, probe, history, clock, log, intervalSeconds: config.HEALTH_CHECK_INTERVAL })
  const numbers = new Numbers({
    portStart: config.PROXY_PORT_START,
    portEnd: config.PROXY_PORT_END,
    isPortFree: (port) => isPortFree(config.PROXY_HOST, port),
    log,
  })
  const keys = new Keys({
    store,
    history,
    vault,
    clock,
    provider,
    acquire: createAcquire(provider, clock),
    rotator,
    numbers,
    restartListener: (port) => listeners.restart(port),
  })
  const sessions = new Sessions({ store, clock })
  const passwords = new Passwords(clock)
  stops.push(() => passwords.stop())
  const accounts = new Accounts({ store, history, passwords, guard: new LoginGuard(clock), sessions })
  const preferences = new Preferences({ store, history })
  const events = new LiveEvents(startedAt)
  const uptimeSeconds = () => Math.floor((clock.now() - startedAt) / 1000)
  const readiness = (): ReadyReply => {
    const wanted = keys.list().length
    const listening = keys.list().filter((key) => listeners.state(key.port) === 'listening').length
    return {
      ready: store.isOpen && listening === wanted,
      store: store.isOpen ? 'open' : 'closed',
      listeners: { wanted, listening, failed: listeners.failed() },
    }
  }
  const api = createApi({
    keys,
    views,
    rotator,
    checker,
    accounts,
    sessions,
    history,
    events,
    log,
    version,
    uptimeSeconds,
    readiness,
    readSettings: () => preferences.read(),
    changeSettings: (change) => preferences.change(change),
    renderMetrics: () => renderMetrics(keys.list().map(views.proxy), uptimeSeconds()),
    stopping: stopping.signal,
  })

  const generatedPassword = await accounts.ensureAdmin(config.ADMIN_USERNAME, config.ADMIN_PASSWORD)
  await endInterrupted(store)
  await worker.retireEnded()
  stops.push(() => listeners.stop())
  listeners.reconcile(store.data.proxy_keys.map(routing))
  stops.push(
    store.subscribe((next, previous) => {
      if (next.proxy_keys !== previous.proxy_keys) listeners.reconcile(next.proxy_keys.map(routing))
      for (const event of describeChange(next, previous, views.proxy)) events.publish(event)
    }),
    history.added.subscribe((entry) => events.publish({ type: 'log.added', data: entry })),
  )
  await listeners.settled()

  const server = await listenHttp(api, config.HOST, config.PORT)
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
  const resumed = resume({ store, rotator, log })
  worker.start()
  checker.start()
  return { port: server.port, generatedPassword, keys, views, resumed }
}

function makeDataDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StartError(`The data folder DATA_DIR=${path} can't be made: ${messageOf(error)}.`)
  }
}
