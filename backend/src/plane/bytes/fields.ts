import { carriageReturn, colon, isBlank, lineFeed, octets, tokenOctet, valueOctet } from './octets.ts'

/** More lines than this has no request that anybody means. */
const usualMaxLines = 256

/** Fields that concern one connection only, frame the message or tell where it goes; all others pass as they stood. */
export type SpecialName =
  | 'host'
  | 'content-length'
  | 'transfer-encoding'
  | 'connection'
  | 'keep-alive'
  | 'te'
  | 'upgrade'
  | 'proxy-authorization'
  /** Any other `Proxy-*`. */
  | 'proxy'
  /** Named by Connection. */
  | 'nominated'

/** SpecialField is a line that does not simply pass: where it stands in the head, and what it says. */
export interface SpecialField {
  readonly name: SpecialName
  /** From the first octet of the line to the one behind its line end. */
  readonly start: number
  readonly end: number
  /** Behind the name as it stood. */
  readonly nameEnd: number
  readonly value: string
}

/** Fields are the header lines of one head: all octets from `start` to `end`, and which of them are special. */
export interface Fields {
  readonly start: number
  /** Where the blank line begins. */
  readonly end: number
  readonly special: SpecialField[]
}

/** FieldScan is what comes of reading lines: all of them, not yet all, or some line that is none. */
export type FieldScan = Fields | 'incomplete' | 'malformed' | 'too_many'

/**
 * scanFields reads header lines from `start` up to and without the blank line, strictly (RFC 9112, 5): a folded line, a bare
 * CR or LF, a control character or a blank before the colon are malformed. The blank line takes two more octets.
 */
export function scanFields(bytes: Buffer, start: number, maxLines = usualMaxLines): FieldScan {
  const special: SpecialField[] = []
  const { length } = bytes
  let at = start
  for (let lines = 0; ; lines++) {
    if (at >= length) return 'incomplete'
    if (bytes[at] === carriageReturn) {
      if (at + 1 >= length) return 'incomplete'
      return bytes[at + 1] === lineFeed ? { start, end: at, special } : 'malformed'
    }
    if (lines >= maxLines) return 'too_many'
    const nameEnd = endOf(bytes, at, tokenOctet)
    if (nameEnd >= length) return 'incomplete'
    if (nameEnd === at || bytes[nameEnd] !== colon) return 'malformed'
    const valueEnd = endOf(bytes, nameEnd + 1, valueOctet)
    if (valueEnd >= length) return 'incomplete'
    if (bytes[valueEnd] !== carriageReturn) return 'malformed'
    if (valueEnd + 1 >= length) return 'incomplete'
    if (bytes[valueEnd + 1] !== lineFeed) return 'malformed'
    const end = valueEnd + 2
    const name = specialNameOf(bytes, at, nameEnd)
    if (name !== null) special.push({ name, start: at, end, nameEnd, value: readValue(bytes, nameEnd + 1, valueEnd) })
    at = end
  }
}

/** nominate adds the lines whose names are among `names` to the special ones, in their order. */
export function nominate(bytes: Buffer, fields: Fields, names: ReadonlySet<string>): Fields {
  const special: SpecialField[] = []
  let next = 0
  for (let at = fields.start; at < fields.end;) {
    const known = fields.special[next]
    const nameEnd = endOf(bytes, at, tokenOctet)
    const end = bytes.indexOf(lineFeed, nameEnd) + 1
    if (known?.start === at) {
      special.push(known)
      next += 1
    } else if (names.has(bytes.toString('latin1', at, nameEnd).toLowerCase())) {
      special.push({ name: 'nominated', start: at, end, nameEnd, value: '' })
    }
    at = end
  }
  return { ...fields, special }
}

/** The first octet from `at` on that is not of this class. */
function endOf(bytes: Buffer, at: number, octetClass: number): number {
  const { length } = bytes
  let end = at
  while (end < length && ((octets[bytes[end] ?? 0] ?? 0) & octetClass) !== 0) end++
  return end
}

function readValue(bytes: Buffer, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(bytes[start])) start++
  while (end > start && isBlank(bytes[end - 1])) end--
  return bytes.toString('latin1', start, end)
}

/** Most names are told by their length alone, which costs least. */
function specialNameOf(bytes: Buffer, start: number, end: number): SpecialName | null {
  switch (end - start) {
    case 2:
      return isName(bytes, start, 'te') ? 'te' : null
    case 4:
      return isName(bytes, start, 'host') ? 'host' : null
    case 7:
      return isName(bytes, start, 'upgrade') ? 'upgrade' : proxyNameOf(bytes, start, end)
    case 10:
      if (isName(bytes, start, 'connection')) return 'connection'
      return isName(bytes, start, 'keep-alive') ? 'keep-alive' : proxyNameOf(bytes, start, end)
    case 14:
      return isName(bytes, start, 'content-length') ? 'content-length' : proxyNameOf(bytes, start, end)
    case 17:
      return isName(bytes, start, 'transfer-encoding') ? 'transfer-encoding' : proxyNameOf(bytes, start, end)
    default:
      return end - start > 6 ? proxyNameOf(bytes, start, end) : null
  }
}

function proxyNameOf(bytes: Buffer, start: number, end: number): SpecialName | null {
  if (bytes[start + 5] !== 0x2d || !isName(bytes, start, 'proxy-')) return null
  return end - start === 19 && isName(bytes, start, 'proxy-authorization') ? 'proxy-authorization' : 'proxy'
}

/** Whether a name begins with this one, in whatever case. */
function isName(bytes: Buffer, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    if (((bytes[start + index] ?? 0) | 0x20) !== name.charCodeAt(index)) return false
  }
  return true
}
