import { createOwnHosts } from '../api/own-hosts.ts'
import { reasonOf, subdomainOf } from '../contract/index.ts'
import { publishedWays } from '../endpoints/published.ts'
import { reachOf, type Situation } from '../endpoints/reach.ts'
import { Measurements } from '../history/measurements.ts'
import { createRouting } from '../endpoints/routing.ts'
import { createViews } from '../keys/views.ts'
import { toTimestamp } from '../lib/clock.ts'
import { createNetworkMatcher } from '../lib/ip.ts'
import { Backoff } from '../leases/backoff.ts'
import { Running } from '../leases/running.ts'
import { Schedule } from '../leases/schedule.ts'
import type { Outside } from './outside.ts'
import type { DataPlane } from './plane.ts'
import type { Storage } from './storage.ts'

export type Shown = ReturnType<typeof createShown>

/** createShown makes what is known beside the store, and how all of it is shown. */
export function createShown(
  { config, clock, log }: Outside,
  { vault, store, history }: Storage,
  { plane, mirror }: DataPlane,
) {
  const running = new Running()
  const backoff = new Backoff(clock)
  const schedule = new Schedule({ store, clock })
  const measurements = new Measurements({
    history,
    clock,
    log,
    traffic: () => store.proxies.map(({ key, endpoint }) => ({ id: key.id, ...mirror.traffic(endpoint.id) })),
  })
  const situation = (reachedBy: string | null): Situation => ({
    config,
    published: publishedWays(config, plane.gateway.ports),
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
    running,
    backoff,
    schedule,
    measurements,
    situation,
    views,
    routing: createRouting(vault),
    isTrustedProxy: createNetworkMatcher(config.TRUSTED_PROXIES),
    isOwnHost: createOwnHosts(config.DOMAIN, config.ALLOWED_HOSTS),
  }
}
