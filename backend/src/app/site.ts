import { createClientAddress } from '../api/client-address.ts'
import { createEndpoints } from '../api/endpoint-page.ts'
import { createSiteServer } from '../api/http-server.ts'
import type { Router } from '../api/router.ts'
import { createSite } from '../api/site.ts'
import { describeEndpoint } from '../endpoints/projections.ts'
import { isPublicDomain } from '../lib/host-name.ts'
import type { ControlPlane } from './control.ts'
import type { Outside, Stops } from './outside.ts'
import type { DataPlane } from './plane.ts'
import type { Storage } from './storage.ts'
import type { Shown } from './views.ts'

interface Rooms {
  storage: Pick<Storage, 'store' | 'bus'>
  data: DataPlane
  shown: Shown
  control: Pick<ControlPlane, 'addresses'>
}

/** serveSite serves the visits at the ports of the plane: the dashboard and API, and the pages of endpoints. */
export function serveSite(
  { config, clock, log }: Outside,
  { storage, data, shown, control }: Rooms,
  api: Router,
  stops: Stops,
): void {
  const { isOwnHost, isTrustedProxy, routing, situation } = shown
  const { visits, siteRefusals: refusals } = data
  const endpoints = createEndpoints({
    find: (name, host) => {
      const { proxies, data: stored } = storage.store
      // Only a name of our own is told again.
      const seen = situation(isOwnHost(host) ? host : null)
      return describeEndpoint({ proxies, settings: stored.settings }, routing, seen, name)
    },
    clientAddress: createClientAddress(isTrustedProxy),
    addresses: control.addresses,
    bus: storage.bus,
    clock,
    log,
    refusals,
  })
  stops.push(() => endpoints.stop())
  const { DOMAIN: domain } = config
  const isHttpsPublic = config.PUBLIC_HTTPS && isPublicDomain(domain)
  const server = createSiteServer(createSite({ api, endpoints, domain, isOwnHost, isHttpsPublic, log, refusals }))
  visits.serveBy(({ socket, bytes, ...origin }) => server.receive(socket, bytes, origin))
  stops.push(() => server.stop())
}
