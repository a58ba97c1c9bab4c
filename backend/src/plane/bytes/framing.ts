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

/**
 * readResponseFraming is what a browser takes: chunked goes before a length (RFC 9112, 6.3), `identity` says nothing, and the
 * same word twice is once. Null for lengths that differ and for any other coding.
 */
export function readResponseFraming(special: readonly SpecialField[]): Framing | null {
  const lengths = new Set<string>()
  const codings = new Set<string>()
  for (const { name, value } of special) {
    if (name !== 'content-length' && name !== 'transfer-encoding') continue
    for (const word of value.split(',').map(trimBlanks)) {
      if (name === 'content-length') lengths.add(word)
      else if (word !== '' && word.toLowerCase() !== 'identity') codings.add(word.toLowerCase())
    }
  }
  if (codings.size > 0) return codings.size === 1 && codings.has('chunked') ? inChunks : null
  if (lengths.size === 0) return noBody
  const [length = ''] = lengths
  return lengths.size === 1 ? readLength(length) : null
}

/**
 * isPlainlyFramed tells whether every reader finds the same end of a response: `chunked` said once and nothing else, or no
 * coding at all.
 */
export function isPlainlyFramed(special: readonly SpecialField[]): boolean {
  let hasLength = false
  let codings = 0
  for (const { name, value } of special) {
    if (name === 'content-length') hasLength = true
    else if (name === 'transfer-encoding') codings += value.toLowerCase() === 'chunked' ? 1 : 2
  }
  return codings === 0 || (codings === 1 && !hasLength)
}

function readLength(digits: string): Framing | null {
  return /^\d{1,15}$/.test(digits) ? { kind: 'length', length: Number(digits) } : null
}
