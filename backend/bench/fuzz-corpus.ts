/** Requests and responses, good and tricky, as they are on the wire: each character is an octet. */

const message = (lines: readonly string[], body = '') => `${lines.join('\r\n')}\r\n\r\n${body}`
const get = 'GET http://a.test/b?c=d HTTP/1.1'
const post = 'POST http://a.test/ HTTP/1.1'
const host = 'Host: a.test'
const inChunks = 'Transfer-Encoding: chunked'
const chunks = '5\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n'

export const requests: readonly string[] = [
  message([get, host]),
  message([
    get,
    host,
    'Accept: */*',
    'User-Agent: curl/8.0',
    'Cookie: a=b; c=Ho\xc3\xa0',
    'Proxy-Connection: Keep-Alive',
  ]),
  message([get, host, 'Proxy-Authorization: Basic cHJveHkxOnNlY3JldA==', 'Connection: close']),
  message(['GET http://a.test HTTP/1.0', 'Connection: keep-alive']),
  message(['GET http://[2001:db8::1]:8080/ HTTP/1.1', 'Host: [2001:db8::1]:8080']),
  message(['GET http://a.test/ HTTP/1.1', 'Host: b.test', 'X-A: 1', 'X-a:2', 'x-A:\t3 ']),
  message(['CONNECT a.test:443 HTTP/1.1', 'Host: a.test:443', 'Content-Length: 0'], '\x16\x03\x01'),
  message(['OPTIONS http://a.test HTTP/1.1', host]),
  message(['M-SEARCH http://a.test/ HTTP/1.1', host]),
  message(['GET /address HTTP/1.1', host]),
  message([post, host, 'Content-Length: 5'], 'hello'),
  message([post, host, 'Content-Length: 5'], 'helloGET http://b.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n'),
  message([post, host, 'Content-Length: 0']),
  message([post, host, inChunks], chunks),
  message([post, host, inChunks, 'Expect: 100-continue'], `${chunks}GET http://b.test/ HTTP/1.1\r\n`),
  message([post, host, inChunks, 'Trailer: Digest'], '5;a=b;c="d e"\r\nhello\r\n0;last\r\nDigest: x\r\nX-A:\r\n\r\n'),
  message([post, host, 'TE: trailers', 'Connection: TE', inChunks], '0\r\n\r\n'),
  message([get, host, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'], 'frames'),
  message([get, host, 'Connection: keep-alive, X-Own, x-other', 'X-Own: 1', 'X-Other: 2', 'X-Not: 3']),
  message([post, host, 'Content-Length: 5', inChunks], chunks),
  message([post, host, 'Transfer-Encoding: gzip, chunked'], chunks),
  `\r\n\r\n${message([get, host])}`,
]

const ok = 'HTTP/1.1 200 OK'

export const responses: readonly string[] = [
  message([ok, 'Content-Length: 5'], 'hello'),
  message(
    [ok, 'Content-Length: 5', 'Content-Type: text/html', 'Set-Cookie: a=Ho\xc3\xa0', 'Connection: keep-alive'],
    'helloHTTP/1.1 200 OK\r\n',
  ),
  message([ok, inChunks], chunks),
  message([ok, inChunks, 'Trailer: Digest'], '5;a=b\r\nhello\r\n0\r\nDigest: x\r\nContent-Length: 3\r\n\r\n'),
  message([ok, 'Transfer-Encoding: identity, chunked'], chunks),
  message([ok, 'Transfer-Encoding: chunked, chunked'], chunks),
  message([ok, 'Transfer-Encoding: identity', 'Content-Length: 5'], 'hello'),
  message([ok, 'Transfer-Encoding: identity'], 'hello'),
  message([ok, inChunks, 'Content-Length: 5'], chunks),
  message([ok, 'Content-Length: 5', 'Content-Length: 5'], 'hello'),
  message([ok, 'Connection: close', 'Server: x'], 'until the end'),
  message(['HTTP/1.0 200 OK', 'Server: x'], 'until the end'),
  message(['HTTP/1.1 204 No Content', 'Content-Length: 5']),
  message(['HTTP/1.1 304 Not Modified', 'Content-Length: 5', 'ETag: "a"']),
  message(['HTTP/1.1 404', 'Content-Length: 0']),
  message(['HTTP/1.1 100 Continue'], message([ok, 'Content-Length: 0'])),
  message(['HTTP/1.1 103 Early Hints', 'Link: </a>; rel=preload'], message([ok, 'Content-Length: 0'])),
  message(['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'], 'frames'),
  message([ok, 'Connection: X-Own, keep-alive', 'X-Own: 1', 'Keep-Alive: timeout=5', 'Content-Length: 0']),
  message([ok, 'Name : value', 'Content-Length : 5'], 'hello'),
  message([ok, 'X-A: b\x01c', 'No colon', 'X B: d', 'Content-Length: 5'], 'hello'),
  message([ok, 'X-A: b\r\n folded', 'Content-Length: 5'], 'hello'),
  message([ok, inChunks], '5   \r\nhello\r\n0 \r\n\r\n'),
  message([ok, inChunks], '5\nhello\n0\n\n'),
  'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello',
]

const marks = String.raw`: ; , " \ = % # ? @ / [ ] - + 0 5 a chunked identity close HTTP/1.1 HTTP/1.0 HTTP/2.0`.split(
  ' ',
)
const octets = Array.from('\r\n \t\0\x01\x0b\x0c\x1f\x7f\x80\x85\xa0\xff')

/** Lines of which some readers make another thing than others. */
const lines = [
  'Content-Length: 5',
  'Content-Length: 6',
  'Content-Length: 0',
  'Content-Length:',
  'content-length:5, 5',
  'Content-Length : 5',
  'Content-Length\t:5',
  'Content-Length: 5\t',
  ' Content-Length: 5',
  'Content_Length: 5',
  'X: y\rContent-Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding:\tCHUNKED ',
  'Transfer-Encoding: chunked\t',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding:',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: \x0bchunked',
  'Connection: close',
  'Connection: Content-Length',
  'Connection: X-A',
  'Connection: upgrade',
  'Upgrade: h2c',
  'TE: trailers, gzip',
  'Host: b.test',
  'Host:',
  'Host: a.test, b.test',
  'Proxy-Authorization: Basic eA==',
  'X-A: b',
  'X-A:',
  ': x',
  'x',
  'GET http://a.test/ HTTP/1.1',
  'HTTP/1.1 100 Continue\r\n',
  '0\r\n',
  '5\r\nhello',
  '5;a',
  '5 ',
]

/** What mutants get into their text. */
export const pieces: readonly string[] = [
  ...octets,
  ...marks,
  '\r\n',
  '\r\n\r\n',
  '\n\n',
  ...lines.map((line) => `${line}\r\n`),
]
