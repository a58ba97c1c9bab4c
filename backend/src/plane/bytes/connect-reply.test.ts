import { describe, expect, it } from 'vitest'

import { kindsOfPrefixes, octetsOf } from '../../../test/support/prefixes.ts'
import { maxConnectReplyBytes, parseConnectReply } from './connect-reply.ts'

describe('an answer to CONNECT', () => {
  it.each<[string, string, number]>([
    ['a way', 'HTTP/1.1 200 Connection established\r\n\r\n', 200],
    ['a way in HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n', 200],
    ['another 2xx', 'HTTP/1.1 204 \r\n\r\n', 204],
    ['no reason', 'HTTP/1.1 200\r\n\r\n', 200],
    ['fields that say of a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 200],
    ['fields that nobody can read', 'HTTP/1.1 200 OK\r\nA B\0: c\r\n\r\n', 200],
    ['LF alone', 'HTTP/1.1 200 OK\nA: b\n\n', 200],
    ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n', 100],
    ['a refusal', 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 5\r\n\r\n', 407],
  ])('may be %s, and is whole at the last byte of its head', (_, text, status) => {
    const bytes = octetsOf(text)

    expect(parseConnectReply(bytes)).toEqual({ kind: 'whole', value: status, bytes: bytes.length })
    expect(kindsOfPrefixes(parseConnectReply, bytes)).toEqual(['incomplete'])
    expect(parseConnectReply(Buffer.concat([bytes, octetsOf('\x16\x03\r\n\r\n')]))).toMatchObject({
      bytes: bytes.length,
    })
  })

  it.each<[string, string]>([
    ['SOCKS', '\x05\x00'],
    ['a greeting', '220 mail'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 020 OK\r\n\r\n'],
    ['a control character', 'HTTP/1.1 200 O\0K\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(maxConnectReplyBytes)}`],
    ['a head that is too large', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(maxConnectReplyBytes)}\r\n\r\n`],
  ])('is not %s', (_, text) => {
    expect(parseConnectReply(octetsOf(text))).toMatchObject({ kind: 'bad' })
  })
})
