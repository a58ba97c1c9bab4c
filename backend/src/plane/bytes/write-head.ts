import type { Fields, SpecialField } from './fields.ts'
import { hasTabBehind } from './framing.ts'
import type { PlainRequest } from './request-head.ts'
import type { ResponseHead } from './response-head.ts'

/** RequestForm is how a request is put to the next hop: the whole URL to a proxy, the path to an origin. */
export interface RequestForm {
  readonly form: 'absolute' | 'origin'
  /** The value of Proxy-Authorization for the next hop. */
  readonly authorization: string | null
}

/** What becomes of a special line: it stays (null), or this stands in its place. */
type Verdict = string | null
const stays = null
const goes = ''

/**
 * writeRequestHead writes the head for the next hop. Every line stands where and as it stood, but those that concern the
 * connection to the client, and a Host that contradicts the URL (RFC 9112, 3.2.2).
 */
export function writeRequestHead({ method, target, minor, hop, raw, fields }: PlainRequest, to: RequestForm): Buffer {
  const first = `${method} ${to.form === 'absolute' ? target.url : target.path} HTTP/1.${minor}\r\n`
  let hasHost = false
  let hasLength = false
  const judge = (field: SpecialField): Verdict => {
    switch (field.name) {
      case 'host':
        hasHost = true
        return field.value === target.authority ? stays : writeAnew(raw, field, target.authority)
      case 'content-length':
        if (hasLength) return goes
        hasLength = true
        return hasTabBehind(raw, field) ? writeAnew(raw, field, field.value) : stays
      case 'transfer-encoding':
        return hasTabBehind(raw, field) ? writeAnew(raw, field, field.value) : stays
      case 'connection':
      case 'te':
        return hop.holdsAsItStands ? stays : goes
      case 'upgrade':
        return hop.holdsAsItStands && hop.upgrade !== null ? stays : goes
      default:
        return goes
    }
  }
  const kept = copyFields(fields, judge)
  const host = hasHost ? '' : `Host: ${target.authority}\r\n`
  let tail = hop.holdsAsItStands ? '' : ownOptions(hop)
  if (to.authorization !== null) tail += `Proxy-Authorization: ${to.authorization}\r\n`
  return join(raw, first + host, kept, tail)
}

function ownOptions({ upgrade, acceptsTrailers }: PlainRequest['hop']): string {
  if (upgrade !== null) return `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
  return acceptsTrailers ? 'Connection: TE\r\nTE: trailers\r\n' : ''
}

/** ClientSide is what the client's connection asks of the head of a response. */
export interface ClientSide {
  /** The connection goes on after this response. */
  readonly isKept: boolean
  /** In HTTP/1.0 a body is passed on without its chunks: the end of the connection ends it. */
  readonly minor: 0 | 1
}

/**
 * writeResponseHead writes the head for the client, in its lines as they stood where they do not concern the upstream's
 * connection; behind it the beginning of the body, where that is given.
 */
export function writeResponseHead(head: ResponseHead, client: ClientSide, body: Buffer | null = null): Buffer {
  const { status, reason, raw, fields, declared } = head
  const isHeldByClient = client.isKept === !head.hop.connection.has('close')
  const isTrue = head.hop.nominated === null && !head.hop.connection.has('upgrade') && isHeldByClient
  let hasConnection = false
  let hasFraming = false
  const judge = (field: SpecialField): Verdict => {
    const { name, value } = field
    switch (name) {
      case 'connection':
        if (!isTrue || client.minor === 0) return goes
        hasConnection = true
        return stays
      case 'content-length':
      case 'transfer-encoding': {
        // 204 has no body and no length; 304 and answers to HEAD tell the length of what they leave out.
        const isLength = declared.framing.kind === 'length'
        const isTold = name === 'content-length' ? isLength : !isLength && client.minor === 1
        const told = declared.value
        if (!isTold || told === null || hasFraming || status === 204) return goes
        hasFraming = true
        return value.toLowerCase() === told && !hasTabBehind(raw, field) ? stays : writeAnew(raw, field, told)
      }
      case 'host':
      case 'te':
        return stays
      default:
        return goes
    }
  }
  const kept = copyFields(fields, judge)
  const ownConnection = client.isKept
    ? client.minor === 0
      ? 'Connection: keep-alive\r\n'
      : ''
    : 'Connection: close\r\n'
  return join(raw, `HTTP/1.1 ${status} ${reason}\r\n`, kept, hasConnection ? '' : ownConnection, body)
}

/** writeInterimHead writes the head of a response of 1xx; `101` names the protocol that is switched to. */
export function writeInterimHead({ status, reason, raw, fields, hop }: ResponseHead): Buffer {
  const kept = copyFields(fields, () => goes)
  const upgrade = status === 101 && hop.upgrade !== null ? `Connection: Upgrade\r\nUpgrade: ${hop.upgrade}\r\n` : ''
  return join(raw, `HTTP/1.1 ${status} ${reason}\r\n`, kept, upgrade)
}

function writeAnew(raw: Buffer, { start, nameEnd }: SpecialField, value: string): string {
  return `${raw.toString('latin1', start, nameEnd)}: ${value}\r\n`
}

/** Pieces of a head: two numbers are a place in what came, a text is written as it is. */
type Pieces = (number | string)[]

/** The lines of a head as they stood, without or instead of its special ones. */
function copyFields({ start, end, special }: Fields, judge: (field: SpecialField) => Verdict): Pieces {
  const pieces: Pieces = []
  let from = start
  for (const field of special) {
    const verdict = judge(field)
    if (verdict === stays) continue
    if (field.start > from) pieces.push(from, field.start)
    if (verdict !== goes) pieces.push(verdict)
    from = field.end
  }
  if (end > from) pieces.push(from, end)
  return pieces
}

/** The head in one buffer, with the beginning of its body behind it where there is some. */
function join(raw: Buffer, first: string, pieces: Pieces, tail: string, body: Buffer | null = null): Buffer {
  const head = Buffer.allocUnsafe(first.length + lengthOf(pieces) + tail.length + 2 + (body?.length ?? 0))
  let at = head.write(first, 0, 'latin1')
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index]
    if (typeof piece === 'string') at += head.write(piece, at, 'latin1')
    else at += raw.copy(head, at, piece, pieces[++index] as number)
  }
  if (tail !== '') at += head.write(tail, at, 'latin1')
  head[at] = 13
  head[at + 1] = 10
  if (body !== null) body.copy(head, at + 2)
  return head
}

function lengthOf(pieces: Pieces): number {
  let length = 0
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index]
    if (typeof piece === 'string') length += piece.length
    else length += (pieces[++index] as number) - (piece ?? 0)
  }
  return length
}
