import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

import { createAdaptorServer } from '@hono/node-server'

import { Allowance } from '../lib/allowance.ts'
import { systemClock, type Clock } from '../lib/clock.ts'
import { destroyUnread, release, stopReading } from '../lib/release.ts'
import { messageOf, StartError, systemCodeOf } from '../lib/problem.ts'
import { rememberOrigin, type ConnectionOrigin } from './origins.ts'
import type { Router } from './router.ts'

/** TimeLimits are how long a connection may take, in milliseconds. */
export interface TimeLimits {
  /** For the head of a request. */
  headersTimeout: number
  /** For the whole request; answers may take as long as they like. */
  requestTimeout: number
  /** Between two requests. */
  keepAliveTimeout: number
  /** How often the first two are looked at. */
  connectionsCheckingInterval: number
}

const usualLimits: TimeLimits = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
}

/** How long what is left of a request may take that was answered already. */
const lingerMs = 2_000
/** What is read of all of them together, in bytes a second. */
const wastePerSecond = 2 * 1024 * 1024

/** HttpServer serves the API on one address. */
export interface HttpServer {
  port: number
  stop(): Promise<void>
}

/** listenHttp throws a StartError where the port can't be had. */
export async function listenHttp(api: Router, host: string, port: number): Promise<HttpServer> {
  const server = createServer(api, usualLimits, systemClock)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(explain(error, { host: `HOST=${host}`, port: `PORT=${port}`, variable: 'PORT', free: port + 1 })),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** SiteServer serves connections that other ports accepted. */
export interface SiteServer {
  /** Takes a connection over, of which `bytes` were read. */
  receive(socket: Socket, bytes: Buffer, origin: ConnectionOrigin): void
  /** Ends what it has; what still comes is closed. */
  stop(): void
}

/** createSiteServer has no port of its own. */
export function createSiteServer(
  site: { fetch: Router['fetch'] },
  limits: Partial<TimeLimits> = {},
  clock: Pick<Clock, 'monotonic'> = systemClock,
): SiteServer {
  const server = createServer(site, { ...usualLimits, ...limits }, clock)
  // Node knows the connections of a server, and watches their time, from this event on; there is no other way to say so to one
  // that never listens (setupConnectionsTracking in lib/_http_server.js).
  server.emit('listening')
  let isStopped = false
  return {
    receive(socket, bytes, origin) {
      if (isStopped) return void socket.destroy()
      rememberOrigin(socket, origin)
      socket.pause()
      socket.unshift(bytes)
      server.emit('connection', socket)
      socket.resume()
      // Node has read them by then, and copied what it keeps.
      setImmediate(() => {
        if (socket.readableLength === 0) release(bytes)
      })
    },
    stop() {
      isStopped = true
      // Without a port to close, this ends the watching.
      server.close()
      server.closeAllConnections()
    },
  }
}

function createServer(
  { fetch }: { fetch: Router['fetch'] },
  limits: TimeLimits,
  clock: Pick<Clock, 'monotonic'>,
): Server {
  const server = createAdaptorServer({ fetch, serverOptions: limits }) as Server
  const waste = new Allowance(clock, wastePerSecond)
  server.on('request', (incoming, outgoing) =>
    outgoing.once('finish', () => {
      if (!incoming.complete) leaveUnread(incoming, waste)
    }),
  )
  return server
}

/**
 * Ends a request that was answered before it had come, so that its client gets the answer. Node alone would read all of it: what
 * comes after an answer is thrown away below the request, so its bytes are counted at the socket.
 */
function leaveUnread(incoming: IncomingMessage, waste: Allowance): void {
  const { socket } = incoming
  const timer = setTimeout(() => socket.end(() => destroyUnread(socket)), lingerMs).unref()
  let isStopped = false
  const onData = (chunk: Buffer) => {
    if (!isStopped && !waste.take(chunk.length)) {
      isStopped = true
      stopReading(socket)
    }
    release(chunk)
  }
  // Whoever began to read it may have stopped midway.
  incoming.on('data', release).resume()
  const onOver = () => {
    clearTimeout(timer)
    socket.off('data', onData)
    // Its next request would not be read.
    if (isStopped) socket.destroySoon()
  }
  socket.on('data', onData)
  incoming.once('end', onOver).once('close', onOver)
}

/** explainPort says what to do about a port that can't be had; `name` is the start of its variables' names. */
export function explainPort(name: 'GATEWAY' | 'TLS', host: string, port: number, error: unknown): StartError {
  const variable = `${name}_PORT`
  return explain(error, { host: `GATEWAY_HOST=${host}`, port: `${variable}=${port}`, free: port + 1, variable })
}

interface Place {
  host: string
  port: string
  variable: string
  free: number
}

function explain(error: unknown, { host, port, variable, free }: Place): StartError {
  const code = systemCodeOf(error)
  if (code === 'EADDRINUSE') {
    return new StartError(`${port} is in use by another program. Set ${variable} to a free one, for example ${free}.`)
  }
  if (code === 'EACCES')
    return new StartError(`${port} needs more rights than this user has. Set ${variable} above 1023.`)
  if (code === 'EADDRNOTAVAIL') return new StartError(`${host} is no address of this machine.`)
  return new StartError(`Stillpoint can't listen on ${port} (${host}): ${messageOf(error)}`)
}
