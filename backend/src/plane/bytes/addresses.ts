import { isIP } from 'node:net'

/** formatIpv6 writes the 16 bytes of an IPv6 address as text, which is not shortened. */
export function formatIpv6(bytes: Buffer): string {
  const groups: string[] = []
  for (let at = 0; at < 16; at += 2) groups.push(bytes.readUInt16BE(at).toString(16))
  return groups.join(':')
}

/** formatAuthority puts an IPv6 address in brackets, as `host:port` needs it. */
export function formatAuthority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** ipv6Bytes are the 16 bytes of an IPv6 address, whose last part may be written as IPv4. */
export function ipv6Bytes(address: string): Buffer {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const text = dotted === null ? address : `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}`
  const [head = '', tail] = text.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : 8 - front.length - back.length
  const bytes = Buffer.alloc(16)
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back]
  groups.forEach((group, index) => bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2))
  return bytes
}

/** isIpv4 and isIpv6 tell whether a host is an address. */
export function isIpv4(host: string): boolean {
  return isIP(host) === 4
}

export function isIpv6(host: string): boolean {
  return isIP(host) === 6
}

function pair(high = '0', low = '0'): string {
  return ((Number(high) << 8) | Number(low)).toString(16)
}
