import type { Config } from '../config.ts'
import { isPublicDomain } from '../lib/host-name.ts'
import { isLoopbackHost } from '../lib/ip.ts'

const publicHttpPort = 80
const publicHttpsPort = 443

/** SharedPorts are the ports of the gateway that are open; null where there is none. */
export interface SharedPorts {
  gatewayPort: number | null
  tlsPort: number | null
}

/** Published are the ways in that clients can reach, with the ports at which they find them; null for one that they can't. */
export interface Published {
  hasOwnPorts: boolean
  sharedPort: number | null
  tlsPort: number | null
}

type Given = Pick<Config, 'DOMAIN' | 'PUBLIC_WAYS' | 'PUBLIC_HTTPS' | 'PROXY_HOST' | 'GATEWAY_HOST'>

/**
 * publishedWays are those of PUBLIC_WAYS. Without it all that are open, but of the gateway and the endpoints' ports not one that only
 * this machine reaches where the other is for all. Where https is public, the world finds the gateway at 80 and 443. Whoever ends TLS
 * in front leads by the name asked for alone, so without a domain that is no way; at our own TLS port a user name does as well.
 */
export function publishedWays(given: Given, { gatewayPort, tlsPort }: SharedPorts): Published {
  const [shared, tls] = given.PUBLIC_HTTPS ? [publicHttpPort, publicHttpsPort] : [gatewayPort, tlsPort]
  const hasTls = tlsPort !== null || isPublicDomain(given.DOMAIN)
  const ways = given.PUBLIC_WAYS
  if (ways === undefined) {
    const isShared = isGatewayPublished(given)
    return {
      hasOwnPorts: !(given.PUBLIC_HTTPS && isLoopbackHost(given.PROXY_HOST)),
      sharedPort: isShared ? shared : null,
      tlsPort: isShared && hasTls ? tls : null,
    }
  }
  const portOf = (name: 'shared' | 'tls', usual: number | null) => {
    const way = ways.find((candidate) => candidate.name === name)
    return way === undefined ? null : (way.port ?? usual)
  }
  return {
    hasOwnPorts: ways.some(({ name }) => name === 'own'),
    sharedPort: portOf('shared', shared),
    tlsPort: hasTls ? portOf('tls', tls) : null,
  }
}

function isGatewayPublished({ PUBLIC_HTTPS, PROXY_HOST, GATEWAY_HOST }: Given): boolean {
  return PUBLIC_HTTPS || !isLoopbackHost(GATEWAY_HOST) || isLoopbackHost(PROXY_HOST)
}
