import { BlockList, isIP, isIPv6 } from 'node:net'

/** Mapped addresses are those in `::ffff:0:0/96`. */
const mappedPrefix = 96

/**
 * normalizeAddress gives each address one spelling: IPv6 as in RFC 5952, without a zone (`%eth0`), and an IPv4-mapped one
 * (`::ffff:192.0.2.1`) as plain IPv4. What is no address stays as it is.
 */
export function normalizeAddress(address: string): string {
  if (!address.includes(':')) return address
  const bare = address.replace(/%.*$/, '').toLowerCase()
  if (!isIPv6(bare)) return address
  // As sockets write it: by far the most frequent.
  const dotted = /^::ffff:([\d.]+)$/.exec(bare)
  if (dotted?.[1] !== undefined) return dotted[1]
  // The URL standard serialises IPv6 as RFC 5952 wants it, and mapped addresses in hexadecimal.
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical)
  return mapped ? dottedOf(mapped[1], mapped[2]) : canonical
}

function dottedOf(high = '', low = ''): string {
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((value) => [value >> 8, value & 255])
    .join('.')
}

/**
 * normalizeNetwork does the same for an address or a CIDR network: `::ffff:192.0.2.0/120` is the IPv4 network `192.0.2.0/24`.
 * A network that holds more than all mapped addresses stays IPv6.
 */
export function normalizeNetwork(network: string): string {
  const [address = '', prefix] = network.split('/')
  const normalized = normalizeAddress(address)
  if (prefix === undefined) return normalized
  const isMapped = address.includes(':') && !normalized.includes(':')
  if (!isMapped) return `${normalized}/${prefix}`
  const length = Number(prefix) - mappedPrefix
  return length < 0 ? `${address}/${prefix}` : `${normalized}/${length}`
}

/** addressGroup is what strangers are counted by: an IPv4 address as it is, an IPv6 one as its /64, which is one subscriber's. */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address
  const normalized = normalizeAddress(address)
  if (!isIPv6(normalized)) return normalized
  const [head = [], tail = []] = normalized.split('::').map((side) => side.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  const network = [...head, ...zeros, ...tail].slice(0, 4)
  return `${normalizeAddress(`${network.join(':')}::`)}/64`
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
  const [address = '', prefix] = normalizeNetwork(network).split('/')
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

/** isLoopbackHost tells whether an address or name leads everybody to his own machine. */
export function isLoopbackHost(host: string): boolean {
  if (host === '::1' || host === 'localhost' || host.endsWith('.localhost')) return true
  return isIP(host) === 4 && host.startsWith('127.')
}

/** isWildcardAddress tells whether a server bound to this address listens on all of them. */
export function isWildcardAddress(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}
