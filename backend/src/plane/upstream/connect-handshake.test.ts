import { describe, expect, it } from 'vitest'

import { byteByByte, converse, inTwo } from '../../../test/support/conversation.ts'
import { octetsOf } from '../../../test/support/prefixes.ts'
import { ConnectHandshake } from './connect-handshake.ts'
import type { FailureKind } from './failure.ts'

const target = { host: 'a.test', port: 443 }
const begin = () => new ConnectHandshake(null, target)

describe('CONNECT', () => {
  it.each<[string, ConnectHandshake, string]>([
    ['a name', begin(), 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n'],
    [
      'IPv6',
      new ConnectHandshake(null, { host: '2001:db8::1', port: 80 }),
      'CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n',
    ],
    [
      'a name with credentials',
      new ConnectHandshake({ username: 'a', password: 'b' }, target),
      'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\nProxy-Authorization: Basic YTpi\r\n\r\n',
    ],
  ])('asks for %s', (_, handshake, expected) => {
    expect(handshake.first).toBe(expected)
  })

  it.each<[string, string]>([
    ['200', 'HTTP/1.1 200 Connection established\r\n\r\n'],
    ['another 2xx', 'HTTP/1.1 206 \r\nContent-Length: 100\r\n\r\n'],
    ['200 in HTTP/1.0, with LF alone', 'HTTP/1.0 200 OK\nA: b\n\n'],
    [
      '200 behind interim answers',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    ],
  ])('is open after %s, in whatever pieces', (_, text) => {
    const bytes = octetsOf(text)

    for (const pieces of [...inTwo(bytes), byteByByte(bytes)]) {
      expect(converse(begin(), pieces)).toEqual({ kind: 'open', said: [], left: 0 })
    }
    expect(converse(begin(), [bytes.subarray(0, -1)])).toEqual({ kind: 'more', said: [] })
  })

  it('leaves what came behind the answer', () => {
    expect(converse(begin(), [octetsOf('HTTP/1.1 200 OK\r\n\r\nSSH-2')])).toEqual({ kind: 'open', said: [], left: 5 })
  })

  it.each<[string, string, FailureKind, number]>([
    ['401', 'HTTP/1.1 401 No\r\n\r\n', 'denied', 502],
    ['407', 'HTTP/1.1 407 No\r\n\r\n', 'denied', 502],
    ['403', 'HTTP/1.1 403 No\r\n\r\n', 'target', 403],
    ['503', 'HTTP/1.1 503 No\r\n\r\n', 'target', 503],
    ['a redirection', 'HTTP/1.1 302 Found\r\n\r\n', 'target', 502],
    ['599', 'HTTP/1.1 599 No\r\n\r\n', 'target', 599],
    ['a status beyond all', 'HTTP/1.1 999 No\r\n\r\n', 'target', 502],
    ['a change of protocol', 'HTTP/1.1 101 No\r\n\r\n', 'nonsense', 502],
    ['SOCKS', '\x05\x00', 'nonsense', 502],
    ['garbage behind an interim answer', 'HTTP/1.1 100 Continue\r\n\r\nData', 'nonsense', 502],
    ['a status that is none', 'HTTP/1.1 001 No\r\n\r\n', 'nonsense', 502],
  ])('fails after %s, in whatever pieces', (_, text, kind, status) => {
    const bytes = octetsOf(text)

    for (const pieces of [...inTwo(bytes), byteByByte(bytes)]) {
      expect(converse(begin(), pieces)).toMatchObject({ kind: 'failed', failure: { kind, status } })
    }
  })
})
