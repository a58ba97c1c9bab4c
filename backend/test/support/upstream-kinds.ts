import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'

import { afterEach, expect } from 'vitest'

import type { Lease, UpstreamCredentials, UpstreamProtocol } from '../../src/plane/table.ts'
import { createTestCertificate, type TestCertificate } from './certificates.ts'
import { leaseAt, startPlane, type Plane, type PlaneOptions } from './data-plane.ts'
import { until } from './until.ts'

/** UpstreamKind is one way of speaking to an upstream. */
export interface UpstreamKind {
  readonly name: string
  readonly protocol: UpstreamProtocol
  readonly credentials: UpstreamCredentials | null
  /** Whether an origin is reached through a tunnel, also for a plain request. */
  readonly isSocks: boolean
  /** What it is sent at the end of the head of a plain request. */
  readonly authorization: string
}

const credentials = { username: 'lent', password: 'sécret:1' }
const basic = `Proxy-Authorization: Basic ${Buffer.from('lent:sécret:1').toString('base64')}\r\n`
const established = Buffer.from('HTTP/1.1 200 Fine\r\nX-Proxy: 1\r\n\r\n')
const denied = 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n'

export const upstreamKinds: readonly UpstreamKind[] = [
  { name: 'HTTP', protocol: 'http', credentials: null, isSocks: false, authorization: '' },
  { name: 'HTTP with credentials', protocol: 'http', credentials, isSocks: false, authorization: basic },
  { name: 'HTTPS', protocol: 'https', credentials: null, isSocks: false, authorization: '' },
  { name: 'SOCKS5', protocol: 'socks5', credentials: null, isSocks: true, authorization: '' },
  { name: 'SOCKS5 with credentials', protocol: 'socks5', credentials, isSocks: true, authorization: '' },
]

/** Reached is a connection that has got as far as the origin. */
export interface Reached {
  readonly socket: Socket
  /** The host:port that was asked for; null on a connection for plain requests of an HTTP proxy, which tell by themselves. */
  readonly target: string | null
  /** What the origin was sent. */
  received: string
  /** Breaks it off. */
  reset(): void
}

/** Script is what an origin does with a connection, the how many-th it is. */
export type Script = (reached: Reached, index: number) => void

/** replying answers each request head with this. */
export function replying(text: string | Buffer): Script {
  return ({ socket }) => {
    let head = ''
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      head = ''
      socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
    })
  }
}

/** KindServer is an upstream of one kind, and all that reached the origin behind it. */
export interface KindServer {
  readonly port: number
  readonly lease: Lease
  /** In order; connections that came no further than the upstream itself are not among them. */
  readonly reached: Reached[]
  /** Connections to the upstream itself. */
  readonly sockets: Set<Socket>
  /** How many there were in all. */
  opened: number
  /** Called before it says that the way to the origin is open, which it then says when `go` is called. */
  holdBack: (go: () => void) => void
  stop: () => Promise<void>
}

interface KindServerOptions {
  /** It takes no credentials. */
  denies?: boolean
  certificate?: Pick<TestCertificate, 'cert' | 'key'>
}

let certificate: Promise<TestCertificate> | undefined

/** The certificate of HTTPS upstreams in tests, for `localhost`. */
function upstreamCertificate(): Promise<TestCertificate> {
  certificate ??= createTestCertificate('localhost')
  return certificate
}

/** startKind runs an upstream that speaks what its kind says, and then has the script speak for the origin. */
export async function startKind(
  kind: UpstreamKind,
  script: Script,
  options: KindServerOptions = {},
): Promise<KindServer> {
  const isSecure = kind.protocol === 'https'
  const context = isSecure ? createSecureContext(options.certificate ?? (await upstreamCertificate())) : undefined
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (raw) => {
    started.sockets.add(raw)
    started.opened += 1
    raw.on('error', () => {})
    raw.on('close', () => started.sockets.delete(raw))
    const socket = context ? new TLSSocket(raw, { isServer: true, secureContext: context }) : raw
    socket.on('error', () => {})
    socket.on('end', () => setImmediate(() => socket.writableEnded || socket.end()))
    // What does not get as far as the origin is of no interest.
    void welcome(raw, socket).catch(() => socket.destroy())
  })
  async function welcome(raw: Socket, socket: Socket): Promise<void> {
    const target = await lead(kind, socket, options.denies === true, started)
    const reached: Reached = { socket, target, received: '', reset: () => raw.resetAndDestroy() }
    started.reached.push(reached)
    socket.on('data', (chunk: Buffer) => (reached.received += chunk.toString('latin1')))
    script(reached, started.reached.length - 1)
    socket.resume()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { protocol, credentials: lent } = kind
  const started: KindServer = {
    port,
    lease: leaseAt(isSecure ? 'localhost' : '127.0.0.1', port, { protocol, credentials: lent }),
    reached: [],
    sockets: new Set(),
    opened: 0,
    holdBack: (go) => go(),
    stop: async () => {
      for (const socket of started.sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return started
}

const toStop: (() => Promise<void>)[] = []

/** stopAfterEach ends what `startOver` started. A plane that ends must leave no connection to an upstream behind. */
export function stopAfterEach(): void {
  afterEach(async () => {
    for (const stop of toStop.splice(0)) await stop()
  })
}

/** startOver runs a plane whose endpoint goes out through an upstream of this kind, see `stopAfterEach`. */
export async function startOver(
  kind: UpstreamKind,
  script: Script,
  { route = {}, ...options }: PlaneOptions & KindServerOptions = {},
): Promise<{ plane: Plane; upstream: KindServer }> {
  const upstream = await startKind(kind, script, options)
  const { ca } = await upstreamCertificate()
  const plane = await startPlane(null, {
    upstreamTls: { ca },
    ...options,
    route: { upstream: upstream.lease, ...route },
  })
  toStop.push(async () => {
    await plane.stop()
    await until('the plane to leave its upstream', () => upstream.sockets.size === 0)
    await upstream.stop()
  })
  return { plane, upstream }
}

/** Speaks for the upstream until the origin is reached; resolves with the target. */
async function lead(kind: UpstreamKind, socket: Socket, denies: boolean, server: KindServer): Promise<string | null> {
  if (kind.isSocks) return await leadSocks(kind, socket, denies, server)
  const start = await read(socket, 8)
  if (denies) {
    socket.write(denied)
    throw new Error('its credentials are not the right ones')
  }
  if (start.toString() !== 'CONNECT ') {
    const rest = socket.read() as Buffer | null
    socket.unshift(rest === null ? start : Buffer.concat([start, rest]))
    return null
  }
  let head = ''
  while (!head.endsWith('\r\n\r\n')) head += (await read(socket, 1)).toString('latin1')
  if (!head.includes(kind.authorization)) throw new Error('its credentials are missing')
  await new Promise<void>((go) => server.holdBack(go))
  socket.write(established)
  return head.split(' ')[0] ?? ''
}

async function leadSocks(
  { credentials: wanted }: UpstreamKind,
  socket: Socket,
  denies: boolean,
  server: KindServer,
): Promise<string> {
  const [, count = 0] = await read(socket, 2)
  await read(socket, count)
  socket.write(Buffer.from([5, wanted === null ? (denies ? 255 : 0) : 2]))
  if (wanted !== null) {
    const [, nameLength = 0] = await read(socket, 2)
    const name = (await read(socket, nameLength)).toString()
    const [passwordLength = 0] = await read(socket, 1)
    const password = (await read(socket, passwordLength)).toString()
    const isRight = name === wanted.username && password === wanted.password && !denies
    socket.write(Buffer.from([1, isRight ? 0 : 1]))
  }
  const [, , , type] = await read(socket, 4)
  const length = type === 1 ? 4 : type === 4 ? 16 : ((await read(socket, 1))[0] ?? 0)
  const address = await read(socket, length)
  const port = (await read(socket, 2)).readUInt16BE()
  await new Promise<void>((go) => server.holdBack(go))
  socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
  return `${type === 3 ? address.toString('latin1') : address.join('.')}:${port}`
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null
    if (bytes !== null) return bytes
    await once(socket, 'readable')
  }
}

/** expectBytes waits for so many bytes, which must be these and no others. */
export async function expectBytes(received: () => string, expected: string): Promise<void> {
  try {
    await until(`${expected.length} bytes`, () => received().length >= expected.length, 5_000)
  } catch {
    // What came instead says more.
  }
  expect(received()).toBe(expected)
}
