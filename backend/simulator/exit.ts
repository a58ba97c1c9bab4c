import { Agent, type IncomingMessage } from 'node:http'
import { createServer, isIPv4, isIPv6, type Server, type Socket } from 'node:net'

import {
  RequestError,
  Server as ProxyChain,
  type PrepareRequestFunctionOpts,
  type PrepareRequestFunctionResult,
} from 'proxy-chain'

import { listen, type Network } from './network.ts'
import { serveSocks5, type Credentials } from './socks5.ts'

/** ExitFault is what an exit does to new work: takes the connection and says nothing, or cuts it. */
export type ExitFault = 'silent' | 'cut'

export interface ExitOptions {
  /** What clients must show, as Basic over HTTP (else 407) and by RFC 1929 over SOCKS5; by default nothing. */
  credentials?: Credentials | null
  /** A certificate and its key, both PEM: then the HTTP side is spoken to over TLS. */
  tls?: { cert: string; key: string } | null
}

const outsideText = 'The simulated exits reach only this machine and names under .test.\n'
const wantsCredentials = 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n'

/** Each request dials the origin anew, so that none meets a kept connection that the origin is just closing. */
const httpAgent = new Agent({ keepAlive: false })

/**
 * Exit is one upstream proxy: HTTP (proxy-chain) and SOCKS5 on an address of its own, from which it also dials, so that an
 * origin sees which exit was used.
 */
export class Exit {
  readonly address: string
  fault: ExitFault | null = null
  httpPort = 0
  socks5Port = 0
  /** Where the listeners are: the address itself, or 127.0.0.1 on systems that can't bind others. */
  bound: string
  readonly #network: Network
  readonly #isAlive: () => boolean
  readonly #credentials: Credentials | null
  readonly #sockets = new Set<Socket>()
  readonly #http: Server
  readonly #socks5: Server

  constructor(address: string, network: Network, isAlive: () => boolean, options: ExitOptions = {}) {
    const { credentials = null, tls = null } = options
    this.address = address
    this.bound = address
    this.#network = network
    this.#isAlive = isAlive
    this.#credentials = credentials
    this.#http = this.#createHttp(tls)
    this.#socks5 = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#track(socket)
      serveSocks5(socket, (host, port) => this.dial(host, port), credentials)
    })
  }

  async start(): Promise<void> {
    try {
      this.httpPort = await listen(this.#http, this.bound)
    } catch {
      this.bound = '127.0.0.1'
      this.httpPort = await listen(this.#http, this.bound)
    }
    this.socks5Port = await listen(this.#socks5, this.bound)
  }

  get http(): string {
    return `${this.bound}:${this.httpPort}`
  }

  get socks5(): string {
    return `${this.bound}:${this.socks5Port}`
  }

  /** Connections that are open now, of clients and of what was dialled for them. */
  get openConnections(): number {
    return this.#sockets.size
  }

  /** Refuses new connections and cuts the open ones: the exit is gone. */
  kill(): void {
    this.#http.close()
    this.#socks5.close()
    this.cutOpen()
  }

  /** Cuts the open connections; new ones are welcome. */
  cutOpen(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  dial(host: string, port: number): Socket | null {
    const socket = this.#network.dial(host, port, this)
    if (socket) this.#sockets.add(socket)
    socket?.once('close', () => this.#sockets.delete(socket))
    return socket
  }

  #createHttp(tls: ExitOptions['tls']): Server {
    const prepareRequestFunction = (asked: PrepareRequestFunctionOpts) => this.#prepare(asked)
    const { server } = tls
      ? new ProxyChain({ prepareRequestFunction, serverType: 'https', httpsOptions: tls })
      : new ProxyChain({ prepareRequestFunction })
    server.keepAliveTimeout = 60_000
    server.on('connection', (socket: Socket) => this.#track(socket))
    // proxy-chain takes Upgrade away from a request.
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#upgrade(request, socket, head),
    )
    return server
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (!this.#isAlive() || this.fault === 'cut') socket.destroy()
  }

  /** Tells proxy-chain what to do with a request, which it then sends to what stands in `request.url`. */
  #prepare(asked: PrepareRequestFunctionOpts): PrepareRequestFunctionResult | Promise<never> {
    const { request, hostname, port, username, password, isHttp } = asked
    if (this.#isOutOfOrder(request.socket)) return new Promise(() => {})
    if (!this.#admits(`${username}:${password}`)) return { requestAuthentication: true }
    const target = this.#network.resolve(hostname.replace(/^\[|\]$/g, ''), port)
    if (!target) throw new RequestError(outsideText, 403)
    const authority = `${isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`
    request.url = isHttp ? Object.assign(new URL(request.url ?? ''), { host: authority }).href : authority
    // Only our own SOCKS5 side can tell the origin which exit it is where all exits share an address.
    if (this.bound !== this.address) return { upstreamProxyUrl: this.#ownSocks5() }
    return { httpAgent, ...(isIPv4(target.host) ? { localAddress: this.bound } : {}) }
  }

  /** True when new work is not to be done; what there is of a connection is cut unless the exit is silent. */
  #isOutOfOrder(client: Socket): boolean {
    if (this.fault === null && this.#isAlive()) return false
    if (this.fault !== 'silent') client.destroy()
    return true
  }

  #admits(credentials: string): boolean {
    return this.#credentials === null || credentials === `${this.#credentials.username}:${this.#credentials.password}`
  }

  #ownSocks5(): string {
    const { username = '', password = '' } = this.#credentials ?? {}
    return `socks5://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${this.socks5}`
  }

  #upgrade(request: IncomingMessage, client: Socket, head: Buffer): void {
    if (this.#isOutOfOrder(client)) return
    const [, encoded = ''] = (request.headers['proxy-authorization'] ?? '').split(' ')
    if (!this.#admits(Buffer.from(encoded, 'base64').toString())) return void client.end(wantsCredentials)
    const url = URL.parse(request.url ?? '')
    const origin = url?.protocol === 'http:' ? this.dial(url.hostname, Number(url.port || 80)) : null
    if (!url || !origin) return void client.destroy()
    origin.once('connect', () => {
      const lines = [`${request.method} ${url.pathname}${url.search} HTTP/1.1`]
      for (let index = 0; index < request.rawHeaders.length; index += 2) {
        lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`)
      }
      origin.write(`${lines.join('\r\n')}\r\n\r\n`)
      origin.write(head)
      client.pipe(origin)
      origin.pipe(client)
    })
    origin.on('error', () => client.destroy())
    origin.once('close', () => client.destroySoon())
    client.once('close', () => origin.destroy())
  }
}
