import type { Credentials } from './basic.ts'
import { bad, incomplete, whole, type Parsed } from './parsed.ts'

export const socks4Version = 4

const maxTextBytes = 512
const connectCommand = 1
const granted = 0x5a
const rejected = 0x5b
const hostName = /^[\w.~%-]{1,255}$/

/** Socks4Request is a request of SOCKS4 or 4a; `host` is null for another command than CONNECT. */
export interface Socks4Request {
  readonly host: string | null
  readonly port: number
  /** The user id, of the form `proxy3:token`; null where it is empty. */
  readonly credentials: Credentials | null
}

/**
 * parseSocks4 reads: version, command, port, IPv4 address, user id, 0; and in 4a, where the address is 0.0.0.x, a name, 0
 * (https://www.openssh.com/txt/socks4.protocol and socks4a.protocol).
 */
export function parseSocks4(bytes: Buffer): Parsed<Socks4Request> {
  if (bytes.length < 9) return incomplete
  const idEnd = bytes.indexOf(0, 8)
  if ((idEnd === -1 ? bytes.length : idEnd) > 8 + maxTextBytes) return bad('The user id is too long.')
  if (idEnd === -1) return incomplete
  const port = bytes.readUInt16BE(2)
  const isNamed = bytes.readUInt32BE(4) >>> 8 === 0 && bytes[7] !== 0
  const nameEnd = isNamed ? bytes.indexOf(0, idEnd + 1) : idEnd
  if (nameEnd === -1) return bytes.length > idEnd + maxTextBytes ? bad('The name is too long.') : incomplete
  const host = isNamed ? bytes.toString('latin1', idEnd + 1, nameEnd) : bytes.subarray(4, 8).join('.')
  if (!hostName.test(host) || port === 0) return bad('The target is malformed.')
  const credentials = readUserId(bytes.toString('utf8', 8, idEnd))
  return whole({ host: bytes[1] === connectCommand ? host : null, port, credentials }, nameEnd + 1)
}

/** formatSocks4Reply writes a reply; the address in it is of no use to anybody and left zero. */
export function formatSocks4Reply(isGranted: boolean): Buffer {
  return Buffer.from([0, isGranted ? granted : rejected, 0, 0, 0, 0, 0, 0])
}

function readUserId(id: string): Credentials | null {
  if (id === '') return null
  const colon = id.indexOf(':')
  return colon === -1 ? { username: id, password: '' } : { username: id.slice(0, colon), password: id.slice(colon + 1) }
}
