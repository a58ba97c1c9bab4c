import { nominate, scanFields, type Fields } from './fields.ts'
import { noBody, readRequestFraming, type Framing } from './framing.ts'
import { readHop, type Hop } from './hop.ts'
import { carriageReturn, lineFeed } from './octets.ts'
import { bad, incomplete, whole, type Bad, type Parsed } from './parsed.ts'
import { isHostField, parseTarget, type Target } from './target.ts'

/** The bound on a request head, in bytes, whatever way it comes in. */
export const maxRequestHeadBytes = 32 * 1024

const maxBlankLines = 16

export interface RequestHead {
  readonly method: string
  readonly target: Target
  /** The minor version of HTTP/1.x. */
  readonly minor: 0 | 1
  readonly hop: Hop
  readonly framing: Framing
  /** The value of Proxy-Authorization. */
  readonly proxyAuthorization: string | null
  /** The head as it came, its blank line included; `fields` are places in it. */
  readonly raw: Buffer
  readonly fields: Fields
}

/** PlainRequest is a request for an http URL. */
export type PlainRequest = RequestHead & { readonly target: Extract<Target, { kind: 'plain' }> }

export function isPlain(head: RequestHead): head is PlainRequest {
  return head.target.kind === 'plain'
}

const requestLine = /^([!#$%&'*+\-.^_`|~\w]{1,32}) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/
/** What can still become a request line. */
const startOfLine = /^[!#$%&'*+\-.^_`|~\w]{1,32}( [\x21-\x7e\x80-\xff]*( (H(T(T(P(\/[\d.]*)?)?)?)?)?)?)?\r?$/

/** parseRequestHead reads one request head (RFC 9112) from the start of the bytes, strictly: what can't become one is bad at once. */
export function parseRequestHead(bytes: Buffer): Parsed<RequestHead> {
  const start = skipBlankLines(bytes)
  if (start > 2 * maxBlankLines) return bad('There are too many empty lines before the request.')
  const lineEnd = bytes.indexOf(lineFeed, start)
  if (lineEnd === -1) return judgeStart(bytes, start)
  const line = requestLine.exec(bytes.toString('latin1', start, lineEnd - 1))
  if (!line || bytes[lineEnd - 1] !== carriageReturn) return bad(explainLine(bytes))
  const [, method = '', rawTarget = '', major, minorDigit] = line
  if (major !== '1' || (minorDigit !== '1' && minorDigit !== '0')) return bad('This proxy speaks HTTP/1.1.', 505)
  const fields = scanFields(bytes, lineEnd + 1)
  if (fields === 'malformed') return bad('A header line is malformed, or does not end with CR and LF.')
  if (fields === 'too_many') return bad('The request head has too many lines.', 431)
  if (fields === 'incomplete') return bytes.length - start > maxRequestHeadBytes ? tooLarge() : incomplete
  if (fields.end + 2 - start > maxRequestHeadBytes) return tooLarge()
  return readHead(bytes, fields, { method, rawTarget, minor: minorDigit === '1' ? 1 : 0 })
}

interface Line {
  method: string
  rawTarget: string
  minor: 0 | 1
}

function readHead(bytes: Buffer, fields: Fields, { method, rawTarget, minor }: Line): Parsed<RequestHead> {
  const end = fields.end + 2
  const once = readOnce(fields)
  if (once === null) return bad('Host and Proxy-Authorization may stand in a head only once.')
  const { host, proxyAuthorization } = once
  const framing = readRequestFraming(fields.special, minor)
  if (framing === 'unsupported') return bad('This proxy knows no transfer coding but chunked.', 501)
  if (framing === null) return bad('Content-Length or Transfer-Encoding are ambiguous.')
  const target = parseTarget(method, rawTarget)
  if (typeof target === 'string') return bad(target)
  // Mostly it says what the target says, which was looked at.
  const isTold = host !== null && host === (target.kind === 'plain' ? target.authority : rawTarget)
  if (!isTold && (host === null ? minor === 1 : !isHostField(host))) {
    return bad('The head needs a Host, which is a name or an address and perhaps a port.')
  }
  const isEmpty = framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0)
  if (method === 'CONNECT' && !isEmpty) return bad('CONNECT must have no body.')
  const hop = readHop(fields.special)
  return whole(
    {
      method,
      target,
      minor,
      hop,
      framing: method === 'CONNECT' ? noBody : framing,
      proxyAuthorization,
      raw: end === bytes.length ? bytes : bytes.subarray(0, end),
      fields: hop.nominated === null ? fields : nominate(bytes, fields, hop.nominated),
    },
    end,
  )
}

function readOnce({ special }: Fields): { host: string | null; proxyAuthorization: string | null } | null {
  let host: string | null = null
  let proxyAuthorization: string | null = null
  for (const { name, value } of special) {
    if (name === 'host') {
      if (host !== null) return null
      host = value
    } else if (name === 'proxy-authorization') {
      if (proxyAuthorization !== null) return null
      proxyAuthorization = value
    }
  }
  return { host, proxyAuthorization }
}

/** RFC 9112, 2.2: empty lines before a request are passed over. */
function skipBlankLines(bytes: Buffer): number {
  let start = 0
  while (bytes[start] === carriageReturn && bytes[start + 1] === lineFeed) start += 2
  return start
}

function judgeStart(bytes: Buffer, start: number): Parsed<RequestHead> {
  const text = bytes.toString('latin1', start, bytes.length)
  if (text !== '' && text !== '\r' && !startOfLine.test(text)) return bad(explainLine(bytes))
  return text.length > maxRequestHeadBytes ? tooLarge() : incomplete
}

function explainLine(bytes: Buffer): string {
  // A handshake record of TLS: type 22, version 3.x.
  return bytes[0] === 22 && bytes[1] === 3
    ? 'This port speaks plain HTTP, not TLS: use http:// for the proxy here, or its TLS port.'
    : 'This is no HTTP request: its first line is malformed, or does not end with CR and LF.'
}

function tooLarge(): Bad {
  return bad(`The request head is larger than ${maxRequestHeadBytes} bytes.`, 431)
}
