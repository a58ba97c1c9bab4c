import { splitHostPort } from '../lib/host-port.ts'
import { isLoopbackUrl, isPublicAddress } from '../lib/public-address.ts'

/** AcceptsPlace tells whether an upstream at this host:port may be used. */
export type AcceptsPlace = (hostPort: string) => boolean

/**
 * createAcceptsPlace makes the rule for the provider at this URL. Upstreams are IP addresses on the internet: at any other place a
 * provider's word would lead clients into this machine or the network around it. Names are no better, since they can be made to
 * lead anywhere, and KiotProxy gives addresses. A provider on this machine is the admin's own, and may name any place.
 */
export function createAcceptsPlace(baseUrl: string): AcceptsPlace {
  if (isLoopbackUrl(baseUrl)) return () => true
  return (hostPort) => isPublicAddress(splitHostPort(hostPort).host)
}
