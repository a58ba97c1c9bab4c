import { describe, expect, it } from 'vitest'

import { octetsOf } from '../../../test/support/prefixes.ts'
import { endOfLooseHead, mendHead } from './mend.ts'
import { isToken } from './octets.ts'

describe('a careless head', () => {
  it.each<[string, string, string, boolean]>([
    ['nothing wrong', 'A: b\r\nC: d\r\n\r\n', 'A: b\r\nC: d\r\n', false],
    ['LF alone', 'A: b\nC: d\n\n', 'A: b\r\nC: d\r\n', false],
    ['line ends of both kinds', 'A: b\nC: d\r\n\n', 'A: b\r\nC: d\r\n', false],
    ['no fields', '\n', '', false],
    ['no blank behind a colon', 'A:b\n\n', 'A: b\r\n', false],
    ['an empty value', 'A:\n\n', 'A: \r\n', false],
    ['folded lines', 'A: b\r\n c\n\t \td\r\n\r\n', 'A: b c d\r\n', false],
    ['a folded line of blanks', 'A: b\r\n \r\nC: d\r\n\r\n', 'A: b\r\nC: d\r\n', false],
    ['blanks before a colon', 'Name \t: value\r\n\r\n', 'Name: value\r\n', true],
    ['control characters', 'A: b\0c\x1fd\x7fe\r\n\r\n', 'A: b c d e\r\n', true],
    ['CR alone', 'A: b\rB: c\r\n\r\n', 'A: b B: c\r\n', true],
    ['CR twice', 'A: b\r\r\n\r\n', 'A: b \r\n', true],
    ['A0 and 85, which are letters', 'A: Ho\xc3\xa0 \n B: \x85\n\n', 'A: Ho\xc3\xa0 B: \x85\r\n', false],
    ['a name that is no token', 'A"b: c\r\nD: e\r\n\r\n', 'D: e\r\n', true],
    ['a name of A0', '\xa0: c\r\nD: e\r\n\r\n', 'D: e\r\n', true],
    ['a line without a colon', 'Hello\r\nD: e\r\n\r\n', 'D: e\r\n', true],
    ['a line without a name', ': c\r\nD: e\r\n\r\n', 'D: e\r\n', true],
    [
      'a line behind the status line that begins with a blank',
      ' A: b\r\n\tC: d\r\nE: f\r\n g\r\n\r\n',
      'E: f g\r\n',
      true,
    ],
    ['a tab behind a value', 'A: b\t\n\n', 'A: b\r\n', true],
    ['a blank before a length', 'Content-Length : 5\r\n\r\n', 'Content-Length: 5\r\n', true],
    ['control characters beside a word of framing', 'A: \x01content-length\r\n\r\n', 'A:  content-length\r\n', true],
  ])('with %s is made clean', (_, text, fields, isDubious) => {
    const mended = mendHead(`HTTP/1.1 200 OK\r\n${text}`)

    expect(mended).toEqual({ text: `HTTP/1.1 200 OK\r\n${fields}\r\n`, isDubious })
  })

  it.each<[string, string]>([
    ['a length', 'Content Length: 5'],
    ['a length with a zero in it', 'Content\0Length: 5'],
    ['a length with letters before it', '\xefContent-Length: 5'],
    ['a length without a colon', 'Content-Length 5'],
    ['a coding', 'Transfer Encoding: chunked'],
    ['a coding in quotes', '"Transfer-Encoding": chunked'],
    ['a length behind CR alone', 'A\rContent-Length: 5'],
    ['a length behind the status line with a blank before it', ' Content-Length: 5'],
    ['the end of a head', '\rA: b'],
    ['what a length says', 'Content-Length: 5\0'],
    ['what a coding says', 'Transfer-Encoding: \x0bchunked'],
    ['a value with a length behind CR alone', 'A: b\rContent-Length: 5'],
    ['a value with a coding behind CR alone', 'A: b\r transfer-encoding: chunked'],
  ])('that spoils %s is none', (_, line) => {
    expect(mendHead(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`)).toBeNull()
  })

  it.each<[string, string, number]>([
    ['CR LF', 'A\r\n\r\nB', 5],
    ['LF', 'A\n\nB', 3],
    ['CR LF and LF', 'A\r\n\nB', 4],
    ['LF and CR LF', 'A\n\r\nB', 4],
    ['nothing yet', 'A\r\n', -1],
    ['CR alone yet', 'A\r\n\r', -1],
    ['CR alone', 'A\r\r\n\rB', -1],
    ['a blank line with a blank', 'A\n \nB', -1],
  ])('that ends with %s ends there', (_, text, expected) => {
    expect(endOfLooseHead(octetsOf(text))).toBe(expected)
  })
})

describe('the name of a field', () => {
  it.each<[string, boolean]>([
    ['Content-Length', true],
    ["!#$%&'*+-.^_`|~09AZaz", true],
    ['', false],
    ['A B', false],
    ['A:', false],
    ['A(', false],
    ['"A"', false],
    ['A\xa0', false],
    ['A\0', false],
    ['\u0141', false],
  ])('may be %j: %s', (text, expected) => {
    expect(isToken(text)).toBe(expected)
  })
})
