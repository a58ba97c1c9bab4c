import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'

import type { Connection } from '../../src/contract/index.ts'

export interface ProxyReply {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface GetOptions {
  agent?: Agent
  /** `user:password`, or null for none; by default what the connection says. */
  credentials?: string | null
  localAddress?: string
}

/** getThrough makes a plain request through an endpoint. */
export function getThrough(endpoint: Connection, url: string, options: GetOptions = {}): Promise<ProxyReply> {
  const { agent = new Agent({ keepAlive: false }), credentials, localAddress } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: endpoint.host,
        port: endpoint.port,
        path: url,
        headers: { host: new URL(url).host, ...authorization(endpoint, credentials) },
        ...(localAddress === undefined ? {} : { localAddress }),
      },
      (response) => void collect(response).then(resolve, reject),
    )
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** openTunnel asks an endpoint for a tunnel and resolves with its socket, whatever the status was. */
export async function openTunnel(
  endpoint: Connection,
  target: string,
  options: GetOptions = {},
): Promise<{ status: number; head: string; socket: Socket }> {
  const socket = connect({ host: endpoint.host, port: endpoint.port })
  const headers = Object.entries(authorization(endpoint, options.credentials)).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${headers.join('')}\r\n`)
  const head = await readUntil(socket, '\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, socket }
}

/** askThrough sends a request in an open tunnel and resolves with the body of the answer. */
export async function askThrough(socket: Socket, path = '/'): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ip.test\r\n\r\n`)
  const head = await readUntil(socket, '\r\n\r\n')
  const [, body = ''] = head.split('\r\n\r\n')
  return body === '' ? (await readUntil(socket, '\n')).trim() : body.trim()
}

function authorization(endpoint: Connection, credentials: string | null | undefined): Record<string, string> {
  if (credentials === null) return {}
  const text = credentials ?? `${endpoint.username}:${endpoint.password}`
  return { 'Proxy-Authorization': `Basic ${Buffer.from(text).toString('base64')}` }
}

async function collect(response: IncomingMessage): Promise<ProxyReply> {
  let body = ''
  response.setEncoding('utf8')
  for await (const chunk of response) body += String(chunk)
  return { status: response.statusCode ?? 0, headers: response.headers, body }
}

function readUntil(socket: Socket, mark: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const stop = () => {
      socket.off('data', onData)
      socket.off('error', onError)
      socket.off('close', onClose)
    }
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (!text.includes(mark)) return
      stop()
      resolve(text)
    }
    const onError = (error: Error) => {
      stop()
      reject(error)
    }
    const onClose = () => onError(new Error(`closed before ${JSON.stringify(mark)}; got ${JSON.stringify(text)}`))
    socket.on('data', onData)
    socket.on('error', onError)
    socket.on('close', onClose)
  })
}
