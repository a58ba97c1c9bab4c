import { isIP } from 'node:net'

import { formatHost } from '../lib/ip.ts'
import type { Lifetime } from './lifetime.ts'
import { parseResponseHead } from './response-head.ts'
import { brokenOff, connectTimeout, nonsense, UpstreamError } from './upstream-error.ts'
import { dial, type AvailableUpstream, type UpstreamSocket } from './upstream-socket.ts'

const connectTimeoutMs = 10_000
/** The upstream has to reach the target before it answers. */
const answerTimeoutMs = 30_000

export interface TunnelTarget {
  host: string
  port: number
}

/** OpenedTunnel is a way to the target; `early` are bytes of the target that came with the upstream's answer. */
export interface OpenedTunnel {
  upstream: UpstreamSocket
  early: Buffer | null
}

/** A step of a handshake: what to wait for, or that it is done after so many bytes, or why it can't be. */
type Progress = { kind: 'more' } | { kind: 'send'; bytes: Buffer; taken: number } | { kind: 'done'; taken: number }

/** connectUpstream opens a plain connection to an upstream. Rejects with an UpstreamError. */
export function connectUpstream(to: AvailableUpstream, lifetime: Lifetime): Promise<UpstreamSocket> {
  return dial(to, connectTimeoutMs, lifetime)
}

/** openTunnel asks the upstream for a way to the target. The name is never resolved here. Rejects with an UpstreamError. */
export async function openTunnel(
  to: AvailableUpstream,
  target: TunnelTarget,
  lifetime: Lifetime,
): Promise<OpenedTunnel> {
  const upstream = await connectUpstream(to, lifetime)
  const handshake = to.protocol === 'socks5' ? socksHandshake(target) : connectHandshake(to, target)
  upstream.socket.write(handshake.first)
  const early = await converse(upstream, handshake.next, lifetime)
  return { upstream, early }
}

interface Handshake {
  first: string | Buffer
  next: (bytes: Buffer) => Progress
}

function converse(upstream: UpstreamSocket, next: Handshake['next'], lifetime: Lifetime): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const finish = () => {
      clearTimeout(timer)
      lifetime.delete(onGone)
    }
    const fail = (error: UpstreamError) => {
      finish()
      upstream.destroy()
      reject(error)
    }
    const onGone = () => fail(brokenOff())
    const timer = setTimeout(() => fail(connectTimeout()), answerTimeoutMs)
    lifetime.add(onGone)
    upstream.reader = {
      onData(chunk) {
        bytes = Buffer.concat([bytes, chunk])
        try {
          for (;;) {
            const progress = next(bytes)
            if (progress.kind === 'more') return false
            bytes = bytes.subarray(progress.taken)
            if (progress.kind === 'send') {
              upstream.socket.write(progress.bytes)
              continue
            }
            finish()
            // Nothing more is read before the tunnel takes over.
            upstream.socket.pause()
            resolve(bytes.length > 0 ? bytes : null)
            return false
          }
        } catch (error) {
          fail(error instanceof UpstreamError ? error : brokenOff())
          return false
        }
      },
      onEnd: () => fail(brokenOff()),
      onClose: () => fail(brokenOff()),
      onDrain() {},
    }
  })
}

/** CONNECT host:port HTTP/1.1 (RFC 9110, 9.3.6). */
function connectHandshake(to: AvailableUpstream, { host, port }: TunnelTarget): Handshake {
  const authority = `${formatHost(host)}:${port}`
  const credentials = to.authorization === null ? '' : `Proxy-Authorization: ${to.authorization}\r\n`
  return {
    first: `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`,
    next(bytes) {
      const result = parseResponseHead(bytes, 'CONNECT')
      if (result.kind === 'incomplete') return { kind: 'more' }
      if (result.kind === 'bad') throw nonsense(result.text)
      const { status, bytes: taken } = result.head
      if (status === 101) throw nonsense('It switches to a protocol that nobody asked for.')
      if (status < 200) return { kind: 'send', bytes: Buffer.alloc(0), taken }
      if (status < 300) return { kind: 'done', taken }
      throw refusal(status)
    },
  }
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
    first: Buffer.from([5, 1, 0]),
    next(bytes) {
      if (!isGreeted) {
        if (bytes.length < 2) return { kind: 'more' }
        if (bytes[0] !== 5) throw nonsense('It does not speak SOCKS5.')
        if (bytes[1] !== 0) throw refusal(407)
        isGreeted = true
        return { kind: 'send', bytes: socksRequest(host, port), taken: 2 }
      }
      if (bytes.length < 5) return { kind: 'more' }
      if (bytes[1] !== 0) throw socksRefusal(bytes[1] ?? 1)
      const addressBytes = bytes[3] === 4 ? 16 : bytes[3] === 3 ? 1 + (bytes[4] ?? 0) : 4
      const taken = 4 + addressBytes + 2
      return bytes.length < taken ? { kind: 'more' } : { kind: 'done', taken }
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
