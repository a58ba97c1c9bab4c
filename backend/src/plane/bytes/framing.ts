import type { SpecialField } from './fields.ts'
import { trimBlanks } from './octets.ts'

/** Framing tells where the body of a message ends (RFC 9112, 6). */
export type Framing = { kind: 'none' } | { kind: 'length'; length: number } | { kind: 'chunked' } | { kind: 'close' }

export const noBody: Framing = { kind: 'none' }
export const untilClose: Framing = { kind: 'close' }
const inChunks: Framing = { kind: 'chunked' }

/**
 * readRequestFraming gives null for lengths that two readers could read in two ways, which is what request smuggling lives
 * on: both kinds, different ones, any coding but chunked, and a coding in HTTP/1.0, which knows none.
 */
export function readRequestFraming(special: readonly SpecialField[], minor: 0 | 1): Framing | null {
  let length: string | null = null
  let coding: string | null = null
  for (const { name, value } of special) {
    if (name === 'content-length') {
      if (length !== null && length !== value) return null
      length = value
    } else if (name === 'transfer-encoding') {
      if (coding !== null) return null
      coding = value
    }
  }
  if (coding !== null) {
    return minor === 1 && length === null && coding.toLowerCase() === 'chunked' ? inChunks : null
  }
  return length === null ? noBody : readLength(length)
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
 * and the same said twice is once. Null for lengths that differ.
 */
export function readResponseFraming(special: readonly SpecialField[]): DeclaredFraming | null {
  const lengths = new Set<string>()
  const codings: string[] = []
  for (const { name, value } of special) {
    if (name === 'content-length') for (const word of wordsOf(value)) lengths.add(withoutZeros(word))
    else if (name === 'transfer-encoding') {
      codings.push(...wordsOf(value.toLowerCase()).filter((word) => word !== '' && word !== 'identity'))
    }
  }
  if (codings.length > 0) {
    const value = codings.filter((coding, index) => coding !== codings[index + 1]).join(', ')
    return { framing: codings.at(-1) === 'chunked' ? inChunks : untilClose, value }
  }
  const [value = null] = lengths
  if (value === null) return { framing: noBody, value }
  const framing = lengths.size === 1 ? readLength(value) : null
  return framing && { framing, value }
}

function wordsOf(value: string): string[] {
  return value.split(',').map(trimBlanks)
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '')
}

/** Up to 2^63: a length that no number here can hold exactly is one that no body comes to the end of. */
function readLength(digits: string): Framing | null {
  return /^\d{1,19}$/.test(digits) ? { kind: 'length', length: Number(digits) } : null
}
