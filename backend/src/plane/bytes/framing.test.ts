import { describe, expect, it } from 'vitest'

import { octetsOf } from '../../../test/support/prefixes.ts'
import { scanFields, type SpecialField } from './fields.ts'
import { isPlainlyFramed, readRequestFraming, readResponseFraming, type Framing } from './framing.ts'

function bytesOf(...lines: string[]): Buffer {
  return octetsOf(lines.map((line) => `${line}\r\n`).join('') + '\r\n')
}

function fields(...lines: string[]): readonly SpecialField[] {
  const scanned = scanFields(bytesOf(...lines), 0)
  if (typeof scanned === 'string') throw new Error(scanned)
  return scanned.special
}

const length = (bytes: number): Framing => ({ kind: 'length', length: bytes })
const chunked: Framing = { kind: 'chunked' }
const none: Framing = { kind: 'none' }

describe('the body of a request', () => {
  it.each<[string, string[], Framing | 'unsupported' | null]>([
    ['nothing', ['Host: a'], none],
    ['a length', ['Content-Length: 5'], length(5)],
    ['a length of 0', ['Content-Length: 0'], length(0)],
    ['a length with zeros before it', ['Content-Length: 0005'], length(5)],
    ['the same length twice', ['Content-Length: 5', 'Content-Length: 5'], length(5)],
    ['15 digits', ['Content-Length: 999999999999999'], length(999_999_999_999_999)],
    ['chunked', ['Transfer-Encoding: chunked'], chunked],
    ['chunked in capitals, between blanks', ['Transfer-Encoding: \tCHUNKED '], chunked],
    ['16 digits', ['Content-Length: 1000000000000000'], null],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], null],
    ['a length written in two ways', ['Content-Length: 5', 'Content-Length: 05'], null],
    ['a list of lengths', ['Content-Length: 5, 5'], null],
    ['no length in its field', ['Content-Length:'], null],
    ['a sign', ['Content-Length: +5'], null],
    ['a length below 0', ['Content-Length: -1'], null],
    ['a length in hexadecimal', ['Content-Length: 0x5'], null],
    ['a length with a point', ['Content-Length: 5.0'], null],
    ['a length with a blank in it', ['Content-Length: 5 5'], null],
    ['a length that ends in A0', ['Content-Length: 5\xa0'], null],
    ['digits of another script', ['Content-Length: \xd9\xa5'], null],
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], null],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], null],
    ['chunked in two fields', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], null],
    ['chunked twice in one', ['Transfer-Encoding: chunked, chunked'], null],
    ['another coding before chunked', ['Transfer-Encoding: gzip, chunked'], 'unsupported'],
    ['another coding before chunked, and a length', ['Transfer-Encoding: gzip, chunked', 'Content-Length: 5'], null],
    ['another coding', ['Transfer-Encoding: gzip'], null],
    ['another coding behind chunked', ['Transfer-Encoding: chunked, gzip'], null],
    ['identity', ['Transfer-Encoding: identity'], null],
    ['an empty coding', ['Transfer-Encoding:'], null],
    ['chunked with a parameter', ['Transfer-Encoding: chunked;q=1'], 'unsupported'],
    [
      'another coding in a field of its own',
      ['Transfer-Encoding: gzip;q=1', 'Transfer-Encoding: chunked'],
      'unsupported',
    ],
    ['chunked in quotes', ['Transfer-Encoding: "chunked"'], null],
    ['chunked that ends in A0', ['Transfer-Encoding: chunked\xa0'], null],
    ['chunked that begins with A0', ['Transfer-Encoding: \xa0chunked'], null],
    ['chunked with a comma', ['Transfer-Encoding: chunked,'], null],
  ])('framed by %s', (_, lines, expected) => {
    expect(readRequestFraming(fields(...lines), 1)).toEqual(expected)
  })

  it.each<[string, string[], Framing | null]>([
    ['a length', ['Content-Length: 5'], length(5)],
    ['nothing', [], none],
    ['chunks, which it does not know', ['Transfer-Encoding: chunked'], null],
  ])('framed in HTTP/1.0 by %s', (_, lines, expected) => {
    expect(readRequestFraming(fields(...lines), 0)).toEqual(expected)
  })
})

describe('the body of a response', () => {
  it.each<[string, string[], Framing | null]>([
    ['nothing', ['Server: a'], none],
    ['a length', ['Content-Length: 5'], length(5)],
    ['the same length twice', ['Content-Length: 5', 'Content-Length: 5'], length(5)],
    ['the same length twice in one field', ['Content-Length: 5 , 5'], length(5)],
    ['chunked', ['Transfer-Encoding: chunked'], chunked],
    ['chunked in capitals', ['Transfer-Encoding: Chunked'], chunked],
    ['chunked in two fields', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunked],
    ['chunked twice in one', ['Transfer-Encoding: chunked, chunked'], chunked],
    ['identity', ['Transfer-Encoding: identity'], none],
    ['identity and a length', ['Transfer-Encoding: identity', 'Content-Length: 5'], length(5)],
    ['identity before chunked', ['Transfer-Encoding: identity, chunked'], chunked],
    ['an empty coding before chunked', ['Transfer-Encoding: , chunked'], chunked],
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], chunked],
    ['chunks and a length that is none', ['Transfer-Encoding: chunked', 'Content-Length: x'], chunked],
    ['identity behind chunked', ['Transfer-Encoding: chunked, identity'], null],
    ['identity in a field behind chunked', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], null],
    ['nothing behind chunked and a comma', ['Transfer-Encoding: chunked, '], null],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], null],
    ['two lengths in one field', ['Content-Length: 5, 6'], null],
    ['a length written in two ways', ['Content-Length: 5', 'Content-Length: 05'], length(5)],
    ['no length in its field', ['Content-Length:'], null],
    ['a length below 0', ['Content-Length: -1'], null],
    ['a length that ends in A0', ['Content-Length: 5\xa0'], null],
    ['19 digits', ['Content-Length: 1000000000000000000'], length(1e18)],
    ['20 digits', ['Content-Length: 10000000000000000000'], null],
    ['another coding', ['Transfer-Encoding: gzip'], { kind: 'close' }],
    ['another coding and a length', ['Transfer-Encoding: gzip', 'Content-Length: 5'], { kind: 'close' }],
    [
      'another coding and a length beyond all',
      ['Transfer-Encoding: gzip', 'Content-Length: 18446744073709551616'],
      { kind: 'close' },
    ],
    ['another coding before chunked', ['Transfer-Encoding: gzip, chunked'], chunked],
    ['another coding behind chunked', ['Transfer-Encoding: chunked, gzip'], null],
    ['what is no coding', ['Transfer-Encoding: "gzip"'], null],
    ['chunked that ends in A0', ['Transfer-Encoding: chunked\xa0'], null],
    ['chunked with a parameter', ['Transfer-Encoding: chunked;q=1'], null],
  ])('framed by %s', (_, lines, expected) => {
    expect(readResponseFraming(fields(...lines))?.framing ?? null).toEqual(expected)
  })
})

describe('a length is the same to every reader', () => {
  it.each<[string, string[], boolean]>([
    ['where there is none', ['Server: a'], true],
    ['in a length', ['Content-Length: 5'], true],
    ['in chunks', ['Transfer-Encoding: Chunked'], true],
    ['not in two equal ones', ['Content-Length: 5', 'Content-Length: 5'], false],
    ['not in a list', ['Content-Length: 5, 5'], false],
    ['not in a length beside chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], false],
    ['not in chunks beside a length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], false],
    ['not in chunks named twice', ['Transfer-Encoding: chunked, chunked'], false],
    ['not in identity', ['Transfer-Encoding: identity'], false],
    ['in a length with spaces behind it', ['Content-Length: 5  '], true],
    ['in a coding with a tab before it', ['Transfer-Encoding:\tchunked'], true],
    ['not in a length with a tab behind it', ['Content-Length: 5\t'], false],
    ['not in a coding with a tab behind it', ['Transfer-Encoding: chunked \t '], false],
  ])('%s', (_, lines, expected) => {
    expect(isPlainlyFramed(bytesOf(...lines), fields(...lines))).toBe(expected)
  })
})
