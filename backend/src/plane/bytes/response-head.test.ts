import { describe, expect, it } from 'vitest'

import { kindsOfPrefixes, octetsOf } from '../../../test/support/prefixes.ts'
import type { Framing } from './framing.ts'
import type { Parsed } from './parsed.ts'
import { maxResponseHeadBytes, parseResponseHead, type ResponseHead } from './response-head.ts'

const toGet = (bytes: Buffer): Parsed<ResponseHead> => parseResponseHead(bytes, 'GET')
const head = (...lines: string[]) => octetsOf(`${lines.join('\r\n')}\r\n\r\n`)
const ok = (...fields: string[]) => head('HTTP/1.1 200 OK', ...fields)
const length = (bytes: number): Framing => ({ kind: 'length', length: bytes })
const none: Framing = { kind: 'none' }
const close: Framing = { kind: 'close' }
const chunked: Framing = { kind: 'chunked' }

describe('the head of a response', () => {
  it.each<[string, Buffer, object]>([
    [
      'a length',
      ok('Content-Length: 5'),
      { status: 200, reason: 'OK', minor: 1, framing: length(5), isDubious: false },
    ],
    ['chunks', ok('Transfer-Encoding: chunked'), { framing: chunked, isDubious: false }],
    ['no length', ok(), { framing: close, declared: { framing: none, value: null } }],
    ['a coding that lasts until the end', ok('Transfer-Encoding: gzip'), { framing: close, isDubious: true }],
    ['a coding in chunks', ok('Transfer-Encoding: gzip, chunked'), { framing: chunked, isDubious: true }],
    ['HTTP/1.0', head('HTTP/1.0 200 OK'), { minor: 0 }],
    ['HTTP/1.7', head('HTTP/1.7 200 OK'), { minor: 1 }],
    ['no reason', head('HTTP/1.1 200 '), { reason: '' }],
    ['no reason and no blank', head('HTTP/1.1 200'), { reason: '' }],
    [
      'a reason in UTF-8',
      head('HTTP/1.1 404 Kh\xc3\xb4ng t\xe1\xba\xa1i \xc3\xa0'),
      { reason: 'Kh\xc3\xb4ng t\xe1\xba\xa1i \xc3\xa0' },
    ],
    ['a status beyond 599', head('HTTP/1.1 999 No'), { status: 999 }],
    ['a value that ends in A0', ok('X-Name: Ho\xc3\xa0', 'Content-Length: 0'), { isDubious: false }],
    ['early hints', head('HTTP/1.1 103 Early Hints', 'Link: </a>'), { status: 103, framing: none }],
    ['a hint that tells a length of 0', head('HTTP/1.1 103 Hints', 'Content-Length: 0'), { framing: none }],
    ['a change of protocol with a coding', head('HTTP/1.1 101 Go', 'Transfer-Encoding: chunked'), { framing: none }],
    ['chunks in HTTP/1.0', head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked'), { framing: chunked }],
    [
      'a length and chunks',
      ok('Content-Length: 5', 'Transfer-Encoding: chunked'),
      { framing: chunked, isDubious: true },
    ],
    ['chunks named twice', ok('Transfer-Encoding: chunked, chunked'), { framing: chunked, isDubious: true }],
    ['identity', ok('Transfer-Encoding: identity', 'Content-Length: 5'), { framing: length(5), isDubious: true }],
  ])('may be of %s, and is whole at its last byte', (_, bytes, expected) => {
    const parsed = toGet(bytes)

    expect(parsed).toMatchObject({ kind: 'whole', bytes: bytes.length, value: { ...expected, raw: bytes } })
    expect(kindsOfPrefixes(toGet, bytes)).toEqual(['incomplete'])
    expect(toGet(Buffer.concat([bytes, ok()]))).toMatchObject({ kind: 'whole', bytes: bytes.length })
  })

  it.each<[string, string, string, Framing]>([
    ['HEAD', 'HTTP/1.1 200 OK', 'Content-Length: 5', none],
    ['HEAD in chunks', 'HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', none],
    ['GET', 'HTTP/1.1 100 Continue', 'Content-Length: 5', none],
    ['GET', 'HTTP/1.1 204 No Content', 'Content-Length: 5', none],
    ['GET', 'HTTP/1.1 205 Reset Content', 'Content-Length: 5', length(5)],
    ['GET', 'HTTP/1.1 304 Not Modified', 'Content-Length: 5', none],
    ['GET', 'HTTP/1.1 304 Not Modified', 'A: b', none],
    ['GET', 'HTTP/1.1 500 Oh', 'A: b', close],
  ])('to %s of %s with %s has the right body', (method, line, field, expected) => {
    expect(parseResponseHead(head(line, field), method.split(' ')[0] ?? '')).toMatchObject({
      value: { framing: expected },
    })
  })

  it.each<[string, string, string, object]>([
    [
      'LF alone',
      'HTTP/1.1 200 OK\nContent-Length: 5\n\n',
      'Content-Length: 5\r\n',
      { framing: length(5), isDubious: false },
    ],
    ['LF alone in the first line', 'HTTP/1.1 200 OK\nA: b\r\n\r\n', 'A: b\r\n', { isDubious: false }],
    ['LF alone in the blank line', 'HTTP/1.1 200 OK\r\nA: b\r\n\n', 'A: b\r\n', { isDubious: false }],
    ['LF and CR LF behind it', 'HTTP/1.1 200 OK\nA: b\n\r\n', 'A: b\r\n', { isDubious: false }],
    ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n\t c\r\n\r\n', 'A: b c\r\n', { isDubious: false }],
    [
      'a blank before a colon',
      'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n',
      'Content-Length: 5\r\n',
      { framing: length(5), isDubious: true },
    ],
    [
      'a control character',
      'HTTP/1.1 200 OK\r\nA: b\x01c\0\r\nD:e\r\n\r\n',
      'A: b c \r\nD: e\r\n',
      { isDubious: true },
    ],
    ['CR alone in a value', 'HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n', 'A: b c\r\n', { isDubious: true }],
    ['a name that is no token', 'HTTP/1.1 200 OK\r\nA B: c\r\nD: e\r\n\r\n', 'D: e\r\n', { isDubious: true }],
    ['a line without a colon', 'HTTP/1.1 200 OK\r\nHello\r\nD: e\r\n\r\n', 'D: e\r\n', { isDubious: true }],
    ['a value that ends in A0', 'HTTP/1.1 200 OK\nA: Ho\xc3\xa0\n\n', 'A: Ho\xc3\xa0\r\n', { isDubious: false }],
  ])('with %s is put right, and is whole at its last byte', (_, text, fields, expected) => {
    const bytes = octetsOf(text)

    expect(toGet(bytes)).toMatchObject({
      kind: 'whole',
      bytes: bytes.length,
      value: { ...expected, raw: octetsOf(`HTTP/1.1 200 OK\r\n${fields}\r\n`) },
    })
    expect(kindsOfPrefixes(toGet, bytes)).toEqual(['incomplete'])
    expect(toGet(Buffer.concat([bytes, octetsOf('\r\n\n')]))).toMatchObject({ kind: 'whole', bytes: bytes.length })
  })

  it.each<[string, string, string]>([
    ['other bytes', 'Data', 'HTTP/1.1'],
    ['HTTP/2', 'HTTP/2', 'HTTP/1.1'],
    ['an empty line before it', '\r\nHTTP/1.1 200 OK', 'HTTP/1.1'],
    ['small letters', 'http/1.1 200 OK', 'HTTP/1.1'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n', 'HTTP/1.1'],
    ['four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'HTTP/1.1'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\n', 'HTTP/1.1'],
    ['a status of 0', 'HTTP/1.1 000 OK\r\n\r\n', 'HTTP/1.1'],
    ['two blanks', 'HTTP/1.1  200 OK\r\n\r\n', 'HTTP/1.1'],
    ['a control character in the first line', 'HTTP/1.1 200 O\x01K\r\n\r\n', 'HTTP/1.1'],
    ['a first line that ends with CR twice', 'HTTP/1.1 200 OK\r\r\n', 'HTTP/1.1'],
    ['a body behind an interim status', 'HTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\n', 'interim'],
    ['a coding behind an interim status', 'HTTP/1.1 199 Oh\r\nTransfer-Encoding: identity\r\n\r\n', 'interim'],
    ['chunks behind an interim status', 'HTTP/1.1 199 Oh\r\nTransfer-Encoding: chunked\r\n\r\n', 'interim'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', 'two ways'],
    ['two lengths, one with a blank', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length : 6\r\n\r\n', 'two ways'],
    ['a length in two lines', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n 6\r\n\r\n', 'two ways'],
    ['a name of a length that is spoilt', 'HTTP/1.1 200 OK\r\nContent Length: 5\r\n\r\n', 'malformed length'],
    ['a length with a control character', 'HTTP/1.1 200 OK\r\nContent-Length: 5\0\r\n\r\n', 'malformed length'],
    ['a coding behind chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n', 'two ways'],
    ['a coding that ends in A0', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\xa0\r\n\r\n', 'two ways'],
    ['too many lines', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(2_001)}`, 'too many lines'],
    ['too many careless lines', `HTTP/1.1 200 OK\n${'A: b\n'.repeat(2_001)}\n`, 'malformed header lines'],
    ['no end', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(maxResponseHeadBytes)}`, 'too large'],
    ['no end of its first line', `HTTP/1.1 200 ${'a'.repeat(maxResponseHeadBytes)}`, 'too large'],
    ['no end of careless lines', `HTTP/1.1 200 OK\nA: ${'a'.repeat(maxResponseHeadBytes)}`, 'too large'],
    ['too many bytes', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(maxResponseHeadBytes)}\r\n\r\n`, 'too large'],
  ])('is not of %s', (_, text, complaint) => {
    expect(toGet(octetsOf(text))).toMatchObject({ kind: 'bad', text: expect.stringContaining(complaint) })
  })
})
