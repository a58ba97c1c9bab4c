import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'

import { listen, type Network } from './network.ts'
import { serveSocks5 } from './socks5.ts'

/** ExitFault is what an exit does to new work: takes the connection and says nothing, or cuts it. */
export type ExitFault = 'silent' | 'cut'

const outsideText = 'The simulated exits reach only this machine and names under .test.\n'

/**
 * Exit is one upstream proxy: HTTP and SOCKS5 on an address of its own, from which it also dials, so that an origin sees
 * which exit was used.
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
  readonly #sockets = new Set<Socket>()
  readonly #http: Server
  readonly #socks5: Server

  constructor(address: string, network: Network, isAlive: () => boolean) {
    this.address = address
    this.bound = address
    this.#network = network
    this.#isAlive = isAlive
    const http = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => this.#forward(request, response))
    http.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => this.#tunnel(request, socket, head))
    http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => this.#upgrade(request, socket, head))
    http.on('connection', (socket: Socket) => this.#track(socket))
    this.#http = http
    this.#socks5 = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#track(socket)
      serveSocks5(socket, (host, port) => this.dial(host, port))
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

  /** Connections that clients hold open now. */
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

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (!this.#isAlive() || this.fault === 'cut') socket.destroy()
  }

  #tunnel(request: IncomingMessage, client: Socket, head: Buffer): void {
    if (this.fault === 'silent') return
    if (this.fault === 'cut' || !this.#isAlive()) return void client.destroy()
    const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(request.url ?? '') ?? []
    const origin = this.dial(host, Number(port))
    if (!origin)
      return void client.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${outsideText.length}\r\n\r\n${outsideText}`)
    join(client, origin, head, () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'))
  }

  #upgrade(request: IncomingMessage, client: Socket, head: Buffer): void {
    const url = URL.parse(request.url ?? '')
    const origin = url?.protocol === 'http:' ? this.dial(url.hostname, Number(url.port || 80)) : null
    if (!url || !origin) return void client.destroy()
    join(client, origin, head, () => {
      const lines = [`${request.method} ${url.pathname}${url.search} HTTP/1.1`]
      for (let index = 0; index < request.rawHeaders.length; index += 2) {
        lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`)
      }
      origin.write(`${lines.join('\r\n')}\r\n\r\n`)
    })
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    if (this.fault === 'silent') return
    if (this.fault === 'cut' || !this.#isAlive()) return void request.socket.destroy()
    const url = URL.parse(request.url ?? '')
    if (url?.protocol !== 'http:') return void response.writeHead(400).end('absolute-form only\n')
    const socket = this.dial(url.hostname, Number(url.port || 80))
    if (!socket) return void response.writeHead(403).end(outsideText)
    const outgoing = httpRequest({
      createConnection: () => socket,
      method: request.method,
      path: url.pathname + url.search,
      headers: request.headers,
      setHost: false,
    })
    outgoing.on('response', (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, incoming.headers)
      incoming.on('error', () => response.destroy())
      incoming.pipe(response)
    })
    outgoing.on('error', () => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end('the exit could not reach the target\n')
    })
    response.once('close', () => outgoing.destroy())
    request.pipe(outgoing)
  }
}

/** Relays between the two once the origin is reached, beginning with `greet` and what the client sent already. */
function join(client: Socket, origin: Socket, head: Buffer, greet: () => void): void {
  origin.once('connect', () => {
    greet()
    if (head.length > 0) origin.write(head)
    client.pipe(origin)
    origin.pipe(client)
  })
  origin.on('error', () => {
    if (origin.connecting || client.bytesWritten === 0)
      client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n')
    else client.destroy()
  })
  origin.once('close', () => client.destroySoon())
  client.once('close', () => origin.destroy())
}
