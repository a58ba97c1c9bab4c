import { BlockList, isIP } from 'node:net'

/** normalizeAddress writes an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as plain IPv4 and drops a zone (`%eth0`). */
export function normalizeAddress(address: string): string {
  if (!address.includes(':')) return address
  const bare = address.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)
  return mapped?.[1] ?? bare
}

/** createNetworkMatcher compiles addresses and CIDR networks into a test for one address. Throws on a malformed one. */
export function createNetworkMatcher(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false
  // One list per family: in a common one an IPv4 address, as ::ffff:0:0/96, would match IPv6 networks such as ::/0.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const network of networks) addNetwork(lists, network)
  return (address) => {
    const normalized = normalizeAddress(address)
    const family = familyOf(normalized)
    return family !== null && lists[family].check(normalized, family)
  }
}

type Family = 'ipv4' | 'ipv6'

function addNetwork(lists: Record<Family, BlockList>, network: string): void {
  const [address = '', prefix] = network.split('/')
  const family = familyOf(address)
  if (family === null) throw new TypeError(`not an IP address or network: ${network}`)
  if (prefix === undefined) lists[family].addAddress(address, family)
  else lists[family].addSubnet(address, Number(prefix), family)
}

function familyOf(address: string): Family | null {
  const version = isIP(address)
  if (version === 0) return null
  return version === 6 ? 'ipv6' : 'ipv4'
}

/** formatHost puts an IPv6 address in brackets, unless it is, as a URL or `host:port` needs it. Names have no colon. */
export function formatHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** isWildcardAddress tells whether a server bound to this address listens on all of them. */
export function isWildcardAddress(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

/** addressGroup is what one party surely has: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address
  const [head = ''] = address.split('::')
  const groups = head.split(':')
  while (groups.length < 4) groups.push('0')
  return `${groups.slice(0, 4).join(':')}::/64`
}
