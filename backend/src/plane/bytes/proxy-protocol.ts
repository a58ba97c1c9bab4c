import { isIP } from 'node:net'

import { formatIpv6 } from './addresses.ts'
import { bad, incomplete, whole, type Parsed } from './parsed.ts'

/** What a PROXY protocol header tells of a connection: where it really came from, and what it was made to. */
export interface Forwarded {
  readonly clientAddress: string
  readonly localAddress: string
}

const signatureV1 = Buffer.from('PROXY ')
const signatureV2 = Buffer.from([13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10])
const maxLineBytes = 107
const headBytesV2 = 16
const maxBytesV2 = 4_096
const lineV1 = /^PROXY (?:UNKNOWN(?: [\x21-\x7e ]*)?|TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5}))\r\n$/
const complaint = bad('The PROXY protocol header is malformed.')

/**
 * parseProxyHeader reads a header of version 1 or 2 (haproxy's proxy-protocol.txt, sections 2.1 and 2.2) from the start. It is
 * null where it names no addresses, as those of health checks do; of 0 bytes where there is none.
 */
export function parseProxyHeader(bytes: Buffer): Parsed<Forwarded | null> {
  if (startsAlike(bytes, signatureV1)) return bytes.length < signatureV1.length ? incomplete : parseV1(bytes)
  if (startsAlike(bytes, signatureV2)) return bytes.length < signatureV2.length ? incomplete : parseV2(bytes)
  return whole(null, 0)
}

/** Whether the bytes so far could be the beginning of the signature. */
function startsAlike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return bytes.compare(signature, 0, length, 0, length) === 0
}

function parseV1(bytes: Buffer): Parsed<Forwarded | null> {
  const end = bytes.subarray(0, maxLineBytes).indexOf('\n')
  if (end === -1) return bytes.length >= maxLineBytes ? complaint : incomplete
  const match = lineV1.exec(bytes.toString('latin1', 0, end + 1))
  if (!match) return complaint
  const [, family, source = '', destination = '', sourcePort, destinationPort] = match
  if (family === undefined) return whole(null, end + 1)
  const isSound = isIP(source) === Number(family) && isIP(destination) === Number(family)
  if (!isSound || Number(sourcePort) > 65535 || Number(destinationPort) > 65535) return complaint
  return whole({ clientAddress: source, localAddress: destination }, end + 1)
}

function parseV2(bytes: Buffer): Parsed<Forwarded | null> {
  if (bytes.length < headBytesV2) return incomplete
  const command = bytes[12]
  const family = bytes[13]
  const length = headBytesV2 + bytes.readUInt16BE(14)
  if ((command !== 0x20 && command !== 0x21) || length > maxBytesV2) return complaint
  if (bytes.length < length) return incomplete
  // LOCAL: the proxy speaks for itself.
  const addressBytes = command === 0x20 ? 0 : family === 0x11 ? 4 : family === 0x21 ? 16 : 0
  if (addressBytes === 0) return whole(null, length)
  if (length < headBytesV2 + 2 * addressBytes + 4) return complaint
  const clientAddress = formatAddress(bytes.subarray(headBytesV2, headBytesV2 + addressBytes))
  const localAddress = formatAddress(bytes.subarray(headBytesV2 + addressBytes, headBytesV2 + 2 * addressBytes))
  return whole({ clientAddress, localAddress }, length)
}

function formatAddress(bytes: Buffer): string {
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes)
}
