import { describe, expect, it } from 'vitest'

import { kindsOfPrefixes, octetsOf } from '../../../test/support/prefixes.ts'
import { nominate, scanFields, type Fields, type FieldScan, type SpecialName } from './fields.ts'
import { incomplete, whole, type Parsed } from './parsed.ts'

type Line = [name: SpecialName, value: string]

function scan(text: string): Fields {
  const fields = scanFields(octetsOf(text), 0)
  if (typeof fields === 'string') throw new Error(fields)
  return fields
}

const linesOf = ({ special }: Fields): Line[] => special.map(({ name, value }) => [name, value])

describe('header lines', () => {
  it.each<[string, string, Line[]]>([
    ['none', '\r\n', []],
    ['what simply passes', 'Accept: */*\r\nCookie: a=b\r\nX-A:\r\n\r\n', []],
    [
      'names in whatever case',
      'hOST: a\r\nCONTENT-LENGTH: 5\r\n\r\n',
      [
        ['host', 'a'],
        ['content-length', '5'],
      ],
    ],
    ['framing', 'Transfer-Encoding: chunked\r\n\r\n', [['transfer-encoding', 'chunked']]],
    [
      'the connection',
      'Connection: TE\r\nTE: trailers\r\n\r\n',
      [
        ['connection', 'TE'],
        ['te', 'trailers'],
      ],
    ],
    [
      'what keeps it',
      'Keep-Alive: timeout=5\r\nUpgrade: h\r\n\r\n',
      [
        ['keep-alive', 'timeout=5'],
        ['upgrade', 'h'],
      ],
    ],
    ['credentials', 'Proxy-Authorization: Basic x\r\n\r\n', [['proxy-authorization', 'Basic x']]],
    ['Proxy-Connection', 'Proxy-Connection: close\r\n\r\n', [['proxy', 'close']]],
    [
      'Proxy- and one letter, or many',
      'Proxy-A: 1\r\nProxy-Authorizations: 2\r\n\r\n',
      [
        ['proxy', '1'],
        ['proxy', '2'],
      ],
    ],
    [
      'Proxy- whose length is that of another name',
      'Proxy-Abcd: 1\r\nproxy-abcdefgh: 2\r\n\r\n',
      [
        ['proxy', '1'],
        ['proxy', '2'],
      ],
    ],
    [
      'names that are nearly special',
      'Hos: a\r\nHosts: a\r\nT-: a\r\nProxy: a\r\nProxies-A: b\r\nX-Host: c\r\n\r\n',
      [],
    ],
    ['names that differ from special ones in one bit', 'H\x4f\x53t: a\r\nho3t: b\r\n\r\n', [['host', 'a']]],
    [
      'every one of a name that comes twice',
      'Host: a\r\nHost: b\r\n\r\n',
      [
        ['host', 'a'],
        ['host', 'b'],
      ],
    ],
    ['a value without a blank before it', 'Host:a\r\n\r\n', [['host', 'a']]],
    ['a value between blanks', 'Host: \t a b \t\r\n\r\n', [['host', 'a b']]],
    ['a value of blanks', 'Host: \t \r\n\r\n', [['host', '']]],
    ['a value that ends in A0, which is no blank', 'Host: Ho\xc3\xa0\r\n\r\n', [['host', 'Ho\xc3\xa0']]],
    ['a value that begins with A0', 'Host: \xa0a\r\n\r\n', [['host', '\xa0a']]],
    [
      'a value between A0 and 85',
      'Transfer-Encoding: \x85chunked\xa0\r\n\r\n',
      [['transfer-encoding', '\x85chunked\xa0']],
    ],
  ])('tell %s', (_, text, expected) => {
    const fields = scan(text)

    expect(linesOf(fields)).toEqual(expected)
    expect(fields).toMatchObject({ start: 0, end: text.length - 2 })
  })

  it('tell where each special line stands', () => {
    const text = 'A: b\r\nHost:  a \r\nC: d\r\n\r\n'

    const [host] = scan(text).special

    expect(host).toEqual({ name: 'host', start: 6, end: 17, nameEnd: 10, value: 'a' })
  })

  it.each<[string, string, FieldScan]>([
    ['a blank before the colon', 'A : b\r\n\r\n', 'malformed'],
    ['a blank before the name', ' A: b\r\n\r\n', 'malformed'],
    ['a folded line', 'A: b\r\n c\r\n\r\n', 'malformed'],
    ['a line without a colon', 'A\r\n\r\n', 'malformed'],
    ['a line without a name', ': b\r\n\r\n', 'malformed'],
    ['a name that is no token', 'A(b): c\r\n\r\n', 'malformed'],
    ['a name with a byte over 127', 'N\xe9: c\r\n\r\n', 'malformed'],
    ['LF alone', 'A: b\n\r\n', 'malformed'],
    ['LF alone as the blank line', 'A: b\r\n\n', 'malformed'],
    ['CR alone in a value', 'A: b\rc\r\n\r\n', 'malformed'],
    ['CR alone at the end', 'A: b\r\n\rA', 'malformed'],
    ['CR twice', 'A: b\r\r\n\r\n', 'malformed'],
    ['a zero', 'A: b\0\r\n\r\n', 'malformed'],
    ['another control character', 'A: \x0bb\r\n\r\n', 'malformed'],
    ['DEL', 'A: \x7f\r\n\r\n', 'malformed'],
    ['257 lines', `${'A: b\r\n'.repeat(257)}\r\n`, 'too_many'],
    ['no end yet', 'A: b\r\n', 'incomplete'],
    ['half an end', 'A: b\r\n\r', 'incomplete'],
  ])('with %s are none', (_, text, expected) => {
    expect(scanFields(octetsOf(text), 0)).toBe(expected)
  })

  it('take every octet but control characters in a value', () => {
    const good = [9, ...Array.from({ length: 224 }, (_, index) => index + 32)].filter((octet) => octet !== 127)
    const verdicts = Array.from({ length: 256 }, (_, octet) =>
      typeof scanFields(Buffer.from([65, 58, octet, 66, 13, 10, 13, 10]), 0) === 'string' ? null : octet,
    )

    expect(verdicts.filter((octet) => octet !== null)).toEqual(good)
  })

  it('take 256 of them', () => {
    expect(typeof scanFields(octetsOf(`${'A: b\r\n'.repeat(256)}\r\n`), 0)).toBe('object')
  })

  it('are not all there until the last byte', () => {
    const message = octetsOf('Host: a\r\nA:\r\nCookie: a=\xc3\xa0 \r\nContent-Length: 5\r\n\r\n')
    const parse = (bytes: Buffer): Parsed<Fields> => {
      const fields = scanFields(bytes, 0)
      if (fields === 'incomplete') return incomplete
      if (typeof fields === 'string') throw new Error(fields)
      return whole(fields, fields.end + 2)
    }

    expect(kindsOfPrefixes(parse, message)).toEqual(['incomplete'])
    expect(parse(Buffer.concat([message, octetsOf('Host: b\r\n\r\n')]))).toMatchObject({ bytes: message.length })
  })
})

describe('lines that Connection names', () => {
  it.each<[string, string[], string[]]>([
    ['are told, in whatever case', ['x-b'], ['Host', 'X-B']],
    ['are told in their order, among the special ones', ['x-b', 'a'], ['A', 'Host', 'X-B']],
    ['are told each time', ['a', 'd'], ['A', 'Host', 'D', 'd']],
    ['are told once where they are special', ['host'], ['Host']],
    ['are none where no line has such a name', ['x', 'b'], ['Host']],
  ])('%s', (_, names, expected) => {
    const bytes = octetsOf('A: 1\r\nHost: a\r\nX-B: 2\r\nD: 3\r\nd: 4\r\n\r\n')

    const { special } = nominate(bytes, scan(bytes.toString('latin1')), new Set(names))

    expect(special.map(({ start, nameEnd }) => bytes.toString('latin1', start, nameEnd))).toEqual(expected)
  })
})
