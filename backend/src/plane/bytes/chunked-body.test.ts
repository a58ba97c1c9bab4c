import { describe, expect, it } from 'vitest'

import { octetsOf } from '../../../test/support/prefixes.ts'
import type { BodyManner } from './body-reader.ts'
import { ChunkedBody } from './chunked-body.ts'

interface Reading {
  output: string
  taken: number
  isDone: boolean
  isBad: boolean
}

/** Reads a body that comes in pieces which end at these places. */
function read(text: string, manner: BodyManner, ...cuts: number[]): Reading {
  const body = new ChunkedBody(manner)
  const bytes = octetsOf(text)
  const reading = { output: '', taken: 0, isDone: false, isBad: false }
  let start = 0
  for (const cut of [...cuts, bytes.length]) {
    const piece = bytes.subarray(start, cut)
    const taken = body.take(piece, 0)
    reading.output += body.output(piece, 0, Math.max(0, taken)).toString('latin1')
    if (taken === -1) return { ...reading, isBad: true }
    reading.taken += taken
    reading.isDone = body.isDone
    if (body.isDone) break
    start = cut
  }
  return reading
}

const good = (output: string, taken: number): Reading => ({ output, taken, isDone: true, isBad: false })

/** Name, what comes, what is sent on of it, what is in its chunks. */
const strict: [string, string, string][] = [
  ['nothing', '0\r\n\r\n', ''],
  ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['chunks', '5\r\nhello\r\n1\r\n \r\n00a\r\n0123456789\r\n0\r\n\r\n', 'hello 0123456789'],
  ['a size in hexadecimal', 'aA\r\n' + 'x'.repeat(170) + '\r\n000\r\n\r\n', 'x'.repeat(170)],
  ['chunks with line ends in them', '4\r\n\r\n\r\n\r\n2\r\n0\n\r\n0\r\n\r\n', '\r\n\r\n0\n'],
  ['extensions', '1;a=b;c="d e"\r\nx\r\n0;last\r\n\r\n', 'x'],
  ['a blank before an extension', '1 \t; a\r\nx\r\n0\r\n\r\n', 'x'],
  ['an extension that ends in A0', '1;a="Ho\xc3\xa0"\r\nx\r\n0\r\n\r\n', 'x'],
  ['trailers', '1\r\nx\r\n0\r\nDigest: a\r\nX-A:\r\n\r\n', 'x'],
]

/** Name, what comes, what is sent on, what is in its chunks. */
const careless: [string, string, string, string][] = [
  ['LF alone', '5\nhello\n0\n\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['LF alone behind the size', '5\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['LF alone behind the data', '5\r\nhello\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['LF alone behind an extension', '5;a\nhello\r\n0\r\n\r\n', '5;a\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['LF alone at the end', '5\r\nhello\r\n0\r\n\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['an extension without a name', '5;\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['an extension that is none', '5;bad[=x\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['a size with blanks behind it', '5   \r\nhello\r\n0  \r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['a size with blanks before it', ' \t5\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['a trailer that is none', '0\r\nHello\r\nA: b\r\n\r\n', '0\r\nA: b\r\n\r\n', ''],
  ['a trailer with a blank before its colon', '0\r\nA : b\r\nC: d\r\n\r\n', '0\r\nC: d\r\n\r\n', ''],
  ['a trailer with a control character', '0\r\nA: \x01\r\nC: d\r\n\r\n', '0\r\nC: d\r\n\r\n', ''],
  ['a trailer that frames', '0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', '0\r\n\r\n', ''],
  [
    'a trailer for the connection',
    '0\r\nConnection: close\r\nProxy-Authenticate: a\r\nHost: a\r\n\r\n',
    '0\r\n\r\n',
    '',
  ],
]

const bad: [string, string][] = [
  ['no size', '\r\n'],
  ['an extension alone', ';a\r\n'],
  ['a size that is no number', 'g\r\n'],
  ['a size below 0', '-1\r\n'],
  ['a size with a sign', '+5\r\n'],
  ['a size with a prefix', '0x5\r\n'],
  ['a size that ends in A0', '5\xa0\r\n'],
  ['a size that begins with A0', '\xa05\r\n'],
  ['a size of 13 digits', '0000000000005\r\n'],
  ['two sizes', '5 5\r\n'],
  ['a control character in an extension', '5;\x01\r\n'],
  ['CR alone in an extension', '5;a\rb\r\n'],
  ['CR twice', '5\r\r\n'],
  ['more data than the size says', '5\r\nhello!\r\n'],
  ['less data than the size says', '6\r\nhell\r\n0\r\n\r\n'],
  ['a blank behind the data', '5\r\nhello \r\n'],
  ['an extension without an end', `5;${'a'.repeat(5_000)}`],
  ['too many trailers', `0\r\n${`A: ${'a'.repeat(1_000)}\r\n`.repeat(20)}\r\n`],
]

describe('a body in chunks', () => {
  it.each(strict)('of %s passes as it came in a request, in whatever pieces', (_, text, content) => {
    for (let cut = 0; cut <= text.length; cut++) {
      expect(read(`${text}NEXT`, 'strict', cut)).toEqual(good(text, text.length))
      expect(read(`${text}NEXT`, 'careful', cut)).toEqual(good(text, text.length))
      expect(read(`${text}NEXT`, 'unchunked', cut)).toEqual(good(content, text.length))
    }
  })

  it.each(careless)('with %s is written anew in a response, in whatever pieces', (_, text, written, content) => {
    for (let cut = 0; cut <= text.length; cut++) {
      expect(read(`${text}NEXT`, 'careful', cut)).toEqual(good(written, text.length))
      expect(read(`${text}NEXT`, 'unchunked', cut)).toEqual(good(content, text.length))
    }
  })

  it.each(careless)('with %s is refused in a request, in whatever pieces', (_, text) => {
    for (let cut = 0; cut <= text.length; cut++) {
      expect(read(text, 'strict', cut)).toMatchObject({ isBad: true })
    }
  })

  it.each(bad)('with %s is none, in whatever manner and pieces', (_, text) => {
    for (let cut = 0; cut <= Math.min(text.length, 40); cut++) {
      for (const manner of ['strict', 'careful', 'unchunked'] as const) {
        expect(read(text, manner, cut)).toMatchObject({ isBad: true })
      }
    }
  })

  it.each<BodyManner>(['strict', 'careful', 'unchunked'])(
    'is not done before its last byte (%s), byte by byte',
    (manner) => {
      const text = '5;a\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n'
      const everywhere = Array.from({ length: text.length }, (_, index) => index + 1)
      const inOne = read(text, manner)

      expect(read(text, manner, ...everywhere)).toEqual(inOne)
      expect(read(text.slice(0, -1), manner, ...everywhere.slice(0, -2))).toMatchObject({ isDone: false, isBad: false })
    },
  )

  it('is read from where it begins in a piece', () => {
    const body = new ChunkedBody('careful')
    const piece = octetsOf('head5 \r\nhello\r\n0\r\n\r\nNEXT')

    const taken = body.take(piece, 4)

    expect(taken).toBe(piece.length - 8)
    expect(body.output(piece, 4, taken).toString()).toBe('5\r\nhello\r\n0\r\n\r\n')
  })

  it('sends nothing on of a line whose end has not come, but of data all', () => {
    expect(read('5 ', 'careful').output).toBe('')
    expect(read('5\r\nhel', 'careful').output).toBe('5\r\nhel')
    expect(read('5\r\nhel', 'unchunked').output).toBe('hel')
    expect(read('5\r\nhello\r', 'careful').output).toBe('5\r\nhello')
  })

  it.each(strict)('of %s leaves no doubt where it ends', (_, text) => {
    const body = new ChunkedBody('careful')
    body.take(octetsOf(text), 0)

    expect(body.isDubious).toBe(false)
  })

  it.each(careless)('with %s leaves a doubt where it ends', (_, text) => {
    const body = new ChunkedBody('careful')
    body.take(octetsOf(text), 0)

    expect(body.isDubious).toBe(true)
  })
})
