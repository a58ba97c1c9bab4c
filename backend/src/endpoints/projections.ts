import type { EndpointFacts } from '../api/endpoint-html.ts'
import { subdomainOf, type JoinedProxy, type Settings } from '../contract/index.ts'
import { reachOf, type Situation } from './reach.ts'
import { createNetworkMatcher } from '../lib/ip.ts'
import type { Routing } from './routing.ts'
import type { TraefikEndpoint } from '../traefik/dynamic-config.ts'

/** toTraefikEndpoints are those of active keys: a paused one is not reachable by its name. */
export function toTraefikEndpoints(proxies: readonly JoinedProxy[]): TraefikEndpoint[] {
  const active = proxies.filter(({ key }) => key.is_active)
  return active.map(({ endpoint }) => ({ name: subdomainOf(endpoint), port: endpoint.port }))
}

/** describeEndpoint is what the page of an endpoint tells; null where there is no such endpoint. */
export function describeEndpoint(
  { proxies, settings }: { proxies: readonly JoinedProxy[]; settings: Settings },
  routing: Routing,
  situation: Situation,
  name: string,
): EndpointFacts | null {
  const proxy = proxies.find(({ endpoint }) => subdomainOf(endpoint) === name)
  if (!proxy) return null
  const { access } = routing(proxy, settings)
  const { own, shared, tls, shownHost } = reachOf({ subdomain: name, port: proxy.endpoint.port }, situation)
  const isNamed = shownHost.startsWith(`${name}.`)
  return {
    id: proxy.key.id,
    name,
    title: isNamed ? shownHost : `${name} at ${shownHost}`,
    own: own && `${shownHost}:${own.port}`,
    shared: shared && `${shownHost}:${shared.port}`,
    tls: tls && `${tls.host}:${tls.port}`,
    // Made when it is asked for: most requests do not.
    isAllowed: (address) =>
      !access.asksAlways && createNetworkMatcher([...access.networks, ...access.addresses])(address),
  }
}
