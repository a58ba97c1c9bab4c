import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { Client } from 'undici'

import { closedFailure, ProbeFailure, toTlsFailure } from './probe-failure.ts'
import type { ProbedUpstream } from './probed-upstream.ts'
import { basicCredentials, openTunnel } from './tunnel.ts'

const maxBodyBytes = 16 * 1024

/** Question is one GET of an http or https URL. */
export interface Question {
  url: string
  headers: Record<string, string>
  /** Whether an HTTP upstream is asked for a tunnel also where it could be asked for the URL itself. */
  byTunnel: boolean
  /** What all of it may take. */
  timeoutMs: number
  /** Ends it before its time. */
  stopping?: AbortSignal
}

/** Answer is its status and the first 16 KB of what it says. */
export interface Answer {
  status: number
  text: string
}

/** Ends a connection that was of use. One for all: the trace of an error costs more than a probe. */
const over = new Error('the question is over')

/**
 * askThrough makes one request through an upstream, over a connection of its own, which is closed when this settles. Rejects
 * with a ProbeFailure or a system error. Names are resolved by the upstream; certificates are checked.
 */
export async function askThrough(upstream: ProbedUpstream, question: Question): Promise<Answer> {
  const { timeoutMs, stopping } = question
  const socket = dial(upstream)
  let fail: (reason: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => (fail = reject))
  const late = () => fail(new ProbeFailure(`no answer within ${timeoutMs / 1000} s`, { isGone: true }))
  const timer = setTimeout(late, timeoutMs)
  const onStopping = () => fail(new Error('stopping'))
  stopping?.addEventListener('abort', onStopping, { once: true })
  try {
    return await Promise.race([ask(socket, upstream, question), failed])
  } finally {
    clearTimeout(timer)
    stopping?.removeEventListener('abort', onStopping)
    socket.destroy(over)
  }
}

async function ask(socket: Socket, upstream: ProbedUpstream, question: Question): Promise<Answer> {
  const { url, headers, byTunnel } = question
  const { protocol, credentials } = upstream
  const target = new URL(url)
  await established(socket, upstream)
  if (byTunnel || protocol === 'socks5' || target.protocol === 'https:') {
    const way = await openWay(socket, upstream, target)
    return await get(way, target.origin, { path: `${target.pathname}${target.search}`, headers })
  }
  const authorization = credentials === null ? {} : { 'proxy-authorization': basicCredentials(credentials) }
  return await get(socket, target.origin, { path: url, headers: { ...headers, ...authorization } })
}

function dial({ protocol, host, port }: ProbedUpstream): Socket {
  const socket =
    protocol === 'https'
      ? connectTls({ host, port, servername: nameOf(host), ALPNProtocols: ['http/1.1'] })
      : connectTcp({ host, port })
  // Whoever waits for it hears of an error; one that comes later is of no interest.
  return socket.setNoDelay(true).on('error', () => {})
}

async function established(socket: Socket, { protocol }: ProbedUpstream): Promise<void> {
  if (protocol === 'https') await secured(socket, 'the upstream')
  else await once(socket, 'connect')
}

async function secured(socket: Socket, whom: string): Promise<void> {
  try {
    await once(socket, 'secureConnect')
  } catch (error) {
    throw error instanceof Error ? toTlsFailure(whom, error) : error
  }
}

/** The way to the target, through a tunnel. */
async function openWay(socket: Socket, upstream: ProbedUpstream, { protocol, hostname, port }: URL): Promise<Socket> {
  const isSecure = protocol === 'https:'
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  await openTunnel(socket, upstream, { host, port: Number(port || (isSecure ? 443 : 80)) })
  if (!isSecure) return socket
  const way = connectTls({ socket, host, servername: nameOf(host), ALPNProtocols: ['http/1.1'] })
  way.on('error', () => {})
  await secured(way, host)
  return way
}

/** An address is no name to ask for in TLS (RFC 6066, section 3). */
function nameOf(host: string): string {
  return isIP(host) === 0 ? host : ''
}

/** One GET over a socket, without the streams that a request of undici's own would make. */
function get(
  socket: Socket,
  origin: string,
  options: { path: string; headers: Record<string, string> },
): Promise<Answer> {
  const client = new Client(origin, {
    // Not at once: the client is just looking what to do. A second time it is asked when the socket was closed under it.
    connect: (_, callback) =>
      queueMicrotask(() => (socket.destroyed ? callback(closedFailure(), null) : callback(null, socket))),
  })
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let status = 0
    const finish = () => resolve({ status, text: Buffer.concat(chunks).toString('utf8') })
    client.dispatch(
      { ...options, method: 'GET' },
      {
        onRequestStart() {},
        onResponseStart(_, statusCode) {
          status = statusCode
        },
        onResponseData(_, chunk) {
          chunks.push(Buffer.from(chunk))
          length += chunk.length
          if (length >= maxBodyBytes) finish()
        },
        onResponseEnd: finish,
        onResponseError: (_, error) => reject(error),
      },
    )
  })
}
