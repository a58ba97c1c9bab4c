import { isIP } from 'node:net'

import { formatHost } from '../lib/ip.ts'
import { nonsense, UpstreamError } from './upstream-error.ts'
import type { AvailableUpstream } from './upstream-socket.ts'

const maxHeadBytes = 64 * 1024

export interface TunnelTarget {
  host: string
  port: number
}

/** What a handshake makes of the bytes so far: more is needed, something is to be sent, or the way is open after `taken`. */
export type Progress =
  | { kind: 'more' }
  | { kind: 'send'; bytes: Buffer | null; taken: number }
  | { kind: 'done'; taken: number }

/** Handshake asks an upstream for a way to a target; `next` throws an UpstreamError where there is none. */
export interface Handshake {
  first: string
  next(bytes: Buffer): Progress
}

const more: Progress = { kind: 'more' }

/** createHandshake speaks what the upstream speaks. The target's name is never resolved here. */
export function createHandshake(to: AvailableUpstream, target: TunnelTarget): Handshake {
  return to.protocol === 'socks5' ? socksHandshake(target) : connectHandshake(to.authorization, target)
}

const statusLine = /^HTTP\/1\.\d (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?\r?\n/

/** CONNECT host:port HTTP/1.1 (RFC 9110, 9.3.6): an answer of 2xx has no body, whatever its fields say. */
function connectHandshake(authorization: string | null, { host, port }: TunnelTarget): Handshake {
  const authority = `${formatHost(host)}:${port}`
  const credentials = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`
  return {
    first: `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`,
    next(bytes) {
      const taken = endOfHead(bytes)
      if ((taken === -1 ? bytes.length : taken) > maxHeadBytes) throw nonsense('Its response head is too large.')
      if (taken === -1) return more
      const [, digits] = statusLine.exec(bytes.toString('latin1', 0, taken)) ?? []
      if (digits === undefined) throw nonsense('It does not answer in HTTP/1.1.')
      const status = Number(digits)
      if (status === 101) throw nonsense('It switches to a protocol that nobody asked for.')
      if (status < 200) return { kind: 'send', bytes: null, taken }
      if (status < 300) return { kind: 'done', taken }
      throw refusal(status)
    },
  }
}

/** endOfHead is the length of a head with its blank line, whether lines end with CR LF or with LF alone; -1 without one. */
export function endOfHead(bytes: Buffer): number {
  const strict = bytes.indexOf('\r\n\r\n', 0, 'latin1')
  const loose = bytes.subarray(0, strict === -1 ? bytes.length : strict).indexOf('\n\n', 0, 'latin1')
  if (loose !== -1) return loose + 2
  return strict === -1 ? -1 : strict + 4
}

function refusal(status: number): UpstreamError {
  if (status === 407 || status === 401) {
    const text = `The upstream proxy wants credentials of its own (it answered ${status}).`
    return new UpstreamError('denied', { status: 502, text })
  }
  const isError = status >= 400 && status <= 599
  const text = `The upstream proxy refused this target (it answered ${status}).`
  return new UpstreamError('denied', { status: isError ? status : 502, text })
}

/** RFC 1928: greeting without authentication, then CONNECT; names go to the upstream as they are. */
function socksHandshake({ host, port }: TunnelTarget): Handshake {
  let isGreeted = false
  return {
    first: '\x05\x01\x00',
    next(bytes) {
      if (!isGreeted) {
        if (bytes.length < 2) return more
        if (bytes[0] !== 5) throw nonsense('It does not speak SOCKS5.')
        if (bytes[1] !== 0) throw refusal(407)
        isGreeted = true
        return { kind: 'send', bytes: socksRequest(host, port), taken: 2 }
      }
      if (bytes.length < 5) return more
      if (bytes[1] !== 0) throw socksRefusal(bytes[1] ?? 1)
      const addressBytes = bytes[3] === 4 ? 16 : bytes[3] === 3 ? 1 + (bytes[4] ?? 0) : 4
      const taken = 4 + addressBytes + 2
      return bytes.length < taken ? more : { kind: 'done', taken }
    },
  }
}

function socksRequest(host: string, port: number): Buffer {
  const portBytes = Buffer.from([port >> 8, port & 255])
  if (isIP(host) === 4) return Buffer.concat([Buffer.from([5, 1, 0, 1, ...host.split('.').map(Number)]), portBytes])
  if (isIP(host) === 6) return Buffer.concat([Buffer.from([5, 1, 0, 4]), ipv6Bytes(host), portBytes])
  const name = Buffer.from(host, 'latin1')
  return Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, portBytes])
}

/** The 16 bytes of an IPv6 address. */
function ipv6Bytes(address: string): Buffer {
  const inBrackets = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = inBrackets.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = Array.from({ length: 8 - front.length - back.length }, () => '0')
  const groups = tail === undefined ? front : [...front, ...middle, ...back]
  const bytes = Buffer.alloc(16)
  groups.forEach((group, index) => bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2))
  return bytes
}

function socksRefusal(code: number): UpstreamError {
  const text = `The upstream proxy could not reach this target (SOCKS code ${code}).`
  return new UpstreamError('denied', { status: code === 2 ? 403 : code === 6 ? 504 : 502, text })
}
