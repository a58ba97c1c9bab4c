import { formatIpv6, ipv6Bytes, isIpv4, isIpv6 } from './addresses.ts'
import type { Credentials } from './basic.ts'
import { bad, incomplete, whole, type Parsed } from './parsed.ts'

/** What both sides of SOCKS5 send (RFC 1928), with user name and password (RFC 1929). */
export const socksVersion = 5

export const socksMethod = { none: 0, password: 2, refused: 255 } as const

/** The codes of a reply. */
export const socksReply = {
  done: 0,
  failed: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  unreachable: 4,
  refused: 5,
  expired: 6,
  unknownCommand: 7,
  unknownAddress: 8,
} as const

const connectCommand = 1
const addressType = { ipv4: 1, name: 3, ipv6: 4 } as const

/** What may stand in a CONNECT line: a name with anything else in it could end that line. */
const hostName = /^[\w.~%-]+$/

/** parseGreeting reads what a client begins with: version, number of methods, methods. */
export function parseGreeting(bytes: Buffer): Parsed<ReadonlySet<number>> {
  const count = bytes[1]
  if (bytes.length > 0 && bytes[0] !== socksVersion) return bad('This is no SOCKS5 greeting.')
  if (count === undefined || bytes.length < 2 + count) return incomplete
  return whole(new Set(bytes.subarray(2, 2 + count)), 2 + count)
}

/** parsePassword reads a client's login: version 1, length, user name, length, password. */
export function parsePassword(bytes: Buffer): Parsed<Credentials> {
  if (bytes.length > 0 && bytes[0] !== 1) return bad('This is no login of RFC 1929.')
  const nameLength = bytes[1]
  if (nameLength === undefined) return incomplete
  const passwordLength = bytes[2 + nameLength]
  const end = 3 + nameLength + (passwordLength ?? 0)
  if (passwordLength === undefined || bytes.length < end) return incomplete
  const username = bytes.toString('utf8', 2, 2 + nameLength)
  return whole({ username, password: bytes.toString('utf8', 3 + nameLength, end) }, end)
}

/** SocksRequest is what a client asks for; `problem` is the code of the reply where that can't be done. */
export type SocksRequest =
  | { readonly kind: 'connect'; readonly host: string; readonly port: number }
  | { readonly kind: 'refused'; readonly problem: number }

/** parseSocksRequest reads: version, command, 0, address type, address, port. */
export function parseSocksRequest(bytes: Buffer): Parsed<SocksRequest> {
  const [version, command, reserved, type] = bytes
  if (version !== undefined && version !== socksVersion) return bad('This is no SOCKS5 request.')
  if (command === undefined || reserved === undefined || type === undefined) return incomplete
  const place = parsePlace(bytes, type)
  if (place === 'unknown') return whole({ kind: 'refused', problem: socksReply.unknownAddress }, bytes.length)
  if (place === null) return incomplete
  const { host, port, end } = place
  if (command !== connectCommand) return whole({ kind: 'refused', problem: socksReply.unknownCommand }, end)
  if (type === addressType.name && !hostName.test(host)) return bad('The name of the target is malformed.')
  if (port === 0) return whole({ kind: 'refused', problem: socksReply.notAllowed }, end)
  return whole({ kind: 'connect', host, port }, end)
}

/** formatSocksReply writes a reply; the bound address in it is of no use to anybody and left zero. */
export function formatSocksReply(code: number): Buffer {
  return Buffer.from([socksVersion, code, 0, addressType.ipv4, 0, 0, 0, 0, 0, 0])
}

/** formatGreeting offers these methods to a server. */
export function formatGreeting(methods: readonly number[]): Buffer {
  return Buffer.from([socksVersion, methods.length, ...methods])
}

/** formatPassword writes a login. A user name or password of over 255 bytes can't be written; it is cut, and refused then. */
export function formatPassword({ username, password }: Credentials): Buffer {
  const [name, secret] = [Buffer.from(username).subarray(0, 255), Buffer.from(password).subarray(0, 255)]
  return Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret])
}

/** formatConnect asks a server for host:port; a name goes as it is. Null for a name that has no place in a request. */
export function formatConnect(host: string, port: number): Buffer | null {
  const head = [socksVersion, connectCommand, 0]
  const end = [port >> 8, port & 255]
  if (isIpv4(host)) return Buffer.from([...head, addressType.ipv4, ...host.split('.').map(Number), ...end])
  if (isIpv6(host)) return Buffer.from([...head, addressType.ipv6, ...ipv6Bytes(host), ...end])
  const name = Buffer.from(host, 'latin1')
  if (name.length === 0 || name.length > 255) return null
  return Buffer.from([...head, addressType.name, name.length, ...name, ...end])
}

/** parseMethod reads the method that a server chose. */
export function parseMethod(bytes: Buffer): Parsed<number> {
  return parsePair(bytes, socksVersion, 'It does not speak SOCKS5.')
}

/** parseLoginStatus reads what a server says to a login: 0 is success. */
export function parseLoginStatus(bytes: Buffer): Parsed<number> {
  return parsePair(bytes, 1, 'It does not know the login of RFC 1929.')
}

/** parseSocksReply reads a server's reply: its code. A refusal is known by its first two bytes; some servers send no more. */
export function parseSocksReply(bytes: Buffer): Parsed<number> {
  const code = bytes[1]
  if (bytes.length > 0 && bytes[0] !== socksVersion) return bad('It does not speak SOCKS5.')
  if (code === undefined) return incomplete
  if (code !== socksReply.done) return whole(code, bytes.length)
  const type = bytes[3]
  if (type === undefined) return incomplete
  const place = parsePlace(bytes, type)
  if (place === 'unknown') return bad('Its reply has an address of an unknown kind.')
  return place === null ? incomplete : whole(code, place.end)
}

function parsePair(bytes: Buffer, version: number, complaint: string): Parsed<number> {
  const answer = bytes[1]
  if (bytes.length > 0 && bytes[0] !== version) return bad(complaint)
  return answer === undefined ? incomplete : whole(answer, 2)
}

/** The address and port that stand from the fourth byte on; null while bytes are missing. */
function parsePlace(bytes: Buffer, type: number): { host: string; port: number; end: number } | 'unknown' | null {
  if (type !== addressType.ipv4 && type !== addressType.name && type !== addressType.ipv6) return 'unknown'
  const start = type === addressType.name ? 5 : 4
  const length = type === addressType.ipv4 ? 4 : type === addressType.ipv6 ? 16 : bytes[4]
  if (length === undefined || bytes.length < start + length + 2) return null
  const end = start + length
  const address = bytes.subarray(start, end)
  const host =
    type === addressType.name ? address.toString('latin1') : length === 4 ? address.join('.') : formatIpv6(address)
  return { host, port: bytes.readUInt16BE(end), end: end + 2 }
}
