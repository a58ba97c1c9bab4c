import { BlockList, isIP } from 'node:net'

/** normalizeAddress writes an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as plain IPv4 and drops a zone (`%eth0`). */
export function normalizeAddress(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)
  return mapped?.[1] ?? bare
}

/** createNetworkMatcher compiles addresses and CIDR networks into a test for one address. Throws on a malformed one. */
export function createNetworkMatcher(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false
  const list = new BlockList()
  for (const network of networks) addNetwork(list, network)
  return (address) => {
    const normalized = normalizeAddress(address)
    const version = isIP(normalized)
    return version !== 0 && list.check(normalized, version === 6 ? 'ipv6' : 'ipv4')
  }
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', prefix] = network.split('/')
  const normalized = normalizeAddress(address)
  const version = isIP(normalized)
  if (version === 0) throw new TypeError(`not an IP address or network: ${network}`)
  const family = version === 6 ? 'ipv6' : 'ipv4'
  if (prefix === undefined) list.addAddress(normalized, family)
  else list.addSubnet(normalized, Number(prefix), family)
}

/** formatHost puts an IPv6 address in brackets, as a URL or `host:port` needs it. */
export function formatHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

/** isWildcardAddress tells whether a server bound to this address listens on all of them. */
export function isWildcardAddress(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}
