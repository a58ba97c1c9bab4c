import { isIP } from 'node:net'

/**
 * isPublicDomain tells whether names under a domain lead others to a machine: under an address there are none, and those under
 * localhost lead everybody to his own.
 */
export function isPublicDomain(domain: string): boolean {
  return isIP(domain) === 0 && domain !== 'localhost'
}

/** labelUnder is the one label before the domain in a host name, in lower case; null for any other name. */
export function labelUnder(domain: string, hostName: string): string | null {
  const lower = hostName.toLowerCase().replace(/\.$/, '')
  if (!lower.endsWith(`.${domain}`)) return null
  const label = lower.slice(0, -domain.length - 1)
  return label === '' || label.includes('.') ? null : label
}

/** hostNameOf is the name in a Host field: without its port, the brackets of IPv6 and a dot at the end, in lower case. */
export function hostNameOf(host: string): string {
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
  return name.replace(/^\[(.*)\]$/, '$1')
}
