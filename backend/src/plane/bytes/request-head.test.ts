import { describe, expect, it } from 'vitest'

import { kindsOfPrefixes, octetsOf } from '../../../test/support/prefixes.ts'
import { maxRequestHeadBytes, parseRequestHead, type RequestHead } from './request-head.ts'

const head = (...lines: string[]) => octetsOf(`${lines.join('\r\n')}\r\n\r\n`)
const get = (...fields: string[]) => head('GET http://a/ HTTP/1.1', 'Host: a', ...fields)

describe('the head of a request', () => {
  it.each<[string, Buffer, object]>([
    ['a request for a URL', get(), { method: 'GET', minor: 1, target: { kind: 'plain' }, framing: { kind: 'none' } }],
    ['a method of its own', head('X-y!z http://a/ HTTP/1.1', 'Host: a'), { method: 'X-y!z' }],
    ['HTTP/1.0 without a Host', head('GET http://a/ HTTP/1.0'), { minor: 0 }],
    ['a Host that is not the one of the URL', head('GET http://a/ HTTP/1.1', 'Host: b'), { target: { host: 'a' } }],
    ['CONNECT', head('CONNECT a:443 HTTP/1.1', 'Host: a:443'), { target: { kind: 'tunnel', host: 'a', port: 443 } }],
    [
      'CONNECT with a length of 0',
      head('CONNECT a:443 HTTP/1.1', 'Host: a', 'Content-Length: 0'),
      { framing: { kind: 'none' } },
    ],
    ['a path', head('GET /address HTTP/1.1', 'Host: a'), { target: { kind: 'site' } }],
    ['a body', get('Content-Length: 5'), { framing: { kind: 'length', length: 5 } }],
    ['chunks', get('Transfer-Encoding: chunked'), { framing: { kind: 'chunked' } }],
    ['credentials', get('proxy-authorization: Basic x'), { proxyAuthorization: 'Basic x' }],
    ['empty credentials', get('Proxy-Authorization:'), { proxyAuthorization: '' }],
    ['no credentials', get('Proxy-Authorizations: Basic x'), { proxyAuthorization: null }],
    ['a value that ends in A0', get('X-Name: Ho\xc3\xa0'), {}],
    ['raw bytes in the path', head('GET http://a/\xc3\xa0 HTTP/1.1', 'Host: a'), { target: { path: '/\xc3\xa0' } }],
    ['empty lines before it', Buffer.concat([octetsOf('\r\n'.repeat(16)), get('A: b')]), { method: 'GET' }],
    ['a Host between blanks', head('GET http://a/ HTTP/1.1', 'Host: \ta '), {}],
    ['a method of 32 letters', head(`${'M'.repeat(32)} http://a/ HTTP/1.1`, 'Host: a'), {}],
  ])('may be of %s, and is whole at its last byte', (_, bytes, expected) => {
    const parsed = parseRequestHead(bytes)

    expect(parsed).toMatchObject({ kind: 'whole', bytes: bytes.length, value: expected })
    expect(kindsOfPrefixes(parseRequestHead, bytes)).toEqual(['incomplete'])
    expect(parseRequestHead(Buffer.concat([bytes, get()]))).toMatchObject({ kind: 'whole', bytes: bytes.length })
  })

  it('is told as it came, with its special lines where they stand', () => {
    const bytes = get('A: b', 'Connection: A')

    const { raw, fields } = valueOf(Buffer.concat([bytes, octetsOf('rest')]))

    expect(raw).toEqual(bytes)
    expect(fields.special.map(({ name, start, end }) => [name, raw.toString('latin1', start, end)])).toEqual([
      ['host', 'Host: a\r\n'],
      ['nominated', 'A: b\r\n'],
      ['connection', 'Connection: A\r\n'],
    ])
  })

  it.each<[string, string, string, number]>([
    ['HTTP/1.1 without a Host', 'GET http://a/ HTTP/1.1\r\n\r\n', 'Host', 400],
    ['an empty Host', 'GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n', 'Host', 400],
    ['an empty Host in HTTP/1.0', 'GET http://a/ HTTP/1.0\r\nHost: \r\n\r\n', 'Host', 400],
    ['a Host with a user name', 'GET http://a/ HTTP/1.1\r\nHost: me@a\r\n\r\n', 'Host', 400],
    ['a Host with a path', 'GET http://a/ HTTP/1.1\r\nHost: a/\r\n\r\n', 'Host', 400],
    ['a Host with a comma', 'GET http://a/ HTTP/1.1\r\nHost: a,b\r\n\r\n', 'Host', 400],
    ['a Host that ends in A0', 'GET http://a/ HTTP/1.1\r\nHost: a\xa0\r\n\r\n', 'Host', 400],
    ['two Hosts', 'GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 'only once', 400],
    ['CONNECT without a Host', 'CONNECT a:443 HTTP/1.1\r\n\r\n', 'Host', 400],
    ['a path without a Host', 'GET / HTTP/1.1\r\n\r\n', 'Host', 400],
    [
      'two Proxy-Authorizations',
      'GET http://a/ HTTP/1.1\r\nHost: a\r\nProxy-Authorization: a\r\nproxy-authorization: a\r\n\r\n',
      'only once',
      400,
    ],
    [
      'a length and chunks',
      'POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      'ambiguous',
      400,
    ],
    ['chunks in HTTP/1.0', 'POST http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 'ambiguous', 400],
    ['CONNECT with a body', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n', 'no body', 400],
    ['CONNECT with chunks', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', 'no body', 400],
    ['a URL of another kind', 'GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'CONNECT', 400],
    ['HTTP/2.0', 'GET http://a/ HTTP/2.0\r\n', 'HTTP/1.1', 505],
    ['HTTP/1.2', 'GET http://a/ HTTP/1.2\r\n', 'HTTP/1.1', 505],
    ['HTTP/0.9', 'GET http://a/ HTTP/0.9\r\n', 'HTTP/1.1', 505],
    ['HTTP/1.10', 'GET http://a/ HTTP/1.10\r\n', 'first line', 400],
    ['no version', 'GET http://a/\r\n', 'first line', 400],
    ['two blanks', 'GET  http://a/ HTTP/1.1\r\n', 'first line', 400],
    ['a tab for a blank', 'GET\thttp://a/', 'first line', 400],
    ['a blank behind the version', 'GET http://a/ HTTP/1.1 \r\n', 'first line', 400],
    ['a blank before the method', ' GET', 'first line', 400],
    ['a method that is no token', 'G(T', 'first line', 400],
    ['a method of 33 letters', `${'M'.repeat(33)} http://a/ HTTP/1.1\r\nHost: a\r\n\r\n`, 'first line', 400],
    ['LF alone behind the first line', 'GET http://a/ HTTP/1.1\nHost: a\n\n', 'CR and LF', 400],
    ['LF alone behind a field', 'GET http://a/ HTTP/1.1\r\nHost: a\n', 'header line', 400],
    ['LF alone before it', '\nGET http://a/ HTTP/1.1\r\n', 'first line', 400],
    ['a zero', 'GET http://a/\0', 'first line', 400],
    ['TLS', '\x16\x03\x01\x02', 'not TLS', 400],
    ['a folded line', 'GET http://a/ HTTP/1.1\r\nHost: a\r\n b', 'header line', 400],
    ['a blank before a colon', 'GET http://a/ HTTP/1.1\r\nHost : a', 'header line', 400],
    ['too many empty lines before it', '\r\n'.repeat(17), 'empty lines', 400],
    ['too many lines', `GET http://a/ HTTP/1.1\r\n${'A: b\r\n'.repeat(300)}`, 'too many lines', 431],
  ])('is not of %s', (_, text, complaint, status) => {
    expect(parseRequestHead(octetsOf(text))).toMatchObject({
      kind: 'bad',
      status,
      text: expect.stringContaining(complaint),
    })
  })

  it('may be as large as its bound, and not a byte larger', () => {
    const empty = get('A: ').length
    const largest = get(`A: ${'a'.repeat(maxRequestHeadBytes - empty)}`)
    const larger = get(`A: ${'a'.repeat(maxRequestHeadBytes - empty + 1)}`)

    expect(parseRequestHead(largest)).toMatchObject({ kind: 'whole', bytes: maxRequestHeadBytes })
    expect(parseRequestHead(larger)).toMatchObject({ kind: 'bad', status: 431 })
    const longTarget = octetsOf(`GET http://a/${'a'.repeat(maxRequestHeadBytes)}`)
    expect(parseRequestHead(longTarget)).toMatchObject({ kind: 'bad', status: 431 })
    // No method is so long.
    expect(parseRequestHead(octetsOf('A'.repeat(maxRequestHeadBytes + 1)))).toMatchObject({ kind: 'bad', status: 400 })
    expect(parseRequestHead(larger.subarray(0, -4))).toMatchObject({ kind: 'incomplete' })
  })
})

function valueOf(bytes: Buffer): RequestHead {
  const parsed = parseRequestHead(bytes)
  if (parsed.kind !== 'whole') throw new Error(parsed.kind)
  return parsed.value
}
