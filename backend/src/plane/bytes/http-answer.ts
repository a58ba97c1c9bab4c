import { STATUS_CODES } from 'node:http'

export interface Answer {
  status: number
  text: string
  retryAfterSeconds?: number | null
  /** The realm of a 407. */
  realm?: string
  keepsConnection?: boolean
}

/** formatAnswer writes an answer of our own: plain text, for a person or a log. */
export function formatAnswer({
  status,
  text,
  retryAfterSeconds = null,
  realm,
  keepsConnection = false,
}: Answer): string {
  const body = `${text}\n`
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
  ]
  if (realm !== undefined) lines.push(`Proxy-Authenticate: Basic realm="${realm}", charset="UTF-8"`)
  if (retryAfterSeconds !== null) lines.push(`Retry-After: ${retryAfterSeconds}`)
  if (!keepsConnection) lines.push('Connection: close')
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
