import type { EndpointFacts } from './api/endpoint-html.ts'
import type { Config } from './config.ts'
import type { DataFile, ProxyKey, Settings } from './contract/index.ts'
import { createNetworkMatcher } from './lib/ip.ts'
import type { Route } from './plane/table.ts'
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

/** toTraefikEndpoints are the active keys: a paused one is not reachable by its name. */
export function toTraefikEndpoints({ proxy_keys }: DataFile): TraefikEndpoint[] {
  return proxy_keys.filter((key) => key.is_active).map(({ subdomain, port }) => ({ name: subdomain, port }))
}

/** describeEndpoint is what the page of an endpoint tells; null where there is no such endpoint. */
export function describeEndpoint(
  config: Config,
  { proxy_keys, settings }: DataFile,
  routing: (key: ProxyKey, settings: Settings) => Route,
  ports: SharedPorts,
  name: string,
): EndpointFacts | null {
  const key = proxy_keys.find(({ subdomain }) => subdomain === name)
  if (!key) return null
  const { sharedPort, tlsPort } = publicPorts(config, ports)
  const { access } = routing(key, settings)
  return {
    id: key.id,
    name,
    host: `${name}.${config.DOMAIN}`,
    port: key.port,
    sharedPort: sharedPort ?? key.port,
    tlsPort,
    // Made when it is asked for: most requests do not.
    isAllowed: (address) =>
      !access.asksAlways && createNetworkMatcher([...access.networks, ...access.addresses])(address),
  }
}
