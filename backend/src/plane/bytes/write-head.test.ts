import { describe, expect, it } from 'vitest'

import { octetsOf } from '../../../test/support/prefixes.ts'
import { isPlain, parseRequestHead } from './request-head.ts'
import { parseResponseHead, type ResponseHead } from './response-head.ts'
import {
  writeInterimHead,
  writeRequestHead,
  writeResponseHead,
  type ClientSide,
  type RequestForm,
} from './write-head.ts'

const text = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`
const toProxy: RequestForm = { form: 'absolute', authorization: null }
const toOrigin: RequestForm = { form: 'origin', authorization: null }

function passRequest(head: string, form: RequestForm = toProxy): string {
  const parsed = parseRequestHead(octetsOf(head))
  if (parsed.kind !== 'whole' || !isPlain(parsed.value)) throw new Error(parsed.kind)
  return writeRequestHead(parsed.value, form).toString('latin1')
}

function readResponse(head: string, method = 'GET'): ResponseHead {
  const parsed = parseResponseHead(octetsOf(head), method)
  if (parsed.kind !== 'whole') throw new Error(parsed.kind)
  return parsed.value
}

const line = 'GET http://a/b HTTP/1.1'

describe('the head of a request for the next hop', () => {
  it.each<[string, string[]]>([
    ['nothing but a Host', [line, 'Host: a']],
    ['fields in whatever order and spelling', [line, 'x-B:1', 'HOST:a', 'X-a:  2 ', 'Content-Length:\t0', 'x-B: 3']],
    ['letters beyond ASCII', [line, 'Host: a', 'X-Name: Ho\xc3\xa0', '\x41:\xa0']],
    ['a connection that ends', [line, 'Connection: close', 'Host: a']],
    ['trailers that are welcome', [line, 'Host: a', 'TE: trailers', 'Connection: TE', 'A: b']],
    ['a change of protocol', [line, 'Upgrade: websocket', 'Host: a', 'Connection: Upgrade', 'A: b']],
    ['chunks', ['POST http://a/b HTTP/1.1', 'Transfer-Encoding: Chunked', 'Host: a', 'A: b']],
    ['HTTP/1.0 with a Host', ['GET http://a/b HTTP/1.0', 'A: b', 'Host: a']],
    ['a path that could be shorter', ['GET http://a/b/../c//%7e?d=/.. HTTP/1.1', 'Host: a']],
  ])('with %s passes to a proxy as it stood', (_, lines) => {
    expect(passRequest(text(...lines))).toBe(text(...lines))
  })

  it.each<[string, string[], string[]]>([
    ['empty lines before it', ['', line, 'Host: a'], [line, 'Host: a']],
    ['no path', ['GET http://a HTTP/1.1', 'Host: a'], ['GET http://a/ HTTP/1.1', 'Host: a']],
    [
      'no Host in HTTP/1.0',
      ['GET http://a:81/b HTTP/1.0', 'A: b'],
      ['GET http://a:81/b HTTP/1.0', 'Host: a:81', 'A: b'],
    ],
    ['a Host that contradicts the URL', [line, 'A: b', 'hOst:c', 'D: e'], [line, 'A: b', 'hOst: a', 'D: e']],
    [
      'a Host without the port of the URL',
      ['GET http://a:81/ HTTP/1.1', 'Host: a'],
      ['GET http://a:81/ HTTP/1.1', 'Host: a:81'],
    ],
    ['a Host in other letters', [line, 'Host: A'], [line, 'Host: a']],
    ['credentials for us', [line, 'Proxy-Authorization: Basic x', 'Host: a'], [line, 'Host: a']],
    ['fields for proxies', [line, 'Host: a', 'Proxy-Connection: x', 'Proxy-A: b', 'C: d'], [line, 'Host: a', 'C: d']],
    [
      'Keep-Alive',
      [line, 'Host: a', 'Keep-Alive: 5', 'Connection: keep-alive'],
      [line, 'Host: a', 'Connection: keep-alive'],
    ],
    [
      'fields that Connection names',
      [line, 'x-b: 1', 'Host: a', 'Connection: X-A, close, X-B', 'X-A: 2', 'C: 3'],
      [line, 'Host: a', 'C: 3'],
    ],
    [
      'a Connection that names what is not its own',
      [line, 'Host: a', 'Cache-Control: x', 'Connection: Cache-Control'],
      [line, 'Host: a', 'Cache-Control: x', 'Connection: Cache-Control'],
    ],
    [
      'TE that Connection forgot',
      [line, 'TE: trailers', 'Host: a'],
      [line, 'Host: a', 'Connection: TE', 'TE: trailers'],
    ],
    [
      'codings in TE',
      [line, 'TE: gzip, trailers', 'Host: a', 'Connection: TE'],
      [line, 'Host: a', 'Connection: TE', 'TE: trailers'],
    ],
    ['codings in TE alone', [line, 'TE: gzip', 'Host: a', 'Connection: TE'], [line, 'Host: a']],
    [
      'codings in a TE of their own',
      [line, 'TE: gzip', 'TE: trailers', 'Host: a', 'Connection: TE'],
      [line, 'Host: a', 'Connection: TE', 'TE: trailers'],
    ],
    ['an Upgrade that Connection does not name', [line, 'Host: a', 'Upgrade: websocket'], [line, 'Host: a']],
    [
      'h2c',
      [line, 'Host: a', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: x'],
      [line, 'Host: a'],
    ],
    [
      'h2c in an Upgrade of its own',
      [line, 'Host: a', 'Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: websocket'],
      [line, 'Host: a'],
    ],
    [
      'an Upgrade beside other fields of the connection',
      [line, 'Host: a', 'Connection: X-A, Upgrade', 'Upgrade: websocket'],
      [line, 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket'],
    ],
    [
      'tabs behind what frames',
      [line, 'content-length:0 \t', 'Host: a', 'A: b\t'],
      [line, 'content-length: 0', 'Host: a', 'A: b\t'],
    ],
    [
      'the same length twice',
      [line, 'Content-Length: 0', 'Host: a', 'Content-Length: 0'],
      [line, 'Content-Length: 0', 'Host: a'],
    ],
  ])('with %s is put right', (_, lines, expected) => {
    expect(passRequest(text(...lines))).toBe(text(...expected))
  })

  it.each<[string, string[], string[]]>([
    ['a path', [line, 'Host: a'], ['GET /b HTTP/1.1', 'Host: a']],
    ['a question', ['GET http://a?b HTTP/1.1', 'Host: a'], ['GET /?b HTTP/1.1', 'Host: a']],
    ['nothing', ['GET http://a HTTP/1.1', 'Host: a'], ['GET / HTTP/1.1', 'Host: a']],
    ['the server as a whole', ['OPTIONS http://a HTTP/1.1', 'Host: a'], ['OPTIONS * HTTP/1.1', 'Host: a']],
    ['raw bytes', ['GET http://a/\xc3\xa0 HTTP/1.1', 'Host: a'], ['GET /\xc3\xa0 HTTP/1.1', 'Host: a']],
  ])('asks an origin for %s', (_, lines, expected) => {
    expect(passRequest(text(...lines), toOrigin)).toBe(text(...expected))
  })

  it('has the credentials of the next hop, and no others', () => {
    const head = text(line, 'Proxy-Authorization: Basic ours', 'Host: a')

    expect(passRequest(head, { form: 'absolute', authorization: 'Basic theirs' })).toBe(
      text(line, 'Host: a', 'Proxy-Authorization: Basic theirs'),
    )
  })
})

const ok = 'HTTP/1.1 200 OK'
const kept: ClientSide = { isKept: true, minor: 1 }
const ending: ClientSide = { isKept: false, minor: 1 }
const old: ClientSide = { isKept: false, minor: 0 }
const oldKept: ClientSide = { isKept: true, minor: 0 }

describe('the head of a response for the client', () => {
  it.each<[string, string[]]>([
    [
      'fields in whatever order and spelling',
      [ok, 'x-B:1', 'CONTENT-length:5', 'X-a:  2 ', 'Set-Cookie: a=Ho\xc3\xa0', 'x-B: 3'],
    ],
    ['chunks', [ok, 'Transfer-Encoding: Chunked', 'Trailer: A', 'B: c']],
    ['no reason', ['HTTP/1.1 200 ', 'Content-Length: 0']],
    ['a reason in UTF-8', ['HTTP/1.1 404 Ho\xc3\xa0', 'Content-Length: 0']],
    ['a connection that stays', [ok, 'Connection: Keep-Alive', 'Content-Length: 0']],
    ['a length of what is left out', ['HTTP/1.1 304 Not Modified', 'Content-Length: 5']],
  ])('with %s passes as it stood', (_, lines) => {
    expect(writeResponseHead(readResponse(text(...lines)), kept).toString('latin1')).toBe(text(...lines))
  })

  it.each<[string, string[], ClientSide, string[]]>([
    ['HTTP/1.0', ['HTTP/1.0 200 OK', 'Content-Length: 0'], kept, [ok, 'Content-Length: 0']],
    ['no reason and no blank', ['HTTP/1.1 200', 'Content-Length: 0'], kept, ['HTTP/1.1 200 ', 'Content-Length: 0']],
    [
      'fields for proxies',
      [ok, 'Proxy-Authenticate: Basic', 'Proxy-Connection: x', 'Content-Length: 0'],
      kept,
      [ok, 'Content-Length: 0'],
    ],
    [
      'Keep-Alive and Upgrade',
      [ok, 'Keep-Alive: 5', 'Upgrade: h2', 'Content-Length: 0'],
      kept,
      [ok, 'Content-Length: 0'],
    ],
    [
      'fields that Connection names',
      [ok, 'X-A: b', 'Connection: x-a', 'Content-Length: 0'],
      kept,
      [ok, 'Content-Length: 0'],
    ],
    [
      'a connection that ends only there',
      [ok, 'Connection: close', 'Content-Length: 0'],
      kept,
      [ok, 'Content-Length: 0'],
    ],
    [
      'a connection that ends at both sides',
      [ok, 'Connection: close', 'A: b'],
      ending,
      [ok, 'Connection: close', 'A: b'],
    ],
    [
      'a connection that ends only here',
      [ok, 'Content-Length: 0'],
      ending,
      [ok, 'Content-Length: 0', 'Connection: close'],
    ],
    [
      'a connection that stays only there',
      [ok, 'Connection: keep-alive', 'Content-Length: 0'],
      ending,
      [ok, 'Content-Length: 0', 'Connection: close'],
    ],
    [
      'HTTP/1.0 at the client, kept',
      [ok, 'Content-Length: 0'],
      oldKept,
      [ok, 'Content-Length: 0', 'Connection: keep-alive'],
    ],
    ['chunks for HTTP/1.0', [ok, 'Transfer-Encoding: chunked', 'A: b'], old, [ok, 'A: b', 'Connection: close']],
    [
      'chunks and a length for HTTP/1.0',
      [ok, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      old,
      [ok, 'Connection: close'],
    ],
    [
      'a length and chunks',
      [ok, 'Content-Length: 5', 'A: b', 'Transfer-Encoding: chunked'],
      kept,
      [ok, 'A: b', 'Transfer-Encoding: chunked'],
    ],
    [
      'chunks named twice',
      [ok, 'transfer-encoding:chunked, chunked', 'A: b'],
      kept,
      [ok, 'transfer-encoding: chunked', 'A: b'],
    ],
    [
      'chunks in two fields',
      [ok, 'Transfer-Encoding: chunked', 'A: b', 'Transfer-Encoding: chunked'],
      kept,
      [ok, 'Transfer-Encoding: chunked', 'A: b'],
    ],
    ['identity', [ok, 'Transfer-Encoding: identity', 'Content-Length: 5'], kept, [ok, 'Content-Length: 5']],
    [
      'lengths that are equal',
      [ok, 'Content-Length: 5, 5', 'A: b', 'Content-Length: 5'],
      kept,
      [ok, 'Content-Length: 5', 'A: b'],
    ],
    [
      'a tab behind a coding',
      [ok, 'transfer-encoding:chunked\t', 'A: b\t'],
      kept,
      [ok, 'transfer-encoding: chunked', 'A: b\t'],
    ],
    ['zeros before a length', [ok, 'Content-Length: 005'], kept, [ok, 'Content-Length: 5']],
    [
      'a length where there is no body',
      ['HTTP/1.1 204 No Content', 'Content-Length: 5'],
      kept,
      ['HTTP/1.1 204 No Content'],
    ],
  ])('with %s is put right', (_, lines, client, expected) => {
    expect(writeResponseHead(readResponse(text(...lines)), client).toString('latin1')).toBe(text(...expected))
  })

  it('names no chunks to HTTP/1.0, also where no body comes', () => {
    const head = readResponse(text(ok, 'Transfer-Encoding: chunked', 'A: b'), 'HEAD')

    expect(writeResponseHead(head, oldKept).toString('latin1')).toBe(text(ok, 'A: b', 'Connection: keep-alive'))
  })

  it('has no more lines than were mended', () => {
    const head = readResponse('HTTP/1.1 200 OK\nA : b\nContent-Length: 5\nC\x01: d\n\n')

    expect(writeResponseHead(head, kept).toString('latin1')).toBe(text(ok, 'A: b', 'Content-Length: 5'))
  })
})

describe('the head of an interim response', () => {
  it.each<[string, string[], string[]]>([
    [
      'early hints',
      ['HTTP/1.1 103 Early Hints', 'Link: </a>', 'Link: </b>'],
      ['HTTP/1.1 103 Early Hints', 'Link: </a>', 'Link: </b>'],
    ],
    [
      'what frames and connects',
      ['HTTP/1.1 100 Continue', 'Content-Length: 5', 'Connection: close', 'A: b'],
      ['HTTP/1.1 100 Continue', 'A: b'],
    ],
    [
      'a change of protocol',
      ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: upgrade, x', 'X: y', 'A: b'],
      ['HTTP/1.1 101 Switching Protocols', 'A: b', 'Connection: Upgrade', 'Upgrade: websocket'],
    ],
  ])('with %s passes without what concerns one connection', (_, lines, expected) => {
    expect(writeInterimHead(readResponse(text(...lines))).toString('latin1')).toBe(text(...expected))
  })
})
