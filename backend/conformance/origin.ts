import type { Socket } from 'node:net'

import { LocalServer } from './local-server.ts'
import { RequestReader, type Head } from './request-reader.ts'

/**
 * Origin is the web site behind the tested proxy. It takes any request that it can find the end of; what it refuses is for
 * an origin to refuse, and right (methods, versions). `/` answers OK or what was sent, `/echo` the fields of the request,
 * `/cookie` its cookies.
 */
export class Origin extends LocalServer {
  get authority(): string {
    return `127.0.0.1:${this.port}`
  }

  protected serve(socket: Socket): void {
    let head: Head | null = null
    let body: Buffer[] = []
    const reader = new RequestReader({
      onHead: (next) => {
        head = next
        body = []
        if (/^expect:\s*100-continue/im.test(next.text)) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      },
      onBody: (bytes) => void body.push(bytes),
      onEnd: () => {
        if (head) answer(socket, head, Buffer.concat(body))
      },
    })
    socket.on('data', (chunk: Buffer) => reader.read(chunk))
  }
}

function answer(socket: Socket, { line, fields }: Head, sent: Buffer): void {
  const [status, body, more] = judge(line?.method ?? '', line?.target ?? '', fields, sent)
  const isHead = line?.method === 'HEAD'
  const isLast = fields.some((field) => /^connection:.*close/i.test(field))
  const lines = [
    `HTTP/1.1 ${status}`,
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    ...more,
    ...(isLast ? ['Connection: close'] : []),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${isHead ? '' : body}`, 'latin1')
  if (isLast) socket.end()
}

type Answer = [status: string, body: string, fields: string[]]

const methods = 'GET, HEAD, POST, PUT, DELETE, OPTIONS'

function judge(method: string, target: string, fields: readonly string[], sent: Buffer): Answer {
  if (method === '') return ['400 Bad Request', '', []]
  if (method === 'OPTIONS') return ['200 OK', '', [`Allow: ${methods}`]]
  if (method === 'TRACE' || method === 'CONNECT') return ['405 Method Not Allowed', '', [`Allow: ${methods}`]]
  if (!methods.split(', ').includes(method)) return ['501 Not Implemented', '', []]
  const path = target.replace(/\?.*/, '')
  if (path === '/echo') return ['200 OK', fields.map((field) => `${field}\n`).join(''), []]
  if (path === '/cookie') return ['200 OK', listCookies(fields), []]
  if (path !== '/') return ['404 Not Found', '', []]
  const isChunked = fields.some((field) => /^transfer-encoding:.*chunked/i.test(field))
  return ['200 OK', method === 'POST' ? (isChunked ? dechunk(sent) : sent.toString('latin1')) : 'OK', []]
}

function listCookies(fields: readonly string[]): string {
  const cookies = fields.filter((field) => /^cookie:/i.test(field)).flatMap((field) => field.slice(7).split(';'))
  return cookies.map((cookie) => `${cookie.trim()}\n`).join('')
}

function dechunk(sent: Buffer): string {
  let text = ''
  for (let at = 0; ;) {
    const end = sent.indexOf(10, at)
    const size = Number.parseInt(sent.toString('latin1', at, Math.max(at, end)), 16)
    if (end === -1 || !(size > 0)) return text
    text += sent.toString('latin1', end + 1, end + 1 + size)
    at = end + 1 + size + 2
  }
}
