import { parseFields, splitHop, type Hop } from './fields.ts'

/** The bound on a request head, in bytes. */
export const maxHeadBytes = 32 * 1024

/** Target is what a request wants: a tunnel to host:port, or a plain http URL. */
export type Target =
  | { kind: 'tunnel'; host: string; port: number }
  | { kind: 'plain'; authority: string; url: string }
  /** A path: the request is for a web site at this address, not for a proxy. */
  | { kind: 'site' }

export interface RequestHead {
  method: string
  target: Target
  /** The minor version of HTTP/1.x. */
  minor: 0 | 1
  hop: Hop
  /** Length of the head in bytes, its blank line included. */
  bytes: number
  /** The head as it came. */
  raw: Buffer
}

/** HeadResult is what the bytes so far are. `bad` carries the answer that ends the connection. */
export type HeadResult = { kind: 'head'; head: RequestHead } | { kind: 'incomplete' } | BadHead

export interface BadHead {
  kind: 'bad'
  status: number
  text: string
}

const incomplete: HeadResult = { kind: 'incomplete' }
const requestLine = /^([!#$%&'*+\-.^_`|~\w]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)\r\n/
const bareLineEnd = /(?:^|[^\r])\n|\r[^\n]|\0/
const authorityForm = /^(\[[0-9A-Fa-f:.]+\]|[^\s:@/?#[\]\\]+):(\d{1,5})$/
const absoluteForm = /^http:\/\/([^/?#]*)([/?][^#]*)?$/i

/** parseRequestHead reads one request head (RFC 9112) from the start of the bytes, strictly. */
export function parseRequestHead(bytes: Buffer): HeadResult {
  const start = skipBlankLines(bytes)
  const end = bytes.indexOf('\r\n\r\n', start, 'latin1')
  if (end === -1) return judgeIncomplete(bytes, start)
  if (end - start > maxHeadBytes) return tooLarge()
  const text = bytes.toString('latin1', start, end + 2)
  const line = requestLine.exec(text)
  if (!line) return bad(400, 'The request line is malformed.')
  const [matched, method = '', rawTarget = '', major, minor] = line
  if (major !== '1' || (minor !== '1' && minor !== '0')) return bad(505, 'This proxy speaks HTTP/1.1.')
  const fields = parseFields(text, matched.length)
  if (!fields) return bad(400, 'A header line is malformed.')
  const hop = splitHop(fields)
  if (!hop) return bad(400, 'Host, Content-Length or Transfer-Encoding are ambiguous.')
  const target = method === 'CONNECT' ? parseAuthority(rawTarget) : parseAbsolute(rawTarget)
  if (typeof target === 'string') return bad(400, target)
  if (method === 'CONNECT' && hop.framing.kind !== 'none' && !isEmpty(hop))
    return bad(400, 'CONNECT must have no body.')
  return {
    kind: 'head',
    head: { method, target, minor: minor === '1' ? 1 : 0, hop, bytes: end + 4, raw: bytes.subarray(start, end + 4) },
  }
}

/** RFC 9112, 2.2: empty lines before a request are passed over. */
function skipBlankLines(bytes: Buffer): number {
  let start = 0
  while (bytes[start] === 13 && bytes[start + 1] === 10) start += 2
  return start
}

/** A head that can only become bad is refused at once instead of after the time-out. */
function judgeIncomplete(bytes: Buffer, start: number): HeadResult {
  if (bytes.length - start > maxHeadBytes) return tooLarge()
  const text = bytes.toString('latin1', start, bytes.length)
  return bareLineEnd.test(text) ? bad(400, 'A line does not end with CR and LF.') : incomplete
}

function parseAuthority(text: string): Target | string {
  const [, host = '', digits = ''] = authorityForm.exec(text) ?? []
  const port = Number(digits)
  if (host === '' || port < 1 || port > 65535)
    return 'CONNECT needs a target of the form host:port, with a port from 1 to 65535.'
  return { kind: 'tunnel', host: host.replace(/^\[|\]$/g, ''), port }
}

function parseAbsolute(text: string): Target | string {
  if (text.startsWith('/')) return { kind: 'site' }
  const [, authority = '', rest = '/'] = absoluteForm.exec(text) ?? []
  if (authority === '') return 'This is a proxy: it takes CONNECT host:port, or a full http:// URL as target.'
  const [, host, digits] = /^(\[[0-9A-Fa-f:.]+\]|[^\s:@[\]\\]+)(?::(\d{0,5}))?$/.exec(authority) ?? []
  if (host === undefined) return 'The host of the URL is malformed; user name and password are not allowed in it.'
  const port = digits === undefined || digits === '' ? 80 : Number(digits)
  if (port < 1 || port > 65535) return 'The port of the URL must be from 1 to 65535.'
  return { kind: 'plain', authority, url: `http://${authority}${rest.startsWith('?') ? `/${rest}` : rest}` }
}

function isEmpty(hop: Hop): boolean {
  return hop.framing.kind === 'length' && hop.framing.length === 0
}

function tooLarge(): BadHead {
  return bad(431, `The request head is larger than ${maxHeadBytes} bytes.`)
}

function bad(status: number, text: string): BadHead {
  return { kind: 'bad', status, text }
}
