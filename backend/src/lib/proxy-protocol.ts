import { isIP } from 'node:net'

import { normalizeAddress } from './ip.ts'

/** What a PROXY protocol header tells of a connection: where it really came from, and what it was made to. */
export interface Forwarded {
  clientAddress: string
  localAddress: string
}

/**
 * What the first bytes of a connection are: no header (`none`), perhaps the start of one (`incomplete`), a header of so many bytes
 * (`forwarded` null where it names no addresses, as health checks do), or one that breaks the rules.
 */
export type ProxyHeader =
  | { kind: 'none' }
  | { kind: 'incomplete' }
  | { kind: 'header'; bytes: number; forwarded: Forwarded | null }
  | { kind: 'bad' }

const signatureV1 = Buffer.from('PROXY ')
const signatureV2 = Buffer.from([13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10])
const maxLineBytes = 107
const headBytesV2 = 16
const maxBytesV2 = 4_096
const lineV1 = /^PROXY (?:UNKNOWN(?: [\x21-\x7e ]*)?|TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5}))\r\n$/

const none: ProxyHeader = { kind: 'none' }
const incomplete: ProxyHeader = { kind: 'incomplete' }
const bad: ProxyHeader = { kind: 'bad' }

/** parseProxyHeader reads a header of version 1 or 2 (haproxy's proxy-protocol.txt, sections 2.1 and 2.2) from the start. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAlike(bytes, signatureV1)) return bytes.length < signatureV1.length ? incomplete : parseV1(bytes)
  if (startsAlike(bytes, signatureV2)) return bytes.length < signatureV2.length ? incomplete : parseV2(bytes)
  return none
}

/** Whether the bytes so far could be the beginning of the signature. */
function startsAlike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return bytes.compare(signature, 0, length, 0, length) === 0
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, maxLineBytes).indexOf('\n')
  if (end === -1) return bytes.length >= maxLineBytes ? bad : incomplete
  const match = lineV1.exec(bytes.toString('latin1', 0, end + 1))
  if (!match) return bad
  const [, family, source = '', destination = '', sourcePort, destinationPort] = match
  if (family === undefined) return { kind: 'header', bytes: end + 1, forwarded: null }
  const isSound = isIP(source) === Number(family) && isIP(destination) === Number(family)
  if (!isSound || Number(sourcePort) > 65535 || Number(destinationPort) > 65535) return bad
  return { kind: 'header', bytes: end + 1, forwarded: forwarded(source, destination) }
}

function parseV2(bytes: Buffer): ProxyHeader {
  if (bytes.length < headBytesV2) return incomplete
  const command = bytes[12]
  const family = bytes[13]
  const length = headBytesV2 + bytes.readUInt16BE(14)
  if ((command !== 0x20 && command !== 0x21) || length > maxBytesV2) return bad
  if (bytes.length < length) return incomplete
  // LOCAL: the proxy speaks for itself.
  if (command === 0x20) return { kind: 'header', bytes: length, forwarded: null }
  const addressBytes = family === 0x11 ? 4 : family === 0x21 ? 16 : 0
  if (addressBytes === 0) return { kind: 'header', bytes: length, forwarded: null }
  if (length < headBytesV2 + 2 * addressBytes + 4) return bad
  const source = formatAddress(bytes.subarray(headBytesV2, headBytesV2 + addressBytes))
  const destination = formatAddress(bytes.subarray(headBytesV2 + addressBytes, headBytesV2 + 2 * addressBytes))
  return { kind: 'header', bytes: length, forwarded: forwarded(source, destination) }
}

function forwarded(source: string, destination: string): Forwarded {
  return { clientAddress: normalizeAddress(source), localAddress: normalizeAddress(destination) }
}

function formatAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
