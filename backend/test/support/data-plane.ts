import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { isPortFree } from '../../src/lib/ports.ts'
import { hashToken } from '../../src/lib/vault.ts'
import type { TrafficCounters } from '../../src/contract/index.ts'
import { PlaneMirror, type Drained } from '../../src/endpoints/plane-mirror.ts'
import { InProcessPlane, type PlaneParts } from '../../src/plane/plane.ts'
import type { Lease, MissingLease, Route } from '../../src/plane/table.ts'
import { CopyingPlane } from './copying-plane.ts'
import { until } from './until.ts'

/** Above what Worlds and the bench take, below what systems give out by themselves (Linux: from 32768). */
const firstFreePort = 30_000
const freePorts = 2_700

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
  route: Route
  mirror: PlaneMirror
  plane: InProcessPlane
  update(change: Partial<Route>): void
  traffic(): TrafficCounters
  /** What became of the work of the last replaced lease, once all of it has ended. */
  drained(): Promise<Drained>
  stop(): Promise<void>
}

export interface PlaneOptions extends Partial<PlaneParts> {
  /** What differs from a usual route. */
  route?: Partial<Route>
}

/** startPlane runs the plane alone, with one endpoint whose upstream is at this port of 127.0.0.1. */
export async function startPlane(upstreamPort: number | null, options: PlaneOptions = {}): Promise<Plane> {
  const { route: change = {}, ...parts } = options
  const inProcess = new InProcessPlane({
    host: '127.0.0.1',
    domain: 'proxy.test',
    trustedProxies: [],
    onVisit: ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsite'),
    clock: systemClock,
    log: silentLog,
    ...parts,
  })
  const mirror = new PlaneMirror(new CopyingPlane(inProcess))
  const port = await freePort()
  const plane: Plane = {
    port,
    mirror,
    plane: inProcess,
    route: { ...usualRoute(1), port, upstream: upstreamAt(upstreamPort), ...change },
    update(next) {
      plane.route = { ...plane.route, ...next }
      mirror.apply([plane.route])
    },
    traffic: () => mirror.traffic(1),
    drained: () => mirror.drain(1, true),
    async stop() {
      await inProcess.stop()
      mirror.stop()
    },
  }
  mirror.apply([plane.route])
  await mirror.settled()
  return plane
}

/** usualRoute is an endpoint with nobody behind it; its token is `token`. */
export function usualRoute(id: number): Omit<Route, 'port'> {
  return {
    id,
    name: `proxy${id}`,
    access: {
      username: `proxy${id}`,
      tokenHash: hashToken('token'),
      networks: [],
      addresses: [],
      asksAlways: false,
    },
    localAddress: null,
    upstream: upstreamAt(null),
    isRotating: false,
    isExpected: false,
    limits: { holdMs: 1_000, drainMs: 10_000, idleDrainMs: 300, tunnelIdleMs: 600_000 },
  }
}

export function upstreamAt(port: number, change?: Partial<Lease>): Lease
export function upstreamAt(port: number | null): Lease | MissingLease
export function upstreamAt(port: number | null, change: Partial<Lease> = {}): Lease | MissingLease {
  if (port === null) return { kind: 'missing', message: 'it has no upstream now.', retryAfterSeconds: 10 }
  return leaseAt('127.0.0.1', port, change)
}

/** leaseAt is a lease at this address, named by it. */
export function leaseAt(host: string, port: number, change: Partial<Lease> = {}): Lease {
  return {
    kind: 'available',
    leaseId: `${host}:${port}`,
    host,
    port,
    protocol: 'http',
    credentials: null,
    endsAt: null,
    ...change,
  }
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

let nextPort = firstFreePort + Math.floor(Math.random() * freePorts)

/**
 * freePort is a port that nobody listens on, for who must know it before it is opened. It lies where the system gives out none by
 * itself: another program that opens port 0 or connects to somewhere can't take it meanwhile. Each call gives another one.
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < freePorts; tried++) {
    const port = firstFreePort + (nextPort++ % freePorts)
    if (await isPortFree('0.0.0.0', port)) return port
  }
  throw new Error(`no port is free from ${firstFreePort} to ${firstFreePort + freePorts - 1}`)
}
