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
  const kept = copyFields(raw, fields, judge)
  const host = hasHost ? '' : `Host: ${target.authority}\r\n`
  let tail = hop.holdsAsItStands ? '' : ownOptions(hop)
  if (to.authorization !== null) tail += `Proxy-Authorization: ${to.authorization}\r\n`
  return join(first + host, kept, tail)
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

/** writeResponseHead writes the head for the client, in its lines as they stood where they do not concern the upstream's connection. */
export function writeResponseHead(head: ResponseHead, client: ClientSide): Buffer {
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
  const kept = copyFields(raw, fields, judge)
  const ownConnection = client.isKept
    ? client.minor === 0
      ? 'Connection: keep-alive\r\n'
      : ''
    : 'Connection: close\r\n'
  return join(`HTTP/1.1 ${status} ${reason}\r\n`, kept, hasConnection ? '' : ownConnection)
}

/** writeInterimHead writes the head of a response of 1xx; `101` names the protocol that is switched to. */
export function writeInterimHead({ status, reason, raw, fields, hop }: ResponseHead): Buffer {
  const kept = copyFields(raw, fields, () => goes)
  const upgrade = status === 101 && hop.upgrade !== null ? `Connection: Upgrade\r\nUpgrade: ${hop.upgrade}\r\n` : ''
  return join(`HTTP/1.1 ${status} ${reason}\r\n`, kept, upgrade)
}

function writeAnew(raw: Buffer, { start, nameEnd }: SpecialField, value: string): string {
  return `${raw.toString('latin1', start, nameEnd)}: ${value}\r\n`
}

/** The lines of a head as they stood, without or instead of its special ones. */
function copyFields(raw: Buffer, { start, end, special }: Fields, judge: (field: SpecialField) => Verdict): Buffer[] {
  const parts: Buffer[] = []
  let from = start
  for (const field of special) {
    const verdict = judge(field)
    if (verdict === stays) continue
    if (field.start > from) parts.push(raw.subarray(from, field.start))
    if (verdict !== goes) parts.push(Buffer.from(verdict, 'latin1'))
    from = field.end
  }
  if (end > from) parts.push(raw.subarray(from, end))
  return parts
}

function join(first: string, parts: readonly Buffer[], tail: string): Buffer {
  let length = first.length + tail.length + 2
  for (const part of parts) length += part.length
  const head = Buffer.allocUnsafe(length)
  let at = head.write(first, 0, 'latin1')
  for (const part of parts) at += part.copy(head, at)
  if (tail !== '') at += head.write(tail, at, 'latin1')
  head[at] = 13
  head[at + 1] = 10
  return head
}
