import { createApi } from '../api/api.ts'
import { findDashboard } from '../api/dashboard.ts'
import type { LiveEvents } from '../api/live-events.ts'
import { renderMetrics } from '../api/metrics.ts'
import type { Router } from '../api/router.ts'
import { subdomainOf, type ReadyReply } from '../contract/index.ts'
import { describeReach } from '../endpoints/reach.ts'
import { addUp } from '../endpoints/traffic-totals.ts'
import { writeExport } from '../keys/export-csv.ts'
import { version } from '../version.ts'
import type { ControlPlane, SigningIn } from './control.ts'
import type { Outside } from './outside.ts'
import type { DataPlane } from './plane.ts'
import type { Storage } from './storage.ts'
import type { Shown } from './views.ts'

interface Served {
  storage: Storage
  data: DataPlane
  shown: Shown
  control: ControlPlane
  signingIn: SigningIn
  events: LiveEvents
  /** Whether all of the start is done: nobody is told before that Stillpoint is ready. */
  isStarted: () => boolean
  stopping: AbortSignal
}

/** createRoutes makes the API of these rooms. */
export function createRoutes({ config, clock, log }: Outside, served: Served): Router {
  const { data, shown, control, signingIn, events, isStarted, stopping } = served
  const { store, history, bus } = served.storage
  const { mirror, siteRefusals } = data
  const { situation, views, measurements, isOwnHost, isTrustedProxy } = shown
  const { keys, rotator, checker, addresses, preferences, replaceToken, testEndpoint } = control
  const { accounts, principals, sessions } = signingIn
  const startedAt = clock.now()
  const uptimeSeconds = () => Math.floor((clock.now() - startedAt) / 1000)
  const readiness = (): Required<ReadyReply> => {
    const { endpoints } = store.data
    const wanted = endpoints.length
    const listening = endpoints.filter(({ id }) => mirror.state(id) === 'listening').length
    return {
      ready: isStarted() && store.isOpen && listening === wanted,
      store: store.isOpen ? 'open' : 'closed',
      listeners: { wanted, listening, failed: mirror.failed().map((id) => subdomainOf(store.getEndpoint(id))) },
    }
  }
  return createApi({
    accounts,
    principals,
    sessions,
    keys,
    rotator,
    checker,
    addresses,
    replaceToken,
    testEndpoint,
    views,
    measurements,
    history,
    bus,
    events,
    log,
    isOwnHost,
    isTrustedProxy,
    version,
    uptimeSeconds,
    readiness,
    stopping,
    dashboardDir: findDashboard(),
    writeExport: (holdsWholeKeys, reachedBy) => writeExport(keys.list(), views.seenBy(reachedBy), holdsWholeKeys),
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
  })
}
