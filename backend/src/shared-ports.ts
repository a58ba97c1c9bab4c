import { createClientAddress } from './api/client-address.ts'
import { createEndpoints } from './api/endpoint-page.ts'
import { createSiteServer, explainPort } from './api/http-server.ts'
import type { Router } from './api/router.ts'
import { createSite } from './api/site.ts'
import { describeEndpoint } from './endpoints.ts'
import type { SharedPorts } from './endpoints/published.ts'
import { isPublicDomain } from './lib/host-name.ts'
import { StartError } from './lib/problem.ts'
import type { ControlPlane, DataPlane, Outside, Stops, Storage } from './rooms.ts'

interface Rooms {
  storage: Pick<Storage, 'store' | 'bus'>
  data: DataPlane
  control: Pick<ControlPlane, 'addresses'>
}

/** Where the gateway is unless the environment says otherwise. */
const defaultGatewayPort = 8080

/**
 * openSharedPorts opens the gateway, in clear and with a certificate over TLS, and the site behind it; the ports are closed with
 * the plane. Throws a StartError for a port that was asked for and can't be had, or a certificate that can't be used.
 */
export async function openSharedPorts(
  { config, clock, log }: Outside,
  { storage, data, control }: Rooms,
  api: Router,
  stops: Stops,
): Promise<SharedPorts> {
  const { isOwnHost, isTrustedProxy, routing, shared: ports, siteRefusals: refusals, situation } = data
  const { gateway } = data.plane
  const wantedPort = config.GATEWAY_PORT ?? defaultGatewayPort
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
  const site = createSite({ api, endpoints, domain, isOwnHost, isHttpsPublic, log, refusals })
  const server = createSiteServer(site)
  data.site.server = server
  stops.push(() => server.stop())
  try {
    ports.gatewayPort = await gateway.listen(config.GATEWAY_HOST, wantedPort)
  } catch (error) {
    const reason = explainPort('GATEWAY', config.GATEWAY_HOST, wantedPort, error)
    const isWanted = config.PUBLIC_WAYS?.some(({ name: way }) => way === 'shared') ?? false
    if (config.GATEWAY_PORT !== undefined || isWanted) throw reason
    log.warn({ reason: reason.message }, 'there is no gateway: its port can’t be had; every endpoint has its own port')
  }
  if (config.TLS_CERT === undefined || config.TLS_KEY === undefined) return ports
  const files = { certPath: config.TLS_CERT, keyPath: config.TLS_KEY }
  try {
    ports.tlsPort = await gateway.listenTls(config.GATEWAY_HOST, config.TLS_PORT, files)
  } catch (error) {
    if (error instanceof StartError) throw error
    throw explainPort('TLS', config.GATEWAY_HOST, config.TLS_PORT, error)
  }
  return ports
}
