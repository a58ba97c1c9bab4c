import { isIP } from 'node:net'

import { hostNameOf } from './host-name.ts'
import { createNetworkMatcher, normalizeAddress } from './ip.ts'

/** What leads to this machine, to the network around it or to nobody in particular (IANA's special-purpose addresses). */
const isReservedIpv4 = createNetworkMatcher([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
])

const isGlobalIpv6 = createNetworkMatcher(['2000::/3'])

/** Teredo and 6to4 hold an IPv4 address, which may be any. */
const isTransition = createNetworkMatcher(['2001::/32', '2002::/16'])

const isLoopback = createNetworkMatcher(['127.0.0.0/8', '::1'])

/** isPublicAddress tells whether a text is an IP address, without brackets, of one machine on the internet. */
export function isPublicAddress(text: string): boolean {
  const address = normalizeAddress(text)
  if (isIP(address) === 4) return !isReservedIpv4(address)
  return isIP(address) === 6 && isGlobalIpv6(address) && !isTransition(address)
}

/** isLoopbackUrl tells whether an http or https URL leads to this machine by its spelling alone: no name is looked up. */
export function isLoopbackUrl(url: string): boolean {
  const host = hostNameOf(new URL(url).hostname)
  return host === 'localhost' || host.endsWith('.localhost') || isLoopback(host)
}
