import { parseFields, splitHop, type Framing, type Hop } from './fields.ts'
import { endOfHead } from './handshake.ts'

const maxHeadBytes = 64 * 1024

export interface ResponseHead {
  status: number
  reason: string
  minor: 0 | 1
  hop: Hop
  /** Where the body ends, the method of the request taken into account. */
  framing: Framing
  bytes: number
}

/** ResponseResult is what the bytes from an upstream are so far; `bad` says why they can't be passed on. */
export type ResponseResult =
  | { kind: 'head'; head: ResponseHead }
  | { kind: 'incomplete' }
  | { kind: 'bad'; text: string }

const statusLine = /^HTTP\/1\.(\d) (\d{3})(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/

/**
 * parseResponseHead reads one response head. Line ends and folded lines of careless servers are put right here, since the
 * head is written anew for the client; framing that can be read in two ways is not.
 */
export function parseResponseHead(bytes: Buffer, method: string): ResponseResult {
  const end = endOfHead(bytes)
  if (end === -1) {
    return bytes.length > maxHeadBytes ? bad('Its response head is too large.') : { kind: 'incomplete' }
  }
  if (end > maxHeadBytes) return bad('Its response head is too large.')
  const received = bytes.toString('latin1', 0, end)
  const text = careless.test(received) ? mend(received) : received.slice(0, -2)
  const line = statusLine.exec(text)
  if (!line) return bad('It does not answer in HTTP/1.1.')
  const [matched, minor, digits, reason = ''] = line
  const fields = parseFields(text, matched.length)
  const hop = fields && (splitHop(fields) ?? splitHop(preferChunked(fields)))
  if (!hop) return bad('Its response has malformed header lines.')
  const status = Number(digits)
  const framing = frame(method, status, hop)
  return { kind: 'head', head: { status, reason, minor: minor === '0' ? 0 : 1, hop, framing, bytes: end } }
}

/** A line that ends with LF alone, or goes on in the next one. */
const careless = /[^\r]\n|\n[ \t]/

function mend(head: string): string {
  const lines = head.replace(/\r?\n/g, '\r\n').slice(0, -2)
  return /\r\n[ \t]/.test(lines) ? lines.replace(/\r\n[ \t]+/g, ' ') : lines
}

/** RFC 9112, 6.3: in a response Transfer-Encoding overrides Content-Length, which is then not passed on. */
function preferChunked(fields: string[]): string[] {
  const isChunked = fields.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'transfer-encoding')
  if (!isChunked) return fields
  const kept: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? ''
    if (name.toLowerCase() !== 'content-length') kept.push(name, fields[index + 1] ?? '')
  }
  return kept
}

/** RFC 9112, 6.3. */
function frame(method: string, status: number, hop: Hop): Framing {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' }
  return hop.framing.kind === 'none' ? { kind: 'close' } : hop.framing
}

function bad(text: string): ResponseResult {
  return { kind: 'bad', text }
}
