import { setTimeout as delay } from 'node:timers/promises'

import { RequestError, Server, type PrepareRequestFunctionOpts } from 'proxy-chain'

import type { TrafficCounters } from '../contract/index.ts'
import { formatHost, normalizeAddress } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import { createAccessCheck, type AccessCheck } from './access.ts'
import type { FailureDelay } from './failure-delay.ts'
import type { Route } from './route.ts'

const headersTimeoutMs = 10_000
const keepAliveTimeoutMs = 65_000
const tcpKeepAliveMs = 60_000
const handshakeTimeoutMs = 30_000

interface ListenerParts {
  host: string
  failureDelay: FailureDelay
  log: Log
}

/**
 * Listener is the proxy server of one key, on the key's own port. Its route is read anew for each request and tunnel, so
 * `update` moves the next one to another upstream while open tunnels stay where they are. It never connects directly: a
 * route without an upstream is answered with 503.
 */
export class Listener {
  readonly #parts: ListenerParts
  #route: Route
  #checkAccess: AccessCheck
  #server: Server | null = null
  #stopping = new AbortController()
  #requests = 0
  #closedBytesIn = 0
  #closedBytesOut = 0

  constructor(route: Route, parts: ListenerParts) {
    this.#route = route
    this.#checkAccess = createAccessCheck(route.access)
    this.#parts = parts
  }

  get route(): Route {
    return this.#route
  }

  get isListening(): boolean {
    return this.#server !== null
  }

  /** Throws the system error of `listen` (`EADDRINUSE`, `EACCES`). */
  async start(): Promise<void> {
    this.#stopping = new AbortController()
    const server = new Server({
      host: this.#parts.host,
      port: this.#route.port,
      authRealm: this.#route.name,
      prepareRequestFunction: (request) => this.#admit(request),
    })
    // Node cuts any request at 300 s unless this is 0; long uploads and slow clients are none of our business.
    server.server.requestTimeout = 0
    server.server.headersTimeout = headersTimeoutMs
    server.server.keepAliveTimeout = keepAliveTimeoutMs
    server.server.on('connection', (socket) => socket.setKeepAlive(true, tcpKeepAliveMs))
    server.on('tunnelConnectResponded', ({ proxyChainId }: { proxyChainId: number }) => {
      server.connections.get(proxyChainId)?.setTimeout(0)
    })
    server.on('connectionClosed', ({ stats }) => {
      this.#closedBytesIn += stats?.srcRxBytes ?? 0
      this.#closedBytesOut += stats?.srcTxBytes ?? 0
    })
    server.on('requestFailed', ({ error }) => {
      this.#parts.log.error({ endpoint: this.#route.name, reason: error.message }, 'a proxied request failed')
    })
    await server.listen()
    this.#server = server
  }

  update(route: Route): void {
    if (route.access !== this.#route.access) this.#checkAccess = createAccessCheck(route.access)
    this.#route = route
  }

  /** Closes the port and every connection through it. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    this.#stopping.abort()
    await server?.close(true)
  }

  traffic(): TrafficCounters {
    const counters = {
      connections: 0,
      requests: this.#requests,
      bytes_in: this.#closedBytesIn,
      bytes_out: this.#closedBytesOut,
    }
    for (const id of this.#server?.getConnectionIds() ?? []) {
      const stats = this.#server?.getConnectionStats(id)
      counters.connections += 1
      counters.bytes_in += stats?.srcRxBytes ?? 0
      counters.bytes_out += stats?.srcTxBytes ?? 0
    }
    return counters
  }

  async #admit({ request, username, password }: PrepareRequestFunctionOpts): Promise<{ upstreamProxyUrl: string }> {
    const { name } = this.#route
    const address = normalizeAddress(request.socket.remoteAddress ?? '')
    const hasCredentials = request.headers['proxy-authorization'] !== undefined
    const verdict = this.#checkAccess(address, hasCredentials ? { username, password } : null)
    switch (verdict) {
      case 'allowed':
        this.#requests += 1
        // Until the upstream has answered nobody reads from the client, so its end would go unnoticed.
        if (request.method === 'CONNECT') request.socket.setTimeout(handshakeTimeoutMs)
        return { upstreamProxyUrl: this.#upstreamUrl() }
      case 'missing_credentials':
        throw new RequestError(`${name} needs its user name (${name}) and access token.\n`, 407)
      case 'wrong_credentials':
        await this.#punish(address)
        throw new RequestError(`Wrong user name or access token for ${name}.\n`, 407)
      default:
        return verdict satisfies never
    }
  }

  #upstreamUrl(): string {
    const { name, upstream } = this.#route
    if (upstream.kind === 'available') return `http://${formatHost(upstream.host)}:${upstream.port}`
    if (upstream.retryAfterSeconds === null) throw new RequestError(`${name}: ${upstream.message}\n`, 503)
    const retryAfter = String(upstream.retryAfterSeconds)
    throw new RequestError(`${name}: ${upstream.message} Try again in ${retryAfter} s.\n`, 503, {
      'Retry-After': retryAfter,
    })
  }

  async #punish(address: string): Promise<void> {
    const waitMs = this.#parts.failureDelay.count(address)
    if (waitMs === 0) return
    this.#parts.log.warn({ endpoint: this.#route.name, address }, 'many wrong access tokens from this address')
    // Stopping ends the wait early; there is nothing else to do about it.
    await delay(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}
