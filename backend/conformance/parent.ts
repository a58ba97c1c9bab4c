import { BlockList, connect, isIP, type Socket } from 'node:net'

import { LocalServer } from './local-server.ts'
import { fieldValue, RequestReader, type Head } from './request-reader.ts'

export interface ParentOptions {
  /** Tells whether a plain request is passed on; the others get 403. Default: all are. */
  accepts?: (target: URL) => boolean
  /** Default: true. */
  acceptsTunnels?: boolean
  /** Gives the address of a name, or the name. Default: the name. */
  resolve?: (host: string) => string
  /** How long a connection to an origin takes at least. Default 0. */
  connectDelayMs?: number
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/**
 * Parent is the upstream proxy that the tested ones are given. It passes on what it gets byte for byte, but for the form of
 * the request's target and the fields that are for proxies, and counts what reaches it.
 */
export class Parent extends LocalServer {
  /** Plain requests and tunnels that arrived, by host:port; what has no such target is counted under ''. */
  readonly arrivals = new Map<string, number>()
  readonly #options: Required<ParentOptions>

  constructor(options: ParentOptions = {}) {
    super({ allowHalfOpen: true })
    this.#options = {
      accepts: () => true,
      acceptsTunnels: true,
      resolve: (host) => host,
      connectDelayMs: 0,
      ...options,
    }
  }

  protected serve(client: Socket): void {
    let link: Link | null = null
    const reader = new RequestReader({
      onHead: (head) => (link = this.#onHead(client, reader, link, head)),
      onBody: (bytes) => void link?.origin.write(bytes),
      onEnd: () => {},
    })
    client.on('data', (chunk: Buffer) => reader.read(chunk))
    client.on('end', () => {
      if (link) link.origin.end()
      else client.end()
    })
    client.once('close', () => link?.origin.destroy())
  }

  #onHead(client: Socket, reader: RequestReader, link: Link | null, { line, fields, text }: Head): Link | null {
    if (line?.method === 'CONNECT') return this.#tunnel(client, reader, line.target)
    const target = line && URL.parse(line.target)
    this.#count(target?.protocol === 'http:' ? target.host : '')
    if (target?.protocol !== 'http:') return refuse(client, 400)
    if (!this.#options.accepts(target) || !this.#isHere(target.hostname)) return refuse(client, 403)
    const next = this.#reach(client, reader, link, target)
    next.wantsUpgrade = fieldValue(fields, 'upgrade') !== null
    next.origin.write(toOriginForm(text), 'latin1')
    return next
  }

  #reach(client: Socket, reader: RequestReader, link: Link | null, target: URL): Link {
    if (link?.authority === target.host && !link.origin.destroyed && link.origin.writable) return link
    link?.origin.removeAllListeners('close').destroy()
    const origin = this.#dial(target.hostname, Number(target.port || 80))
    const next: Link = { origin, authority: target.host, wantsUpgrade: false }
    origin.on('data', (chunk: Buffer) => {
      if (next.wantsUpgrade && chunk.toString('latin1', 0, 12) === 'HTTP/1.1 101') {
        const rest = reader.becomeRaw()
        if (rest.length > 0) origin.write(rest)
      }
      client.write(chunk)
    })
    endTogether(client, origin)
    return next
  }

  #tunnel(client: Socket, reader: RequestReader, target: string): Link | null {
    this.#count(target)
    const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(target) ?? []
    if (!this.#options.acceptsTunnels || !this.#isHere(host)) return refuse(client, 403)
    const rest = reader.becomeRaw()
    const origin = this.#dial(host, Number(port))
    origin.once('connect', () => {
      const greet = () => client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      if (this.#options.connectDelayMs > 0) setTimeout(greet, this.#options.connectDelayMs)
      else greet()
      if (rest.length > 0) origin.write(rest)
    })
    origin.on('data', (chunk: Buffer) => void client.write(chunk))
    endTogether(client, origin)
    return { origin, authority: target, wantsUpgrade: false }
  }

  #count(authority: string): void {
    this.arrivals.set(authority, (this.arrivals.get(authority) ?? 0) + 1)
  }

  /** Tests name hosts all over the world, but nothing leaves this machine. */
  #isHere(host: string): boolean {
    const address = this.#addressOf(host)
    return address === 'localhost' || loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }

  #addressOf(host: string): string {
    return this.#options.resolve(host.replace(/^\[|\]$/g, ''))
  }

  #dial(host: string, port: number): Socket {
    const socket = connect({ host: this.#addressOf(host), port, allowHalfOpen: true, noDelay: true })
    this.track(socket)
    return socket
  }
}

interface Link {
  origin: Socket
  authority: string
  wantsUpgrade: boolean
}

/** The end of what the origin sends is the end of what the client gets; an origin out of reach is a 502. */
function endTogether(client: Socket, origin: Socket): void {
  let wasReached = false
  origin.once('connect', () => (wasReached = true))
  origin.once('end', () => client.end())
  origin.once('close', () => {
    if (wasReached) client.destroySoon()
    else refuse(client, 502)
  })
}

function refuse(client: Socket, status: number): null {
  client.end(`HTTP/1.1 ${status} Refused by the parent\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  return null
}

const absoluteTarget = /^(\S+ )http:\/\/[^/?\s]*(\/?)/i
const proxyField = /^proxy-(?:connection|authorization):.*\r?\n/gim

function toOriginForm(head: string): string {
  return head.replace(absoluteTarget, '$1/').replace(proxyField, '')
}
