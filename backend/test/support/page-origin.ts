import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import type { Network } from '../../simulator/network.ts'
import type { TestCertificate } from './certificates.ts'

/** What the page offers to a test, in the browser. */
export interface PageWork {
  /** Asks for the exit every so many ms; each answer, or failure, is noted in `seen`. */
  every(ms: number): void
  /** Resolves with the answer, or rejects. */
  ask(path: string, init?: { method: string; body: string }): Promise<string>
  /** Listens to server-sent events; each is noted in `seen`. */
  listen(path: string): void
  /** Says hello over a WebSocket every so many ms and, when it was closed, over the next one. */
  talk(ms: number): void
  seen: string[]
}

const page = `<!doctype html><title>page</title><script>
const seen = []
const ask = (path, init) => fetch(path, { cache: 'no-store', ...init }).then((reply) => reply.text())
const note = (path) => ask(path).then((text) => seen.push(text), (error) => seen.push('failed: ' + error))
window.work = {
  seen, ask,
  every(ms) { const next = () => note('/exit').then(() => setTimeout(next, ms)); next() },
  listen(path) { new EventSource(path).onmessage = ({ data }) => seen.push(data) },
  talk(ms) {
    const socket = new WebSocket('wss://' + location.host + '/socket')
    socket.onopen = () => socket.send('hello')
    socket.onmessage = ({ data }) => { seen.push(data); setTimeout(() => socket.send('hello'), ms) }
    socket.onclose = () => setTimeout(() => window.work.talk(ms), 50)
  },
}
</script>`

/** PageOrigin is a running site; `asked` are the paths of the requests that it got, in order. */
export interface PageOrigin {
  port: number
  asked: string[]
  stop(): Promise<void>
}

/**
 * startPageOrigin is a site over TLS, HTTP/1.1 or HTTP/2, whose page works as the test says. `/exit` tells which exit was used,
 * `/late/MS` does so after a while, `/drip/PIECES/MS` sends many pieces and then the exit, `/events/MS` sends it again and again.
 */
export async function startPageOrigin(
  network: Network,
  { key, cert }: TestCertificate,
  version: 'h1' | 'h2',
): Promise<PageOrigin> {
  const sockets = new Set<Socket>()
  const asked: string[] = []
  const server: Http2SecureServer = createSecureServer({
    key,
    cert,
    allowHTTP1: version === 'h1',
    ALPNProtocols: version === 'h1' ? ['http/1.1'] : ['h2'],
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('sessionError', () => {})
  server.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
    asked.push(request.url ?? '')
    // Whoever breaks a request off wants no answer.
    void answer(network, request, response).catch(() => response.stream?.destroy())
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => serveWebSocket(network, request, socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(network: Network, request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
  const exit = () => network.exitOf(socketOf(request))
  const [, kind, first = '', second = ''] = (request.url ?? '/').split('/')
  switch (kind) {
    case 'exit':
      return void response.end(exit())
    case 'late':
      await delay(Number(first))
      return void response.end(exit())
    case 'drip':
      for (let piece = 0; piece < Number(first); piece++) {
        response.write('.'.repeat(2_000))
        await delay(Number(second))
      }
      return void response.end(exit())
    case 'events':
      response.setHeader('content-type', 'text/event-stream')
      response.write('retry: 50\n\n')
      for (; !response.destroyed && !response.stream?.destroyed; await delay(Number(first))) {
        response.write(`data: ${exit()}\n\n`)
      }
      return
    case 'upload': {
      let bytes = 0
      for await (const chunk of request as AsyncIterable<Buffer>) bytes += chunk.length
      return void response.end(`${bytes} ${exit()}`)
    }
    default:
      response.setHeader('content-type', 'text/html')
      return void response.end(page)
  }
}

/** Answers each short text with the exit (RFC 6455). */
function serveWebSocket(network: Network, { headers, socket: under }: IncomingMessage, socket: Socket): void {
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket']
  socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'))
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.on('data', () => {
    const text = Buffer.from(network.exitOf(under))
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]))
  })
}

/** The TCP connection under a request. HTTP/2 hides it behind a proxy that knows its addresses. */
function socketOf(request: Http2ServerRequest): Socket {
  return request.stream?.session?.socket ?? request.socket
}
