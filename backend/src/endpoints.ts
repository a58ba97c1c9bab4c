import type { EndpointFacts } from './api/endpoint-html.ts'
import type { Config } from './config.ts'
import { subdomainOf, type JoinedProxy, type Settings } from './contract/index.ts'
import { createNetworkMatcher } from './lib/ip.ts'
import type { Routing } from './keys/routing.ts'
import type { TraefikEndpoint } from './traefik/dynamic-config.ts'

const publicHttpPort = 80
const publicHttpsPort = 443

/** SharedPorts are the ports of the gateway that are open; null where there is none. */
export interface SharedPorts {
  gatewayPort: number | null
  tlsPort: number | null
}

/** publicPorts are where the world finds the shared ports: 80 and 443 where it is served over https, else the gateway's own. */
export function publicPorts(
  { PUBLIC_HTTPS }: Pick<Config, 'PUBLIC_HTTPS'>,
  { gatewayPort, tlsPort }: SharedPorts,
): { sharedPort: number | null; tlsPort: number | null } {
  return PUBLIC_HTTPS ? { sharedPort: publicHttpPort, tlsPort: publicHttpsPort } : { sharedPort: gatewayPort, tlsPort }
}

/** toTraefikEndpoints are those of active keys: a paused one is not reachable by its name. */
export function toTraefikEndpoints(proxies: readonly JoinedProxy[]): TraefikEndpoint[] {
  const active = proxies.filter(({ key }) => key.is_active)
  return active.map(({ endpoint }) => ({ name: subdomainOf(endpoint), port: endpoint.port }))
}

/** describeEndpoint is what the page of an endpoint tells; null where there is no such endpoint. */
export function describeEndpoint(
  config: Config,
  { proxies, settings }: { proxies: readonly JoinedProxy[]; settings: Settings },
  routing: Routing,
  ports: SharedPorts,
  name: string,
): EndpointFacts | null {
  const proxy = proxies.find(({ endpoint }) => subdomainOf(endpoint) === name)
  if (!proxy) return null
  const { port } = proxy.endpoint
  const { sharedPort, tlsPort } = publicPorts(config, ports)
  const { access } = routing(proxy, settings)
  return {
    id: proxy.key.id,
    name,
    host: `${name}.${config.DOMAIN}`,
    port,
    sharedPort: sharedPort ?? port,
    tlsPort,
    // Made when it is asked for: most requests do not.
    isAllowed: (address) =>
      !access.asksAlways && createNetworkMatcher([...access.networks, ...access.addresses])(address),
  }
}
