import { isIP, type Socket } from 'node:net'

import { formatHost } from '../lib/ip.ts'
import { Incoming } from './incoming.ts'
import { deniedFailure, ProbeFailure } from './probe-failure.ts'
import type { ProbedUpstream } from './probed-upstream.ts'

/** Target is where a tunnel leads: a name, which the upstream resolves, or an address without brackets. */
export interface Target {
  host: string
  port: number
}

/** openTunnel asks an upstream, to which the socket is connected, for a tunnel. Throws a ProbeFailure where it gives none. */
export async function openTunnel(socket: Socket, upstream: ProbedUpstream, target: Target): Promise<void> {
  const incoming = new Incoming(socket)
  try {
    if (upstream.protocol === 'socks5') await openSocksTunnel(socket, incoming, upstream, target)
    else await openHttpTunnel(socket, incoming, upstream, target)
  } finally {
    incoming.release()
  }
}

/** basicCredentials is what stands in a Proxy-Authorization field (RFC 7617). */
export function basicCredentials({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** CONNECT, RFC 9110 section 9.3.6. */
async function openHttpTunnel(
  socket: Socket,
  incoming: Incoming,
  { credentials }: ProbedUpstream,
  target: Target,
): Promise<void> {
  const place = `${formatHost(target.host)}:${target.port}`
  const authorization = credentials === null ? '' : `Proxy-Authorization: ${basicCredentials(credentials)}\r\n`
  socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${authorization}\r\n`)
  const head = await incoming.takeHead()
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
  if (status >= 200 && status < 300) return
  if (status === 407) throw deniedFailure()
  const answer = Number.isNaN(status) ? 'an answer that is no HTTP' : `status ${status}`
  throw new ProbeFailure(`it answered CONNECT with ${answer}`, { isGone: false })
}

/** SOCKS5, RFC 1928 and, for user name and password, RFC 1929. */
async function openSocksTunnel(
  socket: Socket,
  incoming: Incoming,
  { credentials }: ProbedUpstream,
  target: Target,
): Promise<void> {
  socket.write(Buffer.from(credentials === null ? [5, 1, 0] : [5, 2, 0, 2]))
  const [version, method] = await incoming.take(2)
  if (version !== 5) throw notSocks()
  if (method === 2 && credentials !== null) {
    socket.write(Buffer.concat([Buffer.of(1), prefixed(credentials.username), prefixed(credentials.password)]))
    const [, status] = await incoming.take(2)
    if (status !== 0) throw deniedFailure()
  } else if (method !== 0) throw deniedFailure()

  socket.write(Buffer.concat([Buffer.of(5, 1, 0), addressBytes(target.host), portBytes(target.port)]))
  const [replyVersion, code, , type] = await incoming.take(4)
  if (replyVersion !== 5) throw notSocks()
  if (code !== 0) throw new ProbeFailure(`it could not reach the target (SOCKS5 reply ${code})`, { isGone: false })
  const length = boundLengths[type ?? 3] ?? (await incoming.take(1)).readUInt8()
  await incoming.take(length + 2)
}

/** Of the address in a reply, by its type; a name (3) begins with its length. */
const boundLengths: Record<number, number> = { 1: 4, 4: 16 }

function notSocks(): ProbeFailure {
  return new ProbeFailure('its answer is no SOCKS5', { isGone: false })
}

/** Type and address: the type says whether there are 4 bytes, 16 bytes, or a length and a name. */
function addressBytes(host: string): Buffer {
  const version = isIP(host)
  if (version === 4) return Buffer.of(1, ...host.split('.').map(Number))
  return version === 6 ? Buffer.of(4, ...ipv6Bytes(host)) : Buffer.concat([Buffer.of(3), prefixed(host)])
}

function ipv6Bytes(address: string): number[] {
  // A URL writes an IPv4 tail as two groups.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const before = groups(head)
  const after = groups(tail ?? '')
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return all.flatMap((group) => [group >> 8, group & 255])
}

function portBytes(port: number): Buffer {
  return Buffer.of(port >> 8, port & 255)
}

function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length > 255) throw new ProbeFailure('SOCKS5 has no room for so long a name', { isGone: false })
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}
