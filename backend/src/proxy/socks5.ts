import type { Credentials } from './access.ts'

/** What a SOCKS5 client may send and expect (RFC 1928, RFC 1929). */
export const socksVersion = 5

export const socksMethod = { none: 0, password: 2, refused: 255 } as const

/** The codes of a reply. */
export const socksReply = {
  done: 0,
  failed: 1,
  notAllowed: 2,
  unreachable: 4,
  refused: 5,
  expired: 6,
  unknownCommand: 7,
  unknownAddress: 8,
} as const

/** Parsed is a whole message and its length, null while bytes are missing, or `bad`. */
export type Parsed<T> = { value: T; bytes: number } | 'bad' | null

/** parseGreeting reads: version, number of methods, methods. */
export function parseGreeting(bytes: Buffer): Parsed<ReadonlySet<number>> {
  const count = bytes[1]
  if (bytes[0] !== socksVersion) return 'bad'
  if (count === undefined || bytes.length < 2 + count) return null
  return { value: new Set(bytes.subarray(2, 2 + count)), bytes: 2 + count }
}

/** parsePassword reads: version 1, length, user name, length, password. */
export function parsePassword(bytes: Buffer): Parsed<Credentials> {
  const nameLength = bytes[1]
  if (bytes.length > 0 && bytes[0] !== 1) return 'bad'
  if (nameLength === undefined) return null
  const passwordLength = bytes[2 + nameLength]
  if (passwordLength === undefined) return null
  const end = 3 + nameLength + passwordLength
  if (bytes.length < end) return null
  const username = bytes.toString('utf8', 2, 2 + nameLength)
  return { value: { username, password: bytes.toString('utf8', 3 + nameLength, end) }, bytes: end }
}

/** What may stand in a CONNECT line: a name with anything else in it could end that line. */
const hostName = /^[^\0-\x20\x7f-\xff@/?#[\]\\]+$/

export interface SocksRequest {
  command: number
  /** Null for an address type that does not exist. */
  host: string | null
  port: number
}

/** parseRequest reads: version, command, 0, address type, address, port. */
export function parseRequest(bytes: Buffer): Parsed<SocksRequest> {
  const [version, command, reserved, type] = bytes
  if (version !== undefined && version !== socksVersion) return 'bad'
  if (command === undefined || reserved === undefined || type === undefined) return null
  if (type !== 1 && type !== 3 && type !== 4) return { value: { command, host: null, port: 0 }, bytes: bytes.length }
  const start = type === 3 ? 5 : 4
  const length = type === 1 ? 4 : type === 4 ? 16 : bytes[4]
  if (length === undefined || bytes.length < start + length + 2) return null
  if (length === 0) return 'bad'
  const end = start + length
  const host = formatAddress(type, bytes.subarray(start, end))
  if (!hostName.test(host)) return 'bad'
  return { value: { command, host, port: bytes.readUInt16BE(end) }, bytes: end + 2 }
}

/** formatReply writes a reply; the bound address in it is of no use to anybody and left zero. */
export function formatReply(code: number): Buffer {
  return Buffer.from([socksVersion, code, 0, 1, 0, 0, 0, 0, 0, 0])
}

function formatAddress(type: 1 | 3 | 4, address: Buffer): string {
  if (type === 1) return address.join('.')
  if (type === 3) return address.toString('latin1')
  const groups = Array.from({ length: 8 }, (_, index) => address.readUInt16BE(index * 2).toString(16))
  return groups.join(':')
}
