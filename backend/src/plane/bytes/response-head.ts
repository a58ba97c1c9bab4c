import { nominate, scanFields, type Fields } from './fields.ts'
import {
  isPlainlyFramed,
  noBody,
  readResponseFraming,
  untilClose,
  type DeclaredFraming,
  type Framing,
} from './framing.ts'
import { readHop, type Hop } from './hop.ts'
import { endOfLooseHead, mendHead } from './mend.ts'
import { carriageReturn, lineFeed } from './octets.ts'
import { bad, incomplete, whole, type Parsed } from './parsed.ts'

/** The bounds on the head of a response, which are those of browsers: in bytes, and in lines. */
export const maxResponseHeadBytes = 256 * 1024
const maxLines = 2_000

export interface ResponseHead {
  readonly status: number
  /** Behind the status, as it stood. */
  readonly reason: string
  readonly minor: 0 | 1
  readonly hop: Hop
  /** What the fields say of the body. */
  readonly declared: DeclaredFraming
  /** Where the body ends, the method of the request taken into account. */
  readonly framing: Framing
  /** It was so careless, in its length or else, that what follows it is not believed to be another response. */
  readonly isDubious: boolean
  /** The head as it came, or as it was mended; `fields` are places in it. It lives as long as the bytes that were read. */
  readonly raw: Buffer
  readonly fields: Fields
}

const start = Buffer.from('HTTP/1.')
const statusLine = /^HTTP\/1\.(\d) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/

/**
 * parseResponseHead reads one response head; `bad` says why it can't be passed on. Line ends, folded lines and the like are put
 * right, since the client gets a head that is clean; a length that can be read in two ways is not.
 */
export function parseResponseHead(bytes: Buffer, method: string): Parsed<ResponseHead> {
  if (!beginsAsResponse(bytes)) return bad('It does not answer in HTTP/1.1.')
  const lineEnd = bytes.indexOf(lineFeed)
  if (lineEnd === -1) return judgeLength(bytes.length)
  const isStrict = bytes[lineEnd - 1] === carriageReturn
  const line = readStatusLine(bytes.toString('latin1', 0, isStrict ? lineEnd - 1 : lineEnd))
  if (line === null) return bad('It does not answer in HTTP/1.1.')
  const fields = isStrict ? scanFields(bytes, lineEnd + 1, maxLines) : 'malformed'
  if (fields === 'incomplete') return judgeLength(bytes.length)
  if (fields === 'too_many') return bad('Its response head has too many lines.')
  if (fields === 'malformed') return parseCareless(bytes, line, method)
  const head = readHead(bytes, fields, line, method)
  return typeof head === 'string' ? bad(head) : whole(head, fields.end + 2)
}

/** beginsAsResponse tells whether these bytes can be the start of an answer in HTTP/1. */
export function beginsAsResponse(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.compare(start, 0, length, 0, length) === 0
}

function judgeLength(length: number): Parsed<ResponseHead> {
  return length > maxResponseHeadBytes ? bad('Its response head is too large.') : incomplete
}

interface StatusLine {
  minor: 0 | 1
  status: number
  reason: string
}

function readStatusLine(text: string): StatusLine | null {
  const [, minor, digits, reason = ''] = statusLine.exec(text) ?? []
  return minor === undefined ? null : { minor: minor === '0' ? 0 : 1, status: Number(digits), reason }
}

function parseCareless(bytes: Buffer, line: StatusLine, method: string): Parsed<ResponseHead> {
  const end = endOfLooseHead(bytes)
  if (end === -1) return judgeLength(bytes.length)
  if (end > maxResponseHeadBytes) return bad('Its response head is too large.')
  const mended = mendHead(bytes.toString('latin1', 0, end))
  if (mended === null) return bad('Its response has a malformed length.')
  const raw = Buffer.from(mended.text, 'latin1')
  const fields = scanFields(raw, raw.indexOf(lineFeed) + 1, maxLines)
  if (typeof fields === 'string') return bad('Its response has malformed header lines.')
  const head = readHead(raw, fields, line, method)
  if (typeof head === 'string') return bad(head)
  return whole(mended.isDubious ? { ...head, isDubious: true } : head, end)
}

function readHead(bytes: Buffer, fields: Fields, line: StatusLine, method: string): ResponseHead | string {
  const { status } = line
  const end = fields.end + 2
  if (end > maxResponseHeadBytes) return 'Its response head is too large.'
  const declared = readResponseFraming(fields.special)
  if (declared === null) return 'Its response has a length that can be read in two ways.'
  if (status > 101 && status < 200 && declaresBody(declared, fields)) return 'Its interim response declares a body.'
  const hop = readHop(fields.special)
  return {
    ...line,
    hop,
    declared,
    framing: frame(method, status, declared.framing),
    isDubious: !isPlainlyFramed(bytes, fields.special),
    raw: bytes.subarray(0, end),
    fields: hop.nominated === null ? fields : nominate(bytes, fields, hop.nominated),
  }
}

/** An interim response has no body (RFC 9110, 15.2), but there are readers who read one where a field tells of it. */
function declaresBody({ framing }: DeclaredFraming, { special }: Fields): boolean {
  const isLonger = framing.kind === 'length' && framing.length > 0
  return isLonger || special.some(({ name }) => name === 'transfer-encoding')
}

/** RFC 9112, 6.3. */
function frame(method: string, status: number, declared: Framing): Framing {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return noBody
  return declared.kind === 'none' ? untilClose : declared
}
