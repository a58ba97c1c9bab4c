import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { systemClock, type Clock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { hashToken } from '../../src/lib/vault.ts'
import { readOccupancy } from '../../src/proxy/plane.ts'
import { Listeners } from '../../src/proxy/listeners.ts'
import type { Route } from '../../src/proxy/route.ts'
import { until } from './until.ts'

/** What clients of the test endpoint send to be let in. */
export const authorization = `Proxy-Authorization: Basic ${Buffer.from('proxy1:token').toString('base64')}\r\n`

/** RawServer accepts connections and does with each what the test says; it keeps what it was sent. */
export interface RawServer {
  port: number
  connections: Socket[]
  received: string
  stop(): Promise<void>
}

export async function startRaw(onConnection: (socket: Socket, server: RawServer) => void): Promise<RawServer> {
  const listening = createServer({ allowHalfOpen: true }, (socket) => {
    raw.connections.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => (raw.received += chunk.toString('latin1')))
    // What a peer does whose other side is gone, unless the test has it do something else.
    socket.on('end', () => setImmediate(() => socket.writableEnded || socket.end()))
    onConnection(socket, raw)
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const raw: RawServer = {
    port: (listening.address() as AddressInfo).port,
    connections: [],
    received: '',
    async stop() {
      for (const socket of raw.connections) socket.destroy()
      await new Promise((resolve) => listening.close(resolve))
    },
  }
  return raw
}

/** answering makes an upstream that sends `reply` as soon as a request head has come. */
export function answering(reply: string | Buffer) {
  return startRaw((socket) => {
    let head = ''
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      head = ''
      socket.write(reply)
    })
  })
}

export interface Plane {
  port: number
  listeners: Listeners
  route: Route
  update(change: Partial<Route>): void
  stop(): Promise<void>
}

/** startPlane runs the data plane alone, with one endpoint whose upstream is at this port of 127.0.0.1. */
export async function startPlane(
  upstreamPort: number | null,
  change: Partial<Route> = {},
  clock: Clock = systemClock,
  trustedProxies: readonly string[] = [],
): Promise<Plane> {
  const listeners = new Listeners({
    occupancy: readOccupancy({ clock, log: silentLog }),
    host: '127.0.0.1',
    trustedProxies,
    onVisit: (_, { socket }) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsite'),
    clock,
    log: silentLog,
  })
  const port = await freePort()
  const plane: Plane = {
    port,
    listeners,
    route: {
      name: 'proxy1',
      port,
      access: { username: 'proxy1', tokenHash: hashToken('token'), allowedNetworks: [] },
      localAddress: null,
      upstream: upstreamAt(upstreamPort),
      isRotating: false,
      isExpected: false,
      limits: { holdMs: 1_000, drainMs: 10_000, idleDrainMs: 300, tunnelIdleMs: 600_000 },
      ...change,
    },
    update(next) {
      plane.route = { ...plane.route, ...next }
      listeners.reconcile([plane.route])
    },
    stop: () => listeners.stop(),
  }
  listeners.reconcile([plane.route])
  await listeners.settled()
  return plane
}

export function upstreamAt(port: number | null): Route['upstream'] {
  if (port === null) return { kind: 'missing', message: 'it has no upstream now.', retryAfterSeconds: 10 }
  return { kind: 'available', host: '127.0.0.1', port, protocol: 'http', authorization: null }
}

/** RawClient is a socket that gathers what it gets. */
export class RawClient {
  static readonly #all = new Set<Socket>()
  readonly socket: Socket
  received = ''
  isClosed = false
  hasEnded = false

  constructor(port: number, from: { localAddress?: string; host?: string } = {}) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...from })
    this.socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')))
    this.socket.on('error', () => {})
    this.socket.on('end', () => (this.hasEnded = true))
    this.socket.on('close', () => (this.isClosed = true))
    RawClient.#all.add(this.socket)
  }

  /** Ends every client that there was so far. */
  static destroyAll(): void {
    for (const socket of RawClient.#all) socket.destroy()
    RawClient.#all.clear()
  }

  send(text: string | Buffer): this {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
    return this
  }

  async until(mark: string): Promise<string> {
    return await until(`${JSON.stringify(mark)} in ${JSON.stringify(this.received.slice(0, 300))}`, () =>
      this.received.includes(mark) ? this.received : null,
    )
  }

  /** The status of the first answer. */
  async status(): Promise<number> {
    await this.until('\r\n')
    return Number(this.received.split(' ')[1])
  }

  async untilEnd(): Promise<string> {
    await until('the end of the connection', () => this.hasEnded || this.isClosed)
    return this.received
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
