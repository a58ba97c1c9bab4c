import type { SpecialField } from './fields.ts'
import { horizontalTab, isToken, space, trimBlanks } from './octets.ts'

/** Framing tells where the body of a message ends (RFC 9112, 6). */
export type Framing = { kind: 'none' } | { kind: 'length'; length: number } | { kind: 'chunked' } | { kind: 'close' }

export const noBody: Framing = { kind: 'none' }
export const untilClose: Framing = { kind: 'close' }
const maxRequestDigits = 15
/** Up to 2^63: a length that no number here can hold exactly is one that no body comes to the end of. */
const maxResponseDigits = 19
const inChunks: Framing = { kind: 'chunked' }

/**
 * readRequestFraming gives null for lengths that two readers could read in two ways, which is what request smuggling lives
 * on: both kinds, different ones, any coding but chunked, and a coding in HTTP/1.0, which knows none. `unsupported` are codings before
 * chunked that could be understood (RFC 9112, 6.1), but are not here.
 */
export function readRequestFraming(special: readonly SpecialField[], minor: 0 | 1): Framing | 'unsupported' | null {
  let length: string | null = null
  const codings: string[] = []
  for (const { name, value } of special) {
    if (name === 'content-length') {
      if (length !== null && length !== value) return null
      length = value
    } else if (name === 'transfer-encoding') {
      codings.push(...wordsOf(value.toLowerCase()))
    }
  }
  if (codings.length > 0) {
    if (minor === 0 || length !== null) return null
    if (codings.length === 1 && codings[0] === 'chunked') return inChunks
    return isOtherCoding(codings) ? 'unsupported' : null
  }
  return length === null ? noBody : readLength(length, maxRequestDigits)
}

/** Whether these are codings that we don't know, with chunked behind them, or parameters: no reader finds another end in that. */
function isOtherCoding(codings: readonly string[]): boolean {
  const names = codings.map((coding) => trimBlanks(coding.split(';')[0] ?? ''))
  return names.every(isToken) && names.indexOf('chunked') === names.length - 1
}

/** DeclaredFraming is what the fields of a response say of its body, and how that is told on. */
export interface DeclaredFraming {
  readonly framing: Framing
  /** The value of Content-Length or of Transfer-Encoding; null without either. */
  readonly value: string | null
}

/**
 * readResponseFraming is what a browser takes: a transfer coding goes before a length, one that does not end in `chunked` lasts
 * until the end of the connection (RFC 9112, 6.3), other codings are content to whoever passes them on, `identity` says nothing,
 * and the same said twice is once. Null for lengths that differ, and where something stands behind chunked.
 */
export function readResponseFraming(special: readonly SpecialField[]): DeclaredFraming | null {
  return readUsualLength(special) ?? readDeclared(special)
}

/** What nearly every answer has: one length, written plainly. */
function readUsualLength(special: readonly SpecialField[]): DeclaredFraming | null {
  let found: string | null = null
  for (const { name, value } of special) {
    if (name === 'transfer-encoding' || (name === 'content-length' && found !== null)) return null
    if (name === 'content-length') found = value
  }
  return found !== null && /^[1-9]\d{0,14}$/.test(found)
    ? { framing: { kind: 'length', length: Number(found) }, value: found }
    : null
}

function readDeclared(special: readonly SpecialField[]): DeclaredFraming | null {
  const lengths = new Set<string>()
  const words: string[] = []
  for (const { name, value } of special) {
    if (name === 'content-length') for (const word of wordsOf(value)) lengths.add(withoutZeros(word))
    else if (name === 'transfer-encoding') words.push(...wordsOf(value.toLowerCase()))
  }
  const codings = words.filter((word, index) => word !== '' && word !== 'identity' && word !== words[index + 1])
  const behindChunked = words.slice(words.indexOf('chunked')).filter((word) => word !== 'chunked')
  // What stands behind chunked frames nothing for some readers, and all for others; so does what is no coding at all.
  if ((words.includes('chunked') && behindChunked.length > 0) || !codings.every(isToken)) return null
  if (codings.length > 0) {
    return { framing: codings.at(-1) === 'chunked' ? inChunks : untilClose, value: codings.join(', ') }
  }
  const [value = null] = lengths
  if (value === null) return { framing: noBody, value }
  const framing = lengths.size === 1 ? readLength(value, maxResponseDigits) : null
  return framing && { framing, value }
}

/** isPlainlyFramed tells whether there is no reader who could see another length: one field at most, in its usual form. */
export function isPlainlyFramed(bytes: Buffer, special: readonly SpecialField[]): boolean {
  let isFramed = false
  for (const field of special) {
    const { name, value } = field
    if (name !== 'content-length' && name !== 'transfer-encoding') continue
    if (isFramed || value.includes(',') || hasTabBehind(bytes, field)) return false
    if (name === 'transfer-encoding' && value.toLowerCase() !== 'chunked') return false
    isFramed = true
  }
  return true
}

/** hasTabBehind tells whether a tab is among the blanks behind a value: there are readers who take it for a part of that. */
export function hasTabBehind(bytes: Buffer, { end }: SpecialField): boolean {
  let last = end - 3
  while (bytes[last] === space) last--
  return bytes[last] === horizontalTab
}

function wordsOf(value: string): string[] {
  return value.split(',').map(trimBlanks)
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '')
}

function readLength(digits: string, maxDigits: number): Framing | null {
  return digits.length <= maxDigits && /^\d+$/.test(digits) ? { kind: 'length', length: Number(digits) } : null
}
